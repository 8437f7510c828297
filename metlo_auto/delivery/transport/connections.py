"""Connections that another thread can break off; knows requests and urllib3, so nobody imports it before a first send.

requests limits the wait for each read, not for the whole response: a collector that answers byte by byte would hold a
thread for ever. Its adapter is used without its session, which would cost more than the upload itself.
"""

import datetime
import logging
import os
import socket
import sys
import weakref
from typing import Any, Mapping, NamedTuple, Tuple, Type

from urllib3.util.timeout import Timeout

from metlo_auto.delivery.process.descriptors import Identity, identity, is_still
from metlo_auto.delivery.yield_gil import yield_gil

from .dns import DnsLookups
from .lazy_requests import SOCKS
from .private_http import Copies


class _Calendar:
    """Stands in for the module datetime: it is late enough, and no clock is asked."""

    class date:
        @staticmethod
        def today() -> datetime.date:
            return datetime.date.max


def _make_copies() -> Tuple[Any, Any]:
    """Of the modules that tests, tracers and debugging change: the pool's, the connection's and the adapter's."""
    copies = Copies()
    copies.add("http.client")
    connection = copies.add("urllib3.connection")
    pool = copies.add("urllib3.connectionpool")
    for copy in (connection, pool):
        copy.log = logging.Logger("metlo.unheard", logging.CRITICAL + 1)  # the app may listen to everything
        copy.assert_header_parsing = lambda headers: None  # it only complains, to that log
    connection.datetime = _Calendar  # it would warn where the clock, be it a test's, is years off
    if sys.modules.get(SOCKS) is not None:  # requests has found PySocks
        copies.add(SOCKS)
    return pool, copies.add("requests.adapters")


connectionpool, adapters = _make_copies()
HTTPAdapter: Any = adapters.HTTPAdapter
POOLS = {"http": connectionpool.HTTPConnectionPool, "https": connectionpool.HTTPSConnectionPool}


class BrokenOff(OSError):
    """The upload was given up from outside."""


class Response(NamedTuple):
    """What we need of a response; requests' own asks the clock, for the cookies in it."""

    status_code: int
    headers: Any
    raw: Any


class Patience(Timeout):
    """Asks no clock: urllib3 would look at it, where a total is given, for what is left."""

    def start_connect(self) -> float:
        return 0.0

    def clone(self) -> "Patience":
        return self


class BreakableAdapter(HTTPAdapter):  # type: ignore[misc]
    """requests' adapter with one connection that `break_off` can end at any moment."""

    def __init__(self, lookups: DnsLookups, timeout: float) -> None:
        self.lookups = lookups
        self.hasten(timeout)
        self.live: weakref.WeakSet[Any] = weakref.WeakSet()
        self.broken = False
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self._teach(self.poolmanager, POOLS)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*args, **options)
        # One for SOCKS is of a copy, and has pools of its own in its class.
        return self._teach(manager, getattr(type(manager), "pool_classes_by_scheme", POOLS))

    def build_response(self, request: Any, response: Any) -> Response:
        return Response(response.status, response.headers, response)

    def hasten(self, timeout: float) -> None:
        """Seconds for connecting, and for each read, from the next request on."""
        self.patience = Patience(connect=timeout, read=timeout)

    def break_off(self) -> None:
        """Ends what is under way; its thread gets an error at once, or after the name lookup that it hangs in."""
        self.broken = True
        for connection in list(self.live):
            sock: Any = getattr(connection, "sock", None)
            if not connection.is_ours():
                continue
            try:
                if hasattr(socket.socket, "shutdown"):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)  # without what TLS adds to it
                elif sock is not None:
                    sock.shutdown(socket.SHUT_RDWR)  # eventlet's sockets have it one by one
            except (OSError, TypeError):  # not connected, or closed meanwhile
                pass

    def is_ours(self) -> bool:
        """Whether nobody has closed a connection under our hands, so that another file may have its number."""
        return all(connection.is_ours() for connection in list(self.live))

    def disown(self) -> None:
        """For a forked child: gives its copies of the connections back, which its parent goes on using."""
        for connection in list(self.live):
            connection.disown()

    def _teach(self, manager: Any, pools: Mapping[str, Type[Any]]) -> Any:
        manager.pool_classes_by_scheme = {scheme: _pool(self, pool) for scheme, pool in pools.items()}
        return manager


def _pool(adapter: BreakableAdapter, pool: Type[Any]) -> Type[Any]:
    class Connection(pool.ConnectionCls):  # type: ignore[misc,name-defined]
        _identity: Identity = None

        def _new_conn(self) -> Any:
            with adapter.lookups:
                sock = super()._new_conn()
            if adapter.broken:
                sock.close()
                raise BrokenOff("given up while connecting")
            self._identity = identity(sock.fileno())
            adapter.live.add(self)
            self.sock = sock  # a TLS handshake may hang too
            return sock

        def close(self) -> None:
            if not self.is_ours():
                self.sock.detach()  # closing it would close what is somebody else's
            super().close()

        def is_ours(self) -> bool:
            sock = getattr(self, "sock", None)
            return sock is None or is_still(sock.fileno(), self._identity)

        def disown(self) -> None:
            ours, sock = self.is_ours(), getattr(self, "sock", None)
            number = sock.detach() if sock is not None else -1
            if ours and number >= 0:
                os.close(number)

        def putrequest(self, *args: Any, **options: Any) -> Any:
            yield_gil()
            return super().putrequest(*args, **options)

        def getresponse(self, *args: Any, **options: Any) -> Any:
            response = super().getresponse(*args, **options)
            yield_gil()
            return response

    class Pool(pool):  # type: ignore[misc]
        ConnectionCls = Connection

    return Pool
