"""Ends what takes too much processor time: by an exception, or by the end of the process where that is not heard.

Python runs a signal's handler between two steps of the interpreter, and `re` looks for signals on its way; other code
in C does not. The kernel's own limit therefore ends the process some seconds later, and the next one knows what it did.
"""

from __future__ import annotations

import resource
import signal
import sys
import threading
import time
from contextlib import contextmanager
from types import FrameType
from typing import Iterator, Optional

SECONDS = 5.0  # of processor time that one batch, or one trace, may take
GRACE = 10  # seconds until the kernel ends the process
_TICKS = -8  # Linux: CPUCLOCK_PROF of the process that asks


class Overrun(BaseException):
    """The limit is reached. Not an Exception, so that nobody on the way takes it for a fault of his own."""


@contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Raise Overrun in the block once it has taken `seconds` of processor time; only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, _raise)
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    _limit_process(_used_by_ticks() + seconds + GRACE, hard)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _raise(_number: int, _frame: Optional[FrameType]) -> None:
    raise Overrun


def _limit_process(seconds: float, hard: int) -> None:
    wanted = int(seconds) + 1
    if hard == resource.RLIM_INFINITY or wanted < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (wanted, hard))


def used() -> float:
    """Seconds of processor time that this process has taken."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _used_by_ticks() -> float:
    """The same by the clock that the kernel's limit goes by: under load it is ahead of `used`, by a tenth or more."""
    return time.clock_gettime(_TICKS) if sys.platform == "linux" else used()
