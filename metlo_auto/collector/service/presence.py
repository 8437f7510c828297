"""Which collector runs in a data folder and which processes it runs for; files in the folder, nothing of
HTTP.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import Any, Callable, Iterator, NamedTuple, Optional

from metlo_auto.collector.data_folder import Folder
from metlo_auto.collector.home import Home
from metlo_auto.collector.processes import is_alive, start_mark

RUNNING, ATTACHED, LOCK = "running.json", "attached.json", "attach.lock"
GRACE = 2.0  # seconds after the last attached process: its last traces and a restart of it


class Running(NamedTuple):
    """A collector that answers for a data folder."""

    pid: int
    mark: str  # its start, against a pid used again
    host: str
    port: int

    @property
    def url(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(self.host, self.host)
        return f"http://{host}:{self.port}"

    def page(self, token: str) -> str:
        return f"{self.url}/?token={token}"


@contextmanager
def locked(folder: Folder, blocking: bool = True) -> Iterator[bool]:
    """Hold the folder's lock, which dies with its process; yields False where it is held and `blocking` is
    off.
    """
    descriptor = os.open(folder.path / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if blocking else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)


def announce(home: Home, host: str, port: int) -> Running:
    """Write down that this process serves the folder, where there is one."""
    running = Running(os.getpid(), start_mark(os.getpid()) or "", host, port)
    if isinstance(home, Folder):
        home.write_json(RUNNING, running._asdict())
    return running


def withdraw(home: Home) -> None:
    """Take this process's announcement back; another's stays."""
    if isinstance(home, Folder) and home.read_json(RUNNING).get("pid") == os.getpid():
        home.remove(RUNNING)


def find(home: Home) -> Optional[Running]:
    """The collector that serves the folder; an announcement whose process is gone counts for nothing."""
    if not isinstance(home, Folder):
        return None
    said = home.read_json(RUNNING)
    try:
        running = Running(int(said["pid"]), str(said["mark"]), str(said["host"]), int(said["port"]))
    except (KeyError, TypeError, ValueError):
        return None
    return running if is_alive(running.pid, running.mark) else None


def attach(folder: Folder, pid: int) -> bool:
    """Register process `pid`; False where it does not run. The caller holds the lock."""
    mark = start_mark(pid)
    if mark is None:
        return False
    alive = [item for item in _attached(folder) if item[0] != pid]
    folder.write_json(ATTACHED, {"processes": alive + [(pid, mark)]})
    return True


def _attached(folder: Folder) -> list[tuple[int, str]]:
    """The attached processes that still run."""
    listed: Any = folder.read_json(ATTACHED).get("processes", [])
    pairs = [(int(pid), str(mark)) for pid, mark in listed] if isinstance(listed, list) else []
    return [(pid, mark) for pid, mark in pairs if is_alive(pid, mark)]


class LossMonitor:
    """Tells when the last attached process has been gone for a while."""

    def __init__(self, folder: Folder, clock: Callable[[], float] = time.monotonic, grace: float = GRACE) -> None:
        self._folder = folder
        self._clock = clock
        self._grace = grace
        self._seen_at = clock()

    def is_over(self) -> bool:
        """True once, with the announcement taken back under the lock, so that no attach can count on this
        process.
        """
        if _attached(self._folder):
            self._seen_at = self._clock()
            return False
        if self._clock() - self._seen_at < self._grace:
            return False
        with locked(self._folder, blocking=False) as mine:
            if not mine or _attached(self._folder):
                return False
            withdraw(self._folder)
            return True
