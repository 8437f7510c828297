"""The files that this process has locked; knows handles, nothing of what the files hold.

A POSIX record lock keeps others out, not its own process, which even loses it when it closes the same file elsewhere.
So who wants one asks here first. The kernel takes a lock back when its process ends in whatever way, and a forked
child does not inherit it. Other interpreters of the process have a table of their own: what they have is told by the
files that the process has open.
"""

import errno
import os
from os import getpid
from typing import Callable, Dict, Tuple

from metlo_auto.delivery.process.descriptors import Identity, identity, is_still, open_numbers
from metlo_auto.delivery.process.interpreters import may_be_one_of_several

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

SUPPORTED = fcntl is not None


class Locks:
    """For any thread; one for all deliveries of a process, forked children included."""

    def __init__(self) -> None:
        self._held: Dict[Tuple[int, str], Held] = {}

    def take(self, path: str, open_file: Callable[[], int]) -> bool:
        """Whether the caller has the lock on `path` now and nobody had; OSError where it cannot be opened."""
        for (owner, other), known in list(self._held.items()):
            if owner != getpid() or known.is_lost():  # inherited by fork, as numbers only; or closed by the app
                known.close()
                self._held.pop((owner, other), None)
        held = Held()
        if self._held.setdefault((getpid(), path), held) is not held:
            return False
        several = may_be_one_of_several()
        if several and _times_open(path) > 0:  # opening it too, and closing that, would end the lock
            del self._held[getpid(), path]
            return False
        try:
            held.opened(open_file())
            if several and _times_open(path) > 1:
                self.give_back(path)
                return False
            if fcntl is not None:
                fcntl.lockf(held.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.give_back(path)
            if held.handle >= 0 and error.errno in (errno.EACCES, errno.EAGAIN):
                return False
            raise
        return True

    def has(self, path: str) -> bool:
        """Whether this process has the lock; one that an app took away, which closed all its descriptors, is gone."""
        held = self._held.get((getpid(), path))
        return held is not None and not held.is_lost()

    def give_back(self, path: str) -> None:
        """Ends a lock; nothing where there is none."""
        held = self._held.get((getpid(), path))
        if held is not None:
            held.close()
            del self._held[getpid(), path]


def lock_file(file: int) -> bool:
    """Whether nobody else, in this process either, has the open file; it is this one's until `unlock_file`."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            return False
        raise
    return True


def unlock_file(file: int) -> None:
    fcntl.flock(file, fcntl.LOCK_UN)


def _times_open(path: str) -> int:
    try:
        found = os.stat(path)
    except OSError:
        return 0
    wanted = (found.st_dev, found.st_ino)
    return sum(identity(number) == wanted for number in open_numbers())


class Held:
    """One lock, with the file that carries it once that is open."""

    def __init__(self) -> None:
        self.handle = -1
        self._identity: Identity = None

    def opened(self, handle: int) -> None:
        self.handle = handle
        self._identity = identity(handle)

    def close(self) -> None:
        if self.handle >= 0 and not self.is_lost():
            os.close(self.handle)

    def is_lost(self) -> bool:
        """Whether somebody else has closed the file, so that another may have its number."""
        return self.handle >= 0 and not is_still(self.handle, self._identity)
