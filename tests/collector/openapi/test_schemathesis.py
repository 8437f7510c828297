"""Another tool reads the OpenAPI document and drives an app from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator

import pytest

from tests.collector.collector_support import Collector, run, trace

_PLACES = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", "")))
_TOOL = shutil.which("schemathesis", path=_PLACES)


class _App(BaseHTTPRequestHandler):
    """Answers everything as the document says and remembers what was asked."""

    asked: set[tuple[str, str]] = set()

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.add((self.command, self.path.partition("?")[0].strip("/").partition("/")[0]))
        body = b'{"id": 1, "name": "x"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = _answer

    def _refuse(self) -> None:
        self.send_response(405)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def __getattr__(self, name: str) -> Any:
        """Methods that the document does not have."""
        if name.startswith("do_"):
            return self._refuse
        raise AttributeError(name)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def app() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _App)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
@pytest.mark.skipif(_TOOL is None, reason="schemathesis is not installed")
def test_schemathesis_reads_the_document_and_asks_for_every_operation(
    collector: Collector, app: str, tmp_path: Path
) -> None:
    user = json.dumps({"id": 1, "name": "x"})
    traces = [trace(f"/users/{i}", route="/users/{id}", response_body=user) for i in range(9)]
    traces += [trace(f"/users/{i}", "DELETE", route="/users/{id}", response_body=user) for i in range(3)]
    paging = [{"name": "page", "value": "2"}]
    traces += [trace("/items", route="/items", parameters=paging, response_body=user) for i in range(3)]
    traces += [trace("/orders", "POST", route="/orders", request_body=user, response_body=user) for i in range(3)]
    collector.batch(traces)
    collector.settled(len(traces))
    document = tmp_path / "api.json"
    assert run(collector.data_dir, "openapi", "--out", str(document)).returncode == 0
    command = [_TOOL, "run", str(document), "--url", app, "--max-examples", "3", "--checks", "not_a_server_error"]
    done = subprocess.run(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, timeout=110
    )
    assert done.returncode == 0, done.stdout
    assert {("GET", "users"), ("DELETE", "users"), ("GET", "items"), ("POST", "orders")} <= _App.asked
