"""Batches that wait on disk for a collector that is unreachable; knows the folder and the format, nothing of HTTP.

One folder for each collector and key: what was meant for one is never sent to another.
"""

import hashlib
import json
import os
from bisect import insort
from os import urandom
from typing import Callable, Dict, List, Optional, Sequence, Set

from metlo_auto.clocks import Real
from metlo_auto.delivery.batch import Batch

from .folder import HELD, Folder
from .format import Name, decode, encode, parse_name
from .locks import SUPPORTED

LOOK_AGAIN = 5.0  # seconds between looks at what other processes left
LOOK_FOR_OWN = 1.0  # seconds, where another process has its turn and this one has put something there
SHARE_OF_ROOM = 0.0625  # of the free room that one process fills before it measures again: others write too
ABOUT = "about"  # names of files beside the batches: whose they are,
REFUSED = "refused"  # whether the key was refused the last time,
RATE = "rate"  # and what all who use the folder have uploaded lately
NOTES = (ABOUT, REFUSED, RATE)
LATELY = 60.0  # seconds for which others need not say again why they put something here
TRY_AGAIN = 30.0  # seconds after which a folder that could not be used is tried again


class Spool:
    """Oldest first, at most `size` bytes; for the sender alone. Nothing here raises: a bad disk means memory only.

    `lost(own, traces)` is told of traces that were given up for room, `trouble(message)` of the disk. `about` says on
    disk whose batches they are.
    """

    def __init__(
        self,
        folder: Optional[Folder],
        size: int,
        lost: Callable[[bool, int], None],
        trouble: Callable[[str], None],
        clock: Callable[[], float],
        about: bytes = b"",
    ) -> None:
        self._folder = folder
        self._about = about
        self._size = size
        self._lost = lost
        self._trouble = trouble
        self._clock = clock
        self._writer = urandom(4).hex()
        self._number = 0
        self._ready = False
        self._bad_until = 0.0
        self._names: List[str] = []
        self._out: Set[str] = set()
        self._held: Dict[str, str] = {}  # names of copies, by the id of the batch
        self._look_at = 0.0
        self._owns = False  # batches of this process may be in it
        self._room = 0  # bytes that were free when the folder was last measured
        self._written = 0  # since then
        self._refused: Optional[bool] = None

    @property
    def usable(self) -> bool:
        """Whether batches may be put here now."""
        if self._folder is None or self._clock() < self._bad_until:
            return False
        if not self._ready:
            try:
                self._folder.prepare()
                self._folder.sweep(Real.wall())
                self._folder.note(ABOUT, self._about)
                self._ready = True
            except OSError as error:
                self._failed(error)
        return self._ready

    @property
    def usable_at_all(self) -> bool:
        """Whether there is a folder, and nothing is known against it; touches no disk, for any thread."""
        return self._folder is not None and self._clock() >= self._bad_until

    def filled(self) -> bool:
        """Whether batches of anybody are here, or copies of them; for any thread."""
        return bool(self._waiting())

    def filled_by_others(self) -> bool:
        """Whether other processes have put batches here, or copies of them, within the last minute; for any thread."""
        since = (Real.wall() - LATELY) * 1e6
        return any(name.writer != self._writer and name.born >= since for name in self._waiting())

    def share(self, change: Callable[[float], float]) -> Optional[bool]:
        """Changes a number that all users of this spool share; False where one does so now, None where it cannot be."""
        if not SUPPORTED or self._folder is None or not self.usable:
            return None
        try:
            return self._folder.change_number(RATE, change)
        except OSError as error:
            self._failed(error)
            return None

    def refused(self, refused: bool) -> None:
        """Whether the collector refuses the key under which batches wait here; for who looks later."""
        if refused == self._refused or self._folder is None or not (self._ready or refused and self.usable):
            return
        self._refused = refused
        try:
            if refused:
                self._folder.note(REFUSED, b"")
            else:
                self._folder.remove(REFUSED)
        except OSError as error:
            self._failed(error)

    def take_turn(self) -> bool:
        """Whether this process, until its end, is the one that waits while others only leave; for any thread."""
        try:
            return self._folder is not None and self._folder.take("turn.lock")
        except OSError:
            return False

    def hurry(self) -> None:
        """From now on nobody waits for the disk: what the kernel has taken outlives this process."""
        if self._folder is not None:
            self._folder.sync = False

    def put(self, batch: Batch) -> bool:
        """Whether `batch` is on disk, in the line where its age puts it."""
        return self._settle_copy(batch, keep=True) or self._put(batch, self._new_name(batch))

    def hold(self, batch: Batch) -> bool:
        """Whether `batch`, which is still in memory, will be in the spool should this process be killed.

        Only into room that is free: no batch that waits is given up for a copy.
        """
        if batch.spooled or batch.id in self._held:
            return True
        if not (SUPPORTED and self.usable) or self._folder is None:
            return False
        pieces, name = encode(batch), str(self._new_name(batch))
        size = sum(map(len, pieces))
        try:
            if sum(self._folder.sizes().values()) + size > self._size:
                return False
            self._folder.hold(name, pieces)
        except OSError as error:
            self._failed(error)
            return False
        self._held[batch.id] = name
        self._written += size
        return True

    def release(self, batch: Batch) -> None:
        """The copy of a batch is not needed any more, if there is one."""
        self._settle_copy(batch, keep=False)

    def next(self) -> Optional[Batch]:
        """The oldest batch that is not out already; None where there is none, or another process has its turn."""
        if not self.usable:
            return None
        try:
            return self._next()
        except OSError as error:
            self._failed(error)
            return None

    def next_look(self) -> Optional[float]:
        """When `next` may find something again by itself; None where there is no folder."""
        return None if self._folder is None else max(self._look_at, self._bad_until)

    def back(self, batch: Batch) -> None:
        """That batch is not on its way any more, and stays."""
        self._out.discard(batch.spooled)

    def is_own(self, batch: Batch) -> bool:
        """Whether its traces are this process's, be it in the spool or not."""
        return not batch.spooled or self._is_own(batch.spooled)

    def remove(self, batch: Batch) -> None:
        """That batch is settled."""
        self._out.discard(batch.spooled)
        if batch.spooled in self._names:
            self._names.remove(batch.spooled)
        try:
            if self._folder is not None:
                self._folder.remove(batch.spooled)
        except OSError as error:
            self._failed(error)

    def replace(self, batch: Batch, parts: Sequence[Batch]) -> bool:
        """Puts the parts of a batch in its place in the line; False where the disk refuses, then the batch stays.

        A crash in between leaves both, with ids by which the collector tells the repetition.
        """
        for part in parts:
            name = self._beside(batch, len(part.traces))
            if not self._put(part, name):
                self.back(batch)
                return False
            insort(self._names, str(name))
        self.remove(batch)
        return True

    def postpone(self, batch: Batch, now: float) -> None:
        """Moves a batch to the end of the line; `now` in seconds since the epoch."""
        if self._put(batch, self._beside(batch, len(batch.traces))._replace(born=int(now * 1e6))):
            self.remove(batch)
        else:
            self.back(batch)

    def let_go(self, pause: float = 0.0) -> None:
        """Another process may have its turn, unless batches of ours are out; no look for `pause` seconds."""
        self._look_at = self._clock() + pause
        if self._folder is not None and not self._out:
            self._names = []
            self._folder.unlock()

    def _waiting(self) -> List[Name]:
        """Of the batches of anybody, and of the copies."""
        try:
            names = self._folder.names() if self._folder is not None else []
        except OSError:  # it is made when something is put there
            return []
        parsed = [parse_name(name[: -len(HELD)] if name.endswith(HELD) else name) for name in names]
        return [name for name in parsed if name is not None]

    def _new_name(self, batch: Batch) -> Name:
        self._number += 1
        return Name(int(batch.born * 1e6), self._number, self._writer, len(batch.traces))

    def _settle_copy(self, batch: Batch, keep: bool) -> bool:
        name = self._held.pop(batch.id, None)
        if name is None or self._folder is None:
            return False
        try:
            found = self._folder.settle(name, keep)
        except OSError as error:
            self._failed(error)
            return False
        if keep and found:
            self._written_own()
        return found

    def _written_own(self) -> None:
        self._owns = True
        self._look_at = min(self._look_at, self._clock())

    def _beside(self, batch: Batch, traces: int) -> Name:
        name = parse_name(batch.spooled)
        assert name is not None and self._folder is not None
        name = name._replace(traces=traces)
        while self._folder.exists(str(name)):  # its own name, or a part's that another process made of it
            name = name._replace(number=name.number + 1)
        return name

    def _is_own(self, name: str) -> bool:
        parsed = parse_name(name)
        return parsed is not None and parsed.writer == self._writer

    def _next(self) -> Optional[Batch]:
        assert self._folder is not None
        if all(name in self._out for name in self._names) and not self._look():
            return None
        for name in list(self._names):
            if name not in self._out:
                batch = self._open(name)
                if batch is not None:
                    self._out.add(name)
                    return batch
        return None

    def _look(self) -> bool:
        assert self._folder is not None
        if self._clock() < self._look_at or not self._folder.lock():
            self._look_at = max(self._look_at, self._clock() + (LOOK_FOR_OWN if self._owns else LOOK_AGAIN))
            return False
        for name in self._folder.names():
            if name.endswith(HELD):
                self._folder.inherit(name)
        self._names = [name for name in self._folder.names() if parse_name(name)]
        if all(name in self._out for name in self._names):
            self.let_go(LOOK_AGAIN)
            self._owns = False
            return False
        return True

    def _open(self, name: str) -> Optional[Batch]:
        assert self._folder is not None
        try:
            return decode(self._folder.read(name), name)
        except FileNotFoundError:
            self._names.remove(name)
        except ValueError as error:
            self._names.remove(name)
            self._folder.reject(name)
            self._trouble("%s in the spool is damaged and rejected: %s" % (name, error))
        return None

    def _put(self, batch: Batch, name: Name) -> bool:
        if not self.usable or self._folder is None:
            return False
        pieces = encode(batch._replace(spooled=""))
        try:
            self._make_room(self._folder, sum(map(len, pieces)))
            self._folder.write(str(name), pieces)
        except OSError as error:
            self._failed(error)
            return False
        self._written_own()
        return True

    def _make_room(self, folder: Folder, size: int) -> None:
        self._written += size
        if self._written < self._room * SHARE_OF_ROOM:
            return
        sizes = folder.sizes()
        room = self._size - sum(sizes.values()) - size
        for name in sorted(sizes, key=_expendable):
            if room >= 0:
                break
            if name not in self._out and not name.endswith((HELD, "lock", *NOTES)) and folder.remove(name):
                room += sizes[name]
                self._forget(name)
        self._room, self._written = room, 0

    def _forget(self, name: str) -> None:
        parsed = parse_name(name)
        if parsed is not None:
            self._lost(parsed.writer == self._writer, parsed.traces)
        if name in self._names:
            self._names.remove(name)

    def _failed(self, error: OSError) -> None:
        self._ready = False
        self._bad_until = self._clock() + TRY_AGAIN
        self._trouble("the spool folder cannot be used, memory only: %s" % (error,))


def _expendable(name: str) -> str:
    return "0" + name if name.endswith(".corrupt") else "1" + name


def folder_for(spool_dir: str, host: str, api_key: str) -> str:
    """The folder of one collector and key."""
    digest = hashlib.sha256((host.rstrip("/") + "\n" + api_key).encode("utf-8", "surrogateescape")).hexdigest()
    return os.path.join(spool_dir, digest[:16])


def describe(host: str, api_key: str) -> bytes:
    """What says whose batches a folder holds: the collector, and enough of the key to tell two apart."""
    key = api_key[-4:] if len(api_key) >= 16 else ""
    return json.dumps({"host": host.rstrip("/"), "key": key}).encode("ascii")
