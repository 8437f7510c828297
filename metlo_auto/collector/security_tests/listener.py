"""A small HTTP server on loopback that notes who asks it: a request that the tested app makes shows up here."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MOST_NOTED = 10_000


class Listener:
    """Listens from the first `url_for` on, until `close`."""

    def __init__(self) -> None:
        self._server: "ThreadingHTTPServer | None" = None
        self._seen: set[str] = set()
        self._changed = threading.Condition()

    @property
    def address(self) -> str:
        """Host and port."""
        with self._changed:
            if self._server is None:
                self._server = self._started()
        return f"127.0.0.1:{self._server.server_address[1]}"

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
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def _note(self, path: str) -> None:
        token = path.strip("/").partition("?")[0].partition("/")[0]
        with self._changed:
            if len(self._seen) < MOST_NOTED:
                self._seen.add(token)
            self._changed.notify_all()

    def _started(self) -> ThreadingHTTPServer:
        note = self._note

        class Handler(BaseHTTPRequestHandler):
            server_version = "metlo-collector-test"

            def do_GET(self) -> None:
                note(self.path)
                body = b"seen"
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_HEAD = do_POST = do_PUT = do_GET

            def log_message(self, *_arguments: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server
