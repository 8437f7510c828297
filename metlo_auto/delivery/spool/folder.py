"""The one place of delivery that touches the disk: a folder of files for this user alone; knows no format.

Of all that share the folder one at a time has the right to read and remove: who has the lock on its file `lock`.
"""

import errno
import os
import stat
from functools import partial
from os import urandom
from typing import Callable, Dict, List, Optional, Sequence

from .locks import Locks, lock_file, unlock_file

HELD = ".held"  # ends the name of a file that its writer still has in memory, and has locked
LEFTOVER_AFTER = 600.0  # seconds after which a half-written file belongs to nobody


class Folder:
    """Files of one folder, by name. Every method may raise OSError."""

    def __init__(self, path: str, locks: Optional[Locks] = None, cooperative: bool = False) -> None:
        self.path = path
        self._locks = locks or Locks()
        self._locked = False
        self.sync = not cooperative  # waiting for the disk would hold up all greenlets

    def prepare(self) -> None:
        """Makes the folder, 0700; OSError where it is not ours alone."""
        parent = os.path.dirname(self.path)
        check_home(self.path)
        os.makedirs(os.path.dirname(parent), exist_ok=True)
        for path in (parent, self.path):
            make_private(path)
        probe = self._join("probe-%s.tmp" % urandom(8).hex())
        self._write(probe, [b"x"])
        os.unlink(probe)

    def names(self) -> List[str]:
        """All names in it, sorted."""
        return sorted(os.listdir(self.path))

    def sizes(self) -> Dict[str, int]:
        """Bytes of each file in it."""
        found = {}
        for name in self.names():
            try:
                found[name] = os.lstat(self._join(name)).st_size
            except FileNotFoundError:  # another process was faster
                pass
        return found

    def exists(self, name: str) -> bool:
        """Whether there is something of that name."""
        return os.path.lexists(self._join(name))

    def read(self, name: str) -> bytes:
        """The whole content; FileNotFoundError where it is gone."""
        with open(os.open(self._join(name), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
            return file.read()

    def write(self, name: str, pieces: Sequence[bytes]) -> None:
        """A new file, 0600, which is there whole or not at all."""
        aside = self._join(name + ".tmp")
        try:
            self._write(aside, pieces)
            os.rename(aside, self._join(name))
        except OSError:
            self._unlink(aside)
            raise

    def note(self, name: str, content: bytes) -> None:
        """A small file that is there from now on; one that says the same already stays."""
        try:
            if self.read(name) == content:
                return
        except FileNotFoundError:
            pass
        aside = self._join("%s-%s.tmp" % (name, urandom(8).hex()))
        self._write(aside, [content])
        os.replace(aside, self._join(name))

    def change_number(self, name: str, change: Callable[[float], float]) -> bool:
        """Replaces the number in a small file, while nobody else does, in this process either; False where one does."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        file = os.open(self._join(name), flags, 0o600)
        try:
            if not lock_file(file):
                return False
            try:
                number = b"%020.6f" % change(_number(os.read(file, 64)))
                os.lseek(file, 0, os.SEEK_SET)
                write_all(file, number)
            finally:
                unlock_file(file)  # closing it is not enough where a fork has taken it along
        finally:
            os.close(file)
        return True

    def hold(self, name: str, pieces: Sequence[bytes]) -> None:
        """A new file that others leave alone until this process ends, or calls `settle`."""
        aside = self._join(name + ".tmp")
        held = self._join(name + HELD)
        try:
            self._write(aside, pieces)
            self._locks.take(held, partial(os.open, aside, os.O_RDWR))
            os.rename(aside, held)
        except OSError:
            self._unlink(aside)
            self._locks.give_back(held)
            raise

    def settle(self, name: str, keep: bool) -> bool:
        """Makes a file that this process held one as all others, if it is still there; or removes it."""
        held = self._join(name + HELD)
        try:
            return self._rename(held, self._join(name)) if keep else self._unlink(held)
        finally:
            self._locks.give_back(held)

    def inherit(self, name: str) -> bool:
        """Whether `name` was held by a process that has ended; then it is a file as all others now."""
        held = self._join(name)
        try:
            if not self._locks.take(held, partial(os.open, held, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))):
                return False
        except FileNotFoundError:  # its process has just settled it
            return False
        try:
            return self._rename(held, held[: -len(HELD)])
        finally:
            self._locks.give_back(held)

    def remove(self, name: str) -> bool:
        """Whether it was there and is gone."""
        return self._unlink(self._join(name))

    def reject(self, name: str) -> None:
        """Renames a file that cannot be read, so that nobody tries again."""
        os.rename(self._join(name), self._join(name + ".corrupt"))

    def sweep(self, now: float) -> None:
        """Removes what writers that were killed left half-written; `now` in seconds since the epoch."""
        for name in self.names():
            if name.endswith(".tmp") and now - self._modified(name, now) > LEFTOVER_AFTER:
                self.remove(name)

    def lock(self) -> bool:
        """Whether this process alone may read and remove, from now until `unlock` or its end."""
        self._locked = (self._locked and self._locks.has(self._join("lock"))) or self.take("lock")
        return self._locked

    def take(self, name: str) -> bool:
        """Whether this process has the lock of that name from now on and nobody had."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        path = self._join(name)
        return self._locks.take(path, partial(os.open, path, flags, 0o600))

    def unlock(self) -> None:
        """Lets another process have its turn."""
        if self._locked:
            self._locked = False
            self._locks.give_back(self._join("lock"))

    def _modified(self, name: str, gone: float) -> float:
        try:
            return os.lstat(self._join(name)).st_mtime
        except FileNotFoundError:  # its writer has just finished it
            return gone

    def _join(self, name: str) -> str:
        return os.path.join(self.path, name)

    def _rename(self, path: str, to: str) -> bool:
        try:
            os.rename(path, to)
        except FileNotFoundError:
            return False
        return True

    def _unlink(self, path: str) -> bool:
        try:
            os.unlink(path)
        except FileNotFoundError:
            return False
        return True

    def _write(self, path: str, pieces: Sequence[bytes]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        file = os.open(path, flags, 0o600)
        try:
            for piece in pieces:
                write_all(file, piece)
            if self.sync:
                os.fsync(file)
        finally:
            os.close(file)


def _number(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def write_all(file: int, data: bytes) -> None:
    """All of `data`, in as many calls as it takes: a full disk takes a part and refuses the rest."""
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


def check_home(path: str) -> None:
    """Raises OSError where `path` lies in the user's home folder and that does not exist: nobody wants it made."""
    home = os.path.expanduser("~")
    if path.startswith(os.path.join(home, "")) and not os.path.isdir(home):
        raise FileNotFoundError(errno.ENOENT, "this user has no home folder", home)


def make_private(path: str) -> None:
    """Makes a folder that only this user may enter; OSError where there is something else in its place."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "not a folder, or a link to one", path)
    if not hasattr(os, "geteuid"):
        return
    if found.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "belongs to another user", path)
    if stat.S_IMODE(found.st_mode) & 0o077:
        os.chmod(path, 0o700)
