"""A real HTTP collector on port 0 that keeps every trace it is given, by the wire contract's happy path."""

import gzip
import json
import socketserver
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Dict, List, Optional


class _Server(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = True
    request_queue_size = 128
    recorder: Any = None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server = None  # type: ignore[assignment]

    def log_message(self, *args: Any) -> None:
        pass

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        for name, value in self.server.recorder.capabilities.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self) -> None:
        good = self.headers.get("Authorization") == self.server.recorder.key
        self._answer(200 if good else 401, "OK" if good else "Client unauthorized")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        encoding = self.headers.get("Content-Encoding", "identity")
        body = gzip.decompress(body) if encoding == "gzip" else zlib.decompress(body) if encoding == "deflate" else body
        recorder = self.server.recorder
        if self.headers.get("Authorization") != recorder.key:
            self._answer(401, "Client unauthorized")
        elif self.path.startswith("/api/v2") and not recorder.v2:
            self._answer(404, "Cannot POST")
        else:
            document = json.loads(body)
            recorder.take(self.path, document if isinstance(document, list) else [document])
            self._answer(200, "OK")


class Recorder:
    """`with Recorder() as r:` gives `r.host`, `r.key`, `r.posts` (path, traces) and `r.wait_for(n)`."""

    # Headers of each answer; by default of a collector of ours, which gets real paths and no announcements.
    capabilities: Dict[str, str] = {"X-Metlo-Collector": "recorder"}

    def __init__(self, v2: bool = False, key: str = "test-key") -> None:
        self.v2 = v2
        self.key = key
        self.posts: List[Any] = []
        self.traces: List[Dict[str, Any]] = []
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.recorder = self
        self.host = "http://127.0.0.1:%d" % self._server.server_address[1]

    def __enter__(self) -> "Recorder":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, path: str, traces: List[Dict[str, Any]]) -> None:
        for trace in traces if "X-Metlo-Collector" in self.capabilities else []:
            # From a process that ended before it knew whose collector this is, which takes longer on a busy machine.
            if "path" in trace.get("meta", {}):
                trace["request"]["url"]["path"] = trace["meta"].pop("path")
        with self._changed:
            self.posts.append((path, traces))
            self.traces.extend(traces)
            self._changed.notify_all()

    def wait_for(self, n: int, deadline: float = 45.0) -> List[Dict[str, Any]]:
        """The traces, once `n` have come; AssertionError after `deadline` seconds."""
        end = time.monotonic() + deadline
        with self._changed:
            while len(self.traces) < n:
                left = end - time.monotonic()
                assert left > 0, "%d of %d traces came: %s" % (
                    len(self.traces), n, [t["request"]["url"]["path"] for t in self.traces])
                self._changed.wait(left)
            return list(self.traces)

    def wait_until(self, choose: Any, deadline: float = 45.0) -> Any:
        """The one trace that `choose` picks of those that came; AssertionError after `deadline` seconds or for several."""
        end = time.monotonic() + deadline
        with self._changed:
            while not choose(self.traces):
                left = end - time.monotonic()
                assert left > 0, "no such trace came among %d" % len(self.traces)
                self._changed.wait(left)
            found = choose(self.traces)
            assert len(found) == 1, "%d traces of one request" % len(found)
            return found[0]

    def environ(self, **more: str) -> Dict[str, str]:
        """What points an agent at this recorder."""
        patience = {"METLO_SHUTDOWN_TIMEOUT": "15"}  # a busy machine is no reason for the spool
        return dict({"METLO_HOST": self.host, "METLO_API_KEY": self.key, "METLO_ENV_FILE": "off"}, **dict(patience, **more))

    def only_traces(self) -> List[Dict[str, Any]]:
        return [trace for path, traces in self.posts if "/log-request/" in path for trace in traces]

    def by_path(self, path: str) -> Optional[Dict[str, Any]]:
        found = [trace for trace in self.traces if trace["request"]["url"]["path"] == path]
        assert len(found) <= 1, "%s came as %s" % (path, [trace["meta"]["traceId"] for trace in found])
        return found[0] if found else None
