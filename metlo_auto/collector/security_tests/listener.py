"""A small HTTP server on loopback that notes who asks it: a request that the tested app makes shows up here."""

from __future__ import annotations

import socket
import threading
import time
from typing import Optional

MOST_NOTED = 10_000
PATIENCE = 5.0  # seconds that who connects may take to ask
_MOST_LINE = 65_536  # bytes
_SEEN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"


class Listener:
    """Listens from the first `url_for` on, until `close`. Waits without asking the clock: a run counts its CPU."""

    def __init__(self) -> None:
        self._socket: Optional[socket.socket] = None
        self._seen: set[str] = set()
        self._changed = threading.Condition()

    @property
    def address(self) -> str:
        """Host and port."""
        with self._changed:
            if self._socket is None:
                self._socket = socket.create_server(("127.0.0.1", 0))
                threading.Thread(target=self._serve, args=(self._socket,), daemon=True).start()
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def url_for(self, token: str) -> str:
        return f"http://{self.address}/{token}"

    def was_asked(self, token: str, seconds: float = 0.15) -> bool:
        """Whether anybody asked for `token`, within `seconds` from now at most."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while token not in self._seen:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def close(self) -> None:
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)  # ends the wait for the next
            except OSError:
                pass  # macOS: a listening socket is not connected
            self._socket.close()

    def _serve(self, server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        """Whatever begins with a method and a target is a request."""
        try:
            with connection, connection.makefile("rb") as given:
                connection.settimeout(PATIENCE)
                method, target, *_ = given.readline(_MOST_LINE).decode("latin-1").split()
                self._note(target)
                while given.readline(_MOST_LINE).strip():
                    pass
                body = b"seen"
                connection.sendall(_SEEN % len(body) + (b"" if method == "HEAD" else body))
        except (OSError, ValueError):
            pass  # no request, or nobody who reads the answer

    def _note(self, target: str) -> None:
        path = target.partition("://")[2].partition("/")[2] if "://" in target.partition("?")[0] else target
        token = path.strip("/").partition("?")[0].partition("/")[0]
        with self._changed:
            if len(self._seen) < MOST_NOTED:
                self._seen.add(token)
            self._changed.notify_all()
