"""Servers that leave by a way past atexit, and where each calls us before that; imports none of their modules."""

import os
import signal
import sys
from typing import Any, Callable

DEAF = ("fastwsgi", "pyruvate")  # their loop has the main thread, and runs no handler of Python's in it


def deaf_server() -> str:
    """The server here that would never run a handler of signals, so that one would only take their effect; else ""."""
    return next((name for name in DEAF if name in sys.modules), "")


def runs_no_other_thread() -> bool:
    """Whether this request is fastwsgi's, which keeps the interpreter to itself while it waits for the next one."""
    if "fastwsgi" not in sys.modules:
        return False
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") != "fastwsgi":
        frame = frame.f_back
    return frame is not None


def is_under_libfaketime() -> bool:
    """Whether libfaketime is loaded: it ends the process where one thread asks for the time as another changes it."""
    return "faketime" in os.environ.get("LD_PRELOAD", "") or "FAKETIME_DID_REEXEC" in os.environ


def give_sigterm_back() -> None:
    """Its default action, by whatever thread; Python lets none but the main thread do that."""
    try:
        import ctypes

        ctypes.pythonapi.PyOS_setsig(signal.SIGTERM, None)
    except (ImportError, AttributeError):  # a Python without it; none of these servers runs there
        pass


def on_shutdown_of_uvicorn(callback: Callable[[], None]) -> None:
    """Calls back when the server that imports the app has answered all and is about to die of SIGTERM.

    It puts the handlers back that it found and raises the signal again: of ours, installed after it, nothing is left.
    """
    server: Any = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    kind = getattr(sys.modules.get("uvicorn.server"), "Server", None)
    if kind is None or not isinstance(server, kind):
        return
    shutdown = server.shutdown

    async def and_call_back(*args: Any, **named: Any) -> None:
        try:
            await shutdown(*args, **named)
        finally:
            if signal.SIGTERM in getattr(server, "_captured_signals", [signal.SIGTERM]):
                callback()

    server.shutdown = and_call_back


def on_shutdown_of_twisted(callback: Callable[[], None]) -> bool:
    """Calls back when the reactor has stopped because of a signal; whether there is a reactor already.

    `twist` and `twistd` raise the signal again then, with its default action. Who runs the reactor in a script of their
    own comes to atexit.
    """
    reactor: Any = sys.modules.get("twisted.internet.reactor")

    def stopped() -> None:
        if getattr(reactor, "_exitSignal", None) is not None:
            callback()

    if not hasattr(reactor, "callFromThread"):
        return False
    # For any thread; and once the reactor runs, so that it comes after what waits for the last requests to be over.
    reactor.callFromThread(reactor.addSystemEventTrigger, "after", "shutdown", stopped)
    return True
