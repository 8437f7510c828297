"""Beside ddtrace with its integrations of HTTP clients on: it traces the app's requests, and none of our posts."""

import http.server
import socketserver
import subprocess
import threading

import pytest

from tests.delivery.serving import environ
from tests.launcher.test_other_agents import PACKAGES
from tests.support.faulty_collector import FaultyCollector
from tests.support.venvs import app_venv

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # the first run installs it

APP = """
import sys, time
import flask, requests, urllib3
import metlo_auto
app = flask.Flask("app")

@app.route("/hit/<name>")
def hit(name):
    requests.get(sys.argv[1] + "/by-requests").close()
    urllib3.PoolManager().request("GET", sys.argv[1] + "/by-urllib3")
    return name

for number in range(3):
    app.test_client().get("/hit/%d" % number).close()
    while metlo_auto.stats()["sent"] <= number:
        time.sleep(0.01)
"""


class Sink(socketserver.ThreadingMixIn, http.server.HTTPServer):  # in one class only since Python 3.7
    """Datadog's agent, as far as it takes traces, and a service that the app asks; `bodies` by path."""

    daemon_threads = True

    class RequestHandlerClass(http.server.BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if not body and self.headers.get("transfer-encoding") == "chunked":
                body = b"".join(iter(self.chunk, b""))
            self.server.posted.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def chunk(self):
            size = int(self.rfile.readline(), 16)
            return self.rfile.read(size + 2)[:size]

        do_GET = do_PUT = do_POST = answer

        def log_message(self, *args):
            pass

    def __init__(self):
        self.posted = []
        super().__init__(("127.0.0.1", 0), self.RequestHandlerClass)

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.shutdown()
        self.server_close()

    def traces(self):
        """What was sent as traces, in MessagePack, where text stands as it is."""
        return b"".join(body for path, body in self.posted if path.endswith("/traces"))


@pytest.fixture(scope="module")
def agents():
    """The bin folder of an environment with ddtrace."""
    try:
        return app_venv("agents", PACKAGES)
    except RuntimeError as error:
        pytest.skip("ddtrace cannot be installed here: %s" % str(error)[-200:])


@pytest.mark.parametrize("modules", ["urllib3:true,requests:true", "urllib3:true,requests:true,httplib:true"])
def test_it_traces_the_requests_of_the_app_and_none_of_our_posts(modules, agents, tmp_path):
    (tmp_path / "app.py").write_text(APP)
    with FaultyCollector() as collector, Sink() as sink:
        env = environ(
            collector.host,
            tmp_path,
            PATH="%s:/usr/bin:/bin" % agents,
            DD_TRACE_AGENT_URL=sink.url,
            DD_PATCH_MODULES=modules,
            DD_TRACE_URLLIB3_ENABLED="true",
            DD_TRACE_API_VERSION="v0.4",
            DD_INSTRUMENTATION_TELEMETRY_ENABLED="false",
            DD_REMOTE_CONFIGURATION_ENABLED="false",
        )
        del env["PYTHONPATH"]
        command = [str(agents / "ddtrace-run"), "metlo-run", "python", "app.py", sink.url]
        with open(str(tmp_path / "log"), "wb") as log:
            status = subprocess.call(command, env=env, cwd=str(tmp_path), stdout=log, stderr=log, timeout=100)
        assert status == 0, (tmp_path / "log").read_text()
        collector.wait_for_paths(["/hit/%d" % number for number in range(3)])
        spans = sink.traces()
        for kind in (b"flask.request", b"urllib3.request", b"requests.request", b"/by-urllib3", b"/by-requests"):
            assert kind in spans
        assert b"log-request" not in spans, "our posts are in its traces"
        assert ("http://127.0.0.1:%d" % collector.port).encode() not in spans
        assert not any("x-datadog-trace-id" in post.headers for post in collector.posts)
