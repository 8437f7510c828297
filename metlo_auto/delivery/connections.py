"""Connections that another thread can break off; knows requests and urllib3, so nobody imports it before a first send.

requests limits the wait for each read, not for the whole answer: a collector that answers byte by byte would hold a
thread for ever. Its adapter is used without its session, which would cost more than the post itself.
"""

import inspect
import socket
import weakref
from typing import Any, Type

import requests.adapters
import urllib3.connection
import urllib3.connectionpool

from .breath import breathe
from .lookups import Lookups


class BrokenOff(OSError):
    """The post was given up from outside."""


class BreakableAdapter(requests.adapters.HTTPAdapter):
    """requests' adapter with one connection that `break_off` can end at any moment."""

    def __init__(self, lookups: Lookups) -> None:
        self.lookups = lookups
        self.live: weakref.WeakSet[Any] = weakref.WeakSet()
        self.broken = False
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self._teach(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        return self._teach(super().proxy_manager_for(*args, **options))

    def break_off(self) -> None:
        """Ends what is under way; its thread gets an error at once, or after the name lookup that it hangs in."""
        self.broken = True
        for connection in list(self.live):
            sock: Any = getattr(connection, "sock", None)
            try:
                if hasattr(socket.socket, "shutdown"):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)  # without what TLS adds to it
                elif sock is not None:
                    sock.shutdown(socket.SHUT_RDWR)  # eventlet's sockets have it one by one
            except (OSError, TypeError):  # not connected, or closed meanwhile
                pass

    def _teach(self, manager: Any) -> Any:
        manager.pool_classes_by_scheme = {
            "http": _pool(self, urllib3.connectionpool.HTTPConnectionPool, urllib3.connection.HTTPConnection),
            "https": _pool(self, urllib3.connectionpool.HTTPSConnectionPool, urllib3.connection.HTTPSConnection),
        }
        return manager


def _pool(adapter: BreakableAdapter, pool: Type[Any], connection: Type[Any]) -> Type[Any]:
    class Connection(connection):  # type: ignore[misc]
        _dd_no_trace = True  # ddtrace's own mark for connections that it leaves alone

        def _new_conn(self) -> Any:
            with adapter.lookups:
                sock = super()._new_conn()
            if adapter.broken:
                sock.close()
                raise BrokenOff("given up while connecting")
            adapter.live.add(self)
            self.sock = sock  # a TLS handshake may hang too
            return sock

        def putrequest(self, *args: Any, **options: Any) -> Any:
            breathe()
            return super().putrequest(*args, **options)

        def getresponse(self, *args: Any, **options: Any) -> Any:
            response = super().getresponse(*args, **options)
            breathe()
            return response

    class Pool(pool):  # type: ignore[misc]
        ConnectionCls = Connection
        # Its integration of urllib3 has no switch: what it, or another tracer, has put around the method stays outside.
        urlopen = inspect.unwrap(pool.urlopen)

    return Pool
