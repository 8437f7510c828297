"""A spool file's name and content; pure, touches no disk.

The name says all that is asked without opening the file: when its batch was made, by whom, how many traces it holds.
Names sort by age. The content is a line of JSON (id, route, sizes, checksum) and then the texts, end to end.
"""

import json
import re
import zlib
from typing import List, NamedTuple, Optional, Sequence

from metlo_auto.delivery.batch import Batch, groups

_NAME = re.compile(r"(\d{18})-(\d{6})-([0-9a-f]{8})-(\d+)\.batch")


class Name(NamedTuple):
    """`born`: microseconds since the epoch; `writer` stands for one process."""

    born: int
    number: int
    writer: str
    traces: int

    def __str__(self) -> str:
        return "%018d-%06d-%s-%d.batch" % self


def parse_name(text: str) -> Optional[Name]:
    """None where it is no name of ours."""
    match = _NAME.fullmatch(text)
    return Name(int(match.group(1)), int(match.group(2)), match.group(3), int(match.group(4))) if match else None


def encode(batch: Batch) -> List[bytes]:
    """The pieces of a file that holds `batch`."""
    texts = [batch.announcement, *batch.traces]
    pieces, checksum = [], 0
    for group in groups(texts):
        pieces.append(b"".join(group))
        checksum = zlib.crc32(pieces[-1], checksum)  # lets go of the interpreter for a piece, not for a trace
    head = {"id": batch.id, "route": batch.route, "sizes": [len(text) for text in texts], "crc": checksum}
    return [json.dumps(head).encode("ascii") + b"\n", *pieces]


def decode(content: bytes, name: str) -> Batch:
    """The batch in a file called `name`; ValueError where the file is not whole."""
    line, _, rest = content.partition(b"\n")
    try:
        head = json.loads(line.decode("ascii"))
        texts = _cut(rest, head["sizes"])
        route = tuple(head["route"]) if head["route"] else None
        batch = Batch(str(head["id"]), tuple(texts[1:]), texts[0], route, name)
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError("no head: %r" % (error,)) from error
    if zlib.crc32(rest) != head["crc"] or not batch.traces:
        raise ValueError("the checksum does not fit")
    return batch


def _cut(content: bytes, sizes: Sequence[int]) -> List[bytes]:
    texts: List[bytes] = []
    start = 0
    for size in sizes:
        texts.append(content[start : start + size])
        start += size
    if start != len(content):
        raise ValueError("%d bytes instead of %d" % (len(content), start))
    return texts
