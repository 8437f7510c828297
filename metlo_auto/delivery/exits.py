"""The ways in which a process ends, each of which calls back once more; knows signals and atexit, not what for.

The handlers are inherited by forked children; whoever is called asks for its pid.
"""

import atexit
import os
import signal
import sys
import threading
from typing import Any, Callable

from . import uwsgi

MP_PRIORITY = -100  # after the finalizers of others


def at_exit(callback: Callable[[], None]) -> None:
    """Calls back when the interpreter exits by itself, and on SIGTERM where that would kill the process.

    SIGTERM is taken only in the main thread and only from the default action; who installs a handler later wins.
    Python does not see uWSGI's handlers: in their place, one of ours would wait for bytecode that no idle worker runs.
    """
    atexit.register(callback)
    if threading.current_thread() is not threading.main_thread() or uwsgi.module() is not None:
        return
    try:
        present = signal.getsignal(signal.SIGTERM)
        if isinstance(present, Terminator):
            present.callbacks.append(callback)
        elif present == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, Terminator(callback))
    except ValueError:  # a sub-interpreter
        pass


def at_exit_of_this_child(callback: Callable[[], None]) -> None:
    """Calls back at the end of a multiprocessing or billiard child, which leaves by `os._exit`; in that child only."""
    for name in ("multiprocessing.util", "billiard.util"):
        util = sys.modules.get(name)
        if util is not None:
            util.Finalize(None, callback, exitpriority=MP_PRIORITY)


def dies_without_notice() -> bool:
    """Whether the server lets a graceful shutdown end in the default action of SIGTERM, so that nobody is called."""
    return "uvicorn" in sys.modules


class Terminator:
    """A handler of SIGTERM: calls back, then lets the default action kill the process, so that its status is -15."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callbacks = [callback]
        self.ending = False

    def __call__(self, number: int, frame: Any) -> None:
        if self.ending:  # signals that come in the meantime must not pile up on the stack
            return
        self.ending = True
        spawn = hub_spawner()
        if spawn is None:
            self._end(number)
        else:
            spawn(self._end, number)

    def _end(self, number: int) -> None:
        try:
            for callback in self.callbacks:
                callback()
        finally:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)


def hub_spawner() -> Any:
    """gevent's way to run something later, where this is its hub, which must never wait; else None."""
    gevent = sys.modules.get("gevent")
    if gevent is None or not hasattr(gevent, "getcurrent"):
        return None
    current = gevent.getcurrent()
    return gevent.spawn if current is getattr(gevent.get_hub(), "__self__", gevent.get_hub()) else None
