"""Where the traces go: the sink, or the embedded collector; both are processes that tell how many traces they got."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks.machine import cores
from benchmarks.venvs import Trouble, tools

SINK = Path(__file__).with_name("sink.py")


_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_ahead = True


def among_others() -> None:
    """From now on nothing runs ahead of other programs."""
    global _ahead
    _ahead = False


def end_with_parent() -> None:
    """In a new process: SIGTERM when the measurement that started it is gone, in whatever way."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def pinned(pins: set[int]) -> Any:
    """For subprocess: on these cores, ahead of other work unless `among_others`, in a session of its own."""

    def prepare() -> None:
        end_with_parent()
        os.sched_setaffinity(0, pins)
        try:
            os.nice(-10 if _ahead else 0)
        except PermissionError:
            pass

    return {"preexec_fn": prepare, "start_new_session": True}


class Sink:
    """Counts and forgets."""

    key = "bench-key"

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [str(tools() / "bin/python"), str(SINK)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            universal_newlines=True,
            **pinned(cores()[1]),
        )
        assert self.process.stdout is not None
        self._said = self.process.stdout
        line = self._said.readline().strip()
        if not line.isdigit():
            raise Trouble("the sink did not start")
        self.url = f"http://127.0.0.1:{line}"

    def counts(self) -> dict[str, int]:
        with urlopen(self.url + "/count", timeout=30) as answer:
            return json.load(answer)  # type: ignore[no-any-return]

    def traces(self) -> int:
        return self.counts()["traces"]

    def last(self) -> bytes:
        """The last post's body as it came."""
        with urlopen(self.url + "/last", timeout=30) as answer:
            return answer.read()  # type: ignore[no-any-return]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self._said.close()


def delivered(collector: Sink, expected: int, patience: float) -> int:
    """Waits until `expected` traces are there, or none came for `patience` seconds; how many there are."""
    got, since = collector.traces(), time.monotonic()
    while got < expected and time.monotonic() - since < patience:
        time.sleep(0.02)
        now = collector.traces()
        if now != got:
            got, since = now, time.monotonic()
    return got
