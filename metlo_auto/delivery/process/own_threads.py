"""The threads that delivery starts, and how they get out of the way of a fork; knows nothing of their work.

From Python 3.12 on `os.fork` warns where the process has threads. 3.15 raises where warnings are errors, out of
`os.fork` in the parent, when the child exists already. So where no thread but ours would be the cause, they end before
a fork and begin anew after it.
"""

import _thread
import os
import sys
import warnings
from os import getpid
from typing import Any, Callable, Dict, NamedTuple

from metlo_auto.clocks import Real

FORK_WARNS = sys.version_info >= (3, 12)
FORK_RAISES = sys.version_info >= (3, 15)
# 3.13 counts the threads when the callbacks after a fork have run: what they start is warned of.
COUNTED_LATE = sys.version_info[:2] == (3, 13)
# Seconds of waiting for a response for which a fork waits too: a collector nearby has answered by then.
PATIENCE = 0.1
PATIENCE_IF_RAISED = 0.5  # the same where the warning would be an error
BREAKING_TAKES = 0.25  # seconds for threads whose upload was broken off
LONGEST = 5.0  # seconds that a fork waits at most, as for an import of ours
LOOK = 0.0001  # seconds between looks at whether they have ended
TASK = "/proc/self/task/%d"


class Resting(NamedTuple):
    """What one delivery does around a fork; all return at once, and do nothing where there is nothing to do."""

    ask: Callable[[], None]  # its threads are to end as soon as they can
    ends_soon: Callable[[float], bool]  # whether none of them has waited for a response for that many seconds
    break_off: Callable[[], None]  # none waits for a response any longer


class OwnThread:
    """One thread: of which process, its numbers once it runs, and whether its work is over."""

    def __init__(self) -> None:
        self.pid = getpid()
        self.ident = 0
        self.native = 0
        self.over = False

    def is_gone(self) -> bool:
        """Whether the kernel does not count it any more, which it does for a moment after it has ended."""
        return self.over and not os.path.exists(TASK % self.native)


class OwnThreads:
    """All threads of all deliveries of a process; in a forked child it knows of none."""

    def __init__(self) -> None:
        self._known: Dict[OwnThread, None] = {}
        self._resting: Dict[Resting, None] = {}

    def start(self, run: Callable[..., None], *args: Any) -> None:
        """Has `run` run in a thread of its own; RuntimeError where none can be started any more."""
        thread = OwnThread()
        self._known[thread] = None
        try:
            _thread.start_new_thread(self._run, (thread, run, args))
        except RuntimeError:
            del self._known[thread]
            raise

    def rest_at_fork(self, resting: Resting, after_in_parent: Callable[[], None]) -> None:
        """From now on the threads of `resting` end before a fork; `after_in_parent` may start them again.

        To be called after whatever else makes a fork wait has been registered, since the last callback is the first.
        """
        if FORK_WARNS and hasattr(os, "register_at_fork"):
            self._resting[resting] = None
            os.register_at_fork(before=self._before_fork, after_in_parent=after_in_parent)  # novermin - likewise

    def _run(
        self, thread: OwnThread, run: Callable[..., None], args: Any, ends: Callable[[], bool] = sys.is_finalizing
    ) -> None:
        if ends():  # up to 3.8 a thread that was started last may begin when the modules are torn down already
            return
        thread.ident = _thread.get_ident()
        if FORK_WARNS:
            thread.native = _thread.get_native_id()  # novermin - 3.8; from 3.12 on
        try:
            run(*args)
        finally:
            thread.over = True
            if not FORK_WARNS:
                self._known.pop(thread, None)

    def _before_fork(self) -> None:
        if not self._any() or _are_greenlets() or self._others():
            return
        for resting in list(self._resting):
            resting.ask()
        raises = FORK_RAISES and is_error(DeprecationWarning)
        self._wait(LONGEST, PATIENCE_IF_RAISED if raises else PATIENCE)
        if raises and self._any():
            for resting in list(self._resting):
                resting.break_off()
            self._wait(BREAKING_TAKES, float("inf"))

    def _wait(self, seconds: float, patience: float) -> None:
        end = Real.monotonic() + seconds
        while self._any() and Real.monotonic() < end and all(each.ends_soon(patience) for each in list(self._resting)):
            Real.sleep(LOOK)

    def _any(self) -> bool:
        for thread in list(self._known):
            if thread.pid != getpid() or thread.is_gone():
                self._known.pop(thread, None)
        return bool(self._known)

    def _others(self) -> bool:
        own = [thread.ident for thread in list(self._known)]
        return any(ident not in own and ident != _thread.get_ident() for ident in sys._current_frames())


def is_error(category: type) -> bool:
    """Whether a warning of that category would be raised, as far as that is known before it is."""
    filters = getattr(warnings, "_get_filters", lambda: warnings.filters)()  # from 3.14 on a context may have its own
    for action, message, general, module, _ in list(filters):
        if issubclass(category, general) and (action == "error" or message is module is None):
            return bool(action == "error")
    return False


def _are_greenlets() -> bool:
    """Whether what is started here is no thread for the kernel."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("_thread"):
        return True
    patcher = sys.modules.get("eventlet.patcher")
    return patcher is not None and bool(patcher.is_monkey_patched("thread"))
