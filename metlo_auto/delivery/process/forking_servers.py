"""Servers that fork for each request, as `app.run(processes=4)` does; knows socketserver, and what its children need.

A child answers one client and leaves by `os._exit`. Until then it takes one of the few places that its server has.
"""

import os
import sys
from typing import Any, Callable

from metlo_auto.delivery.transport.lazy_requests import load_connections

from .fork_gate import ForkGate, register_at_fork
from .own_threads import OwnThreads


def forking_server() -> Any:
    """The server that forked this process for one request, or is about to; None in other threads and processes."""
    kind: Any = getattr(sys.modules.get("socketserver"), "ForkingMixIn", None)
    frame = sys._getframe() if kind is not None else None
    while frame is not None:
        if frame.f_code.co_name == "process_request":
            server = frame.f_locals.get("self")
            if isinstance(server, kind):
                return server
        frame = frame.f_back
    return None


def after_its_answer(server: Any, callback: Callable[[], None]) -> None:
    """In a child of `server`: calls back when the client has all of its response and the connection is closed."""
    shutdown_request = server.shutdown_request

    def and_call_back(*request: Any) -> None:
        try:
            shutdown_request(*request)
        finally:
            callback()

    server.shutdown_request = and_call_back  # in this child alone, which ends here


def on_its_next_turn(server: Any, callback: Callable[[], None]) -> None:
    """Calls back once, in the process that serves, when it looks after itself: next after a request was forked."""
    service_actions = server.service_actions

    def and_call_back() -> None:
        server.__dict__.pop("service_actions", None)
        callback()
        service_actions()

    server.service_actions = and_call_back


class Forking:
    """In the parent: numbers the children, and imports for all of them what each would import to upload one trace."""

    def __init__(self, gate: ForkGate, own_threads: OwnThreads) -> None:
        self._gate = gate
        self._own_threads = own_threads
        self._children = 0
        register = getattr(os, "register_at_fork", register_at_fork)
        register(before=self._count, after_in_parent=self._load, after_in_child=_nothing)

    def is_to_tell(self) -> bool:
        """Whether this process tells the collector what it has to hear once: of many children the 1st, 2nd, 4th…"""
        return forking_server() is None or self._children & (self._children - 1) == 0

    def _count(self) -> None:
        if forking_server() is not None:
            self._children += 1

    def _load(self) -> None:
        server = forking_server() if self._children == 1 else None
        if server is not None:
            self._gate.make()
            # Not here: Python 3.13 looks for threads after this, and warns.
            on_its_next_turn(server, self._start)

    def _start(self) -> None:
        try:
            self._own_threads.start(self._import)  # here a signal might fall into an import and be lost
        except RuntimeError:
            pass

    def _import(self) -> None:
        try:
            with self._gate:
                load_connections()
        except Exception:  # noqa: BLE001 - a child that cannot import it either says so
            pass


def _nothing() -> None:
    pass
