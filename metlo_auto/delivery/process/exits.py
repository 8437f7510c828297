"""The ways in which a process ends, each of which calls back once more; knows signals and atexit, not what for.

The handlers are inherited by forked children; whoever is called asks for its pid.
"""

# Not by signal: before 3.8 what it makes an enum of leaves an exception behind that holds the frames of the app.
import _signal  # type: ignore[import-not-found]
import atexit
import os
import signal
import sys
import threading
from functools import partial
from os import getpid
from typing import Any, Callable, List, NamedTuple

from metlo_auto.clocks import Real, sleep

from . import uwsgi
from .forking_servers import after_its_answer, forking_server
from .servers import deaf_server, give_sigterm_back, on_shutdown_of_twisted, on_shutdown_of_uvicorn

LAST_ANSWERS = 0.02  # seconds for other threads whose client has its response to hand the trace over
MP_PRIORITY = -100  # after the finalizers of others


class Ending(NamedTuple):
    """What one delivery does at the end: `begin` returns at once, `finish` waits. All may be called again."""

    begin: Callable[[], None]
    finish: Callable[[], None]
    leave: Callable[[float], None]  # both, for who should not stay; takes when the end began, as Real.monotonic


class Exits:
    """Calls back when the interpreter exits by itself, and on SIGTERM where that would kill the process.

    All begin before the first is waited for, so that they share the time. SIGTERM is taken only in the main thread and
    only from the default action; who installs a handler later wins. Python does not see uWSGI's handlers: in their
    place, one of ours would wait for bytecode that no idle worker runs.
    """

    def __init__(self, interrupting: Callable[[Any], None] = lambda frame: None) -> None:
        """`interrupting` is called with the frame that SIGTERM interrupts for good, before all else."""
        self._endings: List[Ending] = []
        self._interrupting = interrupting
        self._in_reactor = False
        self._unheard_said = False

    def add(self, ending: Ending) -> None:
        """From now on `ending` is called, in forked children too."""
        if not self._endings:
            atexit.register(self.end)
            on_shutdown_of_uvicorn(self.end)
            self._in_reactor = on_shutdown_of_twisted(self.end)
        self._endings.append(ending)
        if uwsgi.module() is None and not deaf_server():
            on_sigterm(self.end, self._interrupting)

    def add_this_process(self) -> None:
        """At a process's first trace: calls back at its end too where that is past atexit.

        Children of multiprocessing, billiard, Celery and of servers that fork for each request leave by `os._exit`.
        """
        for name in ("multiprocessing.util", "billiard.util"):
            util = sys.modules.get(name)
            if util is not None:
                util.Finalize(None, self.end, exitpriority=MP_PRIORITY)
        server = forking_server()
        if server is not None:
            after_its_answer(server, self._leave)
        if deaf_server() and isinstance(signal.getsignal(signal.SIGTERM), Terminator):
            give_sigterm_back()
        # twistd may import the reactor after the app.
        self._in_reactor = self._in_reactor or on_shutdown_of_twisted(self.end)
        # The workers of Celery's pool do not get as far as billiard's finalizers.
        shutdown = getattr(sys.modules.get("celery.signals"), "worker_process_shutdown", None)
        if shutdown is not None:
            shutdown.connect(self._end_of_worker, weak=False)

    def unheard(self) -> str:
        """The server that ends this process without a call to anybody; "" where that is none, or was said before."""
        server = "" if self._unheard_said else deaf_server()
        self._unheard_said = self._unheard_said or server != ""
        return server

    def _end_of_worker(self, **told: Any) -> None:
        self.end()

    def _leave(self) -> None:
        began = Real.monotonic()
        for ending in self._endings:
            uninterrupted(partial(ending.leave, began))

    def end(self) -> None:
        """The process ends, or would without us: returns when all are done, or their time is over."""
        uwsgi.no_more_signals()
        if threading.active_count() > 1:
            uninterrupted(lambda: sleep(LAST_ANSWERS))
        for ending in self._endings:
            uninterrupted(ending.begin)
        for ending in self._endings:
            uninterrupted(ending.finish)
        if getattr(sys, "last_type", None) is KeyboardInterrupt and not hasattr(sys, "ps1"):
            _keep_status_of_interrupt()


def uninterrupted(action: Callable[[], None]) -> None:
    """Calls again where a second signal, or the handler of a server in a hurry, ends it before its own time is over."""
    while True:
        try:
            return action()
        except (SystemExit, KeyboardInterrupt):
            pass


def _keep_status_of_interrupt() -> None:
    """Has the process die of the SIGINT that ends it, as it would without us.

    Python knows that the last code that came from a string was left by KeyboardInterrupt. An import may run other such
    code, as every namedtuple does; the flush imports what it uploads with, if nothing was uploaded before.
    """
    try:
        exec("raise KeyboardInterrupt")
    except KeyboardInterrupt:
        pass


def on_sigterm(callback: Callable[[], None], interrupting: Callable[[Any], None]) -> None:
    """Calls back on SIGTERM where it has the default action, which then follows."""
    try:
        present = _signal.getsignal(signal.SIGTERM)
        if isinstance(present, Terminator):
            if callback not in present.callbacks:
                present.callbacks.append(callback)
        elif present == signal.SIG_DFL:
            _signal.signal(signal.SIGTERM, Terminator(callback, interrupting))
    except ValueError:  # a sub-interpreter, or not the main thread: threading does not know it under eventlet
        pass


class Terminator:
    """A handler of SIGTERM: calls back, then lets the default action kill the process, so that its status is -15."""

    def __init__(self, callback: Callable[[], None], interrupting: Callable[[Any], None] = lambda frame: None) -> None:
        self.callbacks = [callback]
        self.interrupting = interrupting
        self.ending = False

    def __call__(self, number: int, frame: Any) -> None:
        if self.ending:  # signals that come in the meantime must not pile up on the stack
            return
        self.ending = True
        spawn = hub_spawner()
        if spawn is None:
            try:
                self.interrupting(frame)
            finally:
                self._end(number)
        else:
            spawn(self._end, number)

    def _end(self, number: int) -> None:
        try:
            for callback in self.callbacks:
                callback()
        finally:
            signal.signal(number, signal.SIG_DFL)
            os.kill(getpid(), number)


def hub_spawner() -> Any:
    """How to run something later where this is the hub of gevent or eventlet, or a greenlet that it runs; else None.

    The hub must never wait, and what is interrupted may be one of ours, or a request that has yet to be reported.
    """
    gevent = sys.modules.get("gevent")
    if gevent is not None and hasattr(gevent, "getcurrent"):
        hub = getattr(gevent.get_hub(), "__self__", gevent.get_hub())
        if _is_run_by(hub, gevent.getcurrent()):
            return gevent.spawn
    eventlet = sys.modules.get("eventlet")
    if eventlet is not None and hasattr(eventlet, "getcurrent"):
        # not get_hub(), which makes one
        hub = getattr(getattr(eventlet.hubs, "_threadlocal", None), "hub", None)
        if hub is not None and _is_run_by(hub.greenlet, eventlet.getcurrent()):
            return partial(_spawn_in_eventlet, eventlet, hub)
    return None


def _is_run_by(hub: Any, greenlet: Any) -> bool:
    while greenlet is not None and greenlet is not hub:
        greenlet = greenlet.parent
    return greenlet is hub


def _spawn_in_eventlet(eventlet: Any, hub: Any, function: Callable[..., None], *args: Any) -> None:
    eventlet.spawn(function, *args)
    # A signal does not end the hub's wait, in which it would go on for as long as nothing happens: here is an event.
    readable, writable = os.pipe()
    os.close(writable)  # not os.write: eventlet's own may wait

    def seen(fileno: int) -> None:
        hub.remove(listener)

    listener = hub.add(hub.READ, readable, seen, seen, lambda: None)
