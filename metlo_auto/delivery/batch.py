"""What is uploaded in one piece, and how it is cut; knows bytes, not what they say.

A batch never changes: its id stands for its content, so that a collector can tell a repetition. The ids of parts
are made from the whole's, so a batch that is cut again after a crash has the same parts.
"""

import binascii
from os import urandom
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from metlo_auto.clocks import Real

from .types import ITEM_OVERHEAD, Route

PIECE = 65536


class Batch(NamedTuple):
    """Traces of one upload; an announcement has exactly one trace and its form for v2."""

    id: str
    traces: Tuple[bytes, ...]
    announcement: bytes = b""
    route: Optional[Route] = None
    spooled: str = ""  # the name of the spool file that it stands in
    born: float = 0.0  # seconds since the epoch

    @property
    def weight(self) -> int:
        """Bytes of memory that count for it."""
        return sum(map(len, self.traces)) + len(self.announcement) + ITEM_OVERHEAD * len(self.traces)

    @property
    def length(self) -> int:
        """Bytes of what is uploaded."""
        return len(self.announcement) or sum(map(len, self.traces)) + len(self.traces) + 1

    def pieces(self) -> Iterator[bytes]:
        """The body, JSON in UTF-8, some PIECE bytes at a time: joining all at once would hold the interpreter."""
        if self.announcement:
            yield self.announcement
            return
        first = True
        for group in groups(self.traces):
            yield (b"[" if first else b",") + b",".join(group)
            first = False
        yield b"[]" if first else b"]"

    def cut(self, index: int) -> Tuple["Batch", "Batch"]:
        """The traces before `index` and those from it on."""
        return self._part("a", self.traces[:index]), self._part("b", self.traces[index:])

    def replaced(self, trace: bytes) -> "Batch":
        """The same batch of one trace with another form of it."""
        return self._part("s", (trace,))

    def plain(self) -> "Batch":
        """An announcement as an ordinary batch, for a collector that does not take announcements."""
        return self._part("p", self.traces)

    def _part(self, name: str, traces: Sequence[bytes]) -> "Batch":
        separator = "" if "." in self.id else "."
        return self._replace(id=self.id + separator + name, traces=tuple(traces), announcement=b"", route=None)


def groups(texts: Sequence[bytes]) -> Iterator[List[bytes]]:
    """`texts` in groups of about PIECE bytes."""
    group: List[bytes] = []
    size = 0
    for text in texts:
        group.append(text)
        size += len(text)
        if size >= PIECE:
            yield group
            group, size = [], 0
    if group:
        yield group


def root_of(batch_id: str) -> str:
    """The id of the batch that it was first part of."""
    return batch_id.split(".", 1)[0]


def new_batch(traces: Sequence[bytes], announcement: bytes = b"", route: Optional[Route] = None) -> Batch:
    """A batch with an id of its own, also in processes that were forked from one."""
    return Batch(binascii.hexlify(urandom(12)).decode("ascii"), tuple(traces), announcement, route, "", Real.wall())
