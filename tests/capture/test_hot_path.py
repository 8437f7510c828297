"""How much of the agent runs at a request: counted as calls of its functions, so that it cannot grow unnoticed."""

import gc
import io
import sys
from pathlib import Path

import flask
import pytest
from werkzeug.wsgi import ClosingIterator

import metlo_auto
from metlo_auto.agent import AGENTS
from metlo_auto.capture.edge import Attachment, put_edge, remember
from metlo_auto.capture.flask_hooks import MATCHES, ORDINARY, route_of
from metlo_auto.capture.guard import Guard
from metlo_auto.capture.recording import Capture
from metlo_auto.config.settings import load

OURS = str(Path(metlo_auto.__file__).parent)
SENT, ANSWER = b'{"name": "Grace", "age": 44}', b'{"id": 1, "name": "Ada", "tags": ["a", "b"]}'
ENVIRON = {
    "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/users/1", "QUERY_STRING": "page=2", "SERVER_SOFTWARE": "gunicorn/23",
    "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "4000",
    "HTTP_HOST": "127.0.0.1:8000", "HTTP_USER_AGENT": "a client", "HTTP_ACCEPT": "*/*", "wsgi.url_scheme": "http",
}  # fmt: skip


class Rule:
    rule, endpoint = None, None

    def __init__(self):
        self.rule, self.endpoint = "/users/<int:id>", "user"


@pytest.fixture(autouse=True)
def without_tracing(monkeypatch):
    """Other tests of this process may have imported OpenTelemetry, whose span is asked for where it is."""
    monkeypatch.delitem(sys.modules, "opentelemetry.trace", raising=False)


def request():
    made = object.__new__(flask.Request)
    made.url_rule, made.view_args = RULE, {"id": 1}
    return made


RULE = Rule()


def app_answering(make_response, capture):
    class App:
        def wsgi_app(self, environ, start_response):
            environ["werkzeug.request"] = request()
            if environ["REQUEST_METHOD"] == "POST":
                environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))])
            return make_response([ANSWER])

    app = App()
    attachment = Attachment(capture)
    attachment.edge = put_edge(app)
    remember(app, attachment)
    return app


def ask(app, method):
    environ = dict(ENVIRON, REQUEST_METHOD=method)
    environ["wsgi.input"] = io.BytesIO(SENT if method == "POST" else b"")
    if method == "POST":
        environ.update(CONTENT_TYPE="application/json", CONTENT_LENGTH=str(len(SENT)))
    response = app.wsgi_app(environ, lambda status, headers: None)
    pieces = list(response)
    if hasattr(response, "close"):
        response.close()
    return b"".join(pieces)


def calls_of(app, method):
    """The names of our functions, in order, that a request runs once all is warm."""
    gc.collect()  # else what other tests have left behind goes in between, and tables of ours are told
    for _ in range(5):
        assert ask(app, method) == ANSWER
    called = []

    def note(frame, event, argument):
        name = frame.f_code.co_name
        if event == "call" and frame.f_code.co_filename.startswith(OURS) and name != "__missing__":  # another second begins
            called.append(name)

    sys.setprofile(note)
    try:
        ask(app, method)
    finally:
        sys.setprofile(None)
    return called


@pytest.mark.parametrize("method,make_response,most", [
    ("GET", ClosingIterator, 21), ("POST", ClosingIterator, 30), ("GET", list, 21), ("POST", list, 30),
])
def test_the_edge_runs_few_functions_at_a_request(method, make_response, most):
    seen = []
    app = app_answering(make_response, Capture(
        65536, None, lambda kind, limit: None, route_of, seen.append, lambda routes: None, Guard(), ORDINARY))
    called = calls_of(app, method)
    assert len(seen) == 6 and seen[-1].status == 200 and seen[-1].route == "/users/<int:id>"
    assert len(called) <= most, called


@pytest.mark.parametrize("method,most", [("GET", 41), ("POST", 52)])
def test_a_request_is_redacted_and_encoded_by_few_functions(method, most, monkeypatch, tmp_path):
    given = {"METLO_HOST": "http://127.0.0.1:9", "METLO_API_KEY": "key", "METLO_NATIVE": "off", "METLO_ENV_FILE": "off",
             "METLO_SPOOL_DIR": "off"}
    agent = AGENTS.get(load(given, str(tmp_path)).settings)
    traces = []
    monkeypatch.setattr(agent.delivery.channel(), "submit", lambda trace, route=None, first=None: traces.append(trace))
    called = calls_of(app_answering(ClosingIterator, agent.capture(route_of, ORDINARY)), method)
    assert len(traces) == 6 and ANSWER.decode().replace('"', '\\"').encode() in traces[-1]
    assert len(called) <= most, called


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_compiled_way_runs_one_function(method, tmp_path):
    pytest.importorskip("metlo_auto_native", reason="the compiled way is not installed: pip install ./native")
    given = {"METLO_HOST": "http://127.0.0.1:9", "METLO_API_KEY": "another key, " + method, "METLO_ENV_FILE": "off", "METLO_SPOOL_DIR": "off",
             "METLO_SHUTDOWN_TIMEOUT": "0.1"}
    agent = AGENTS.get(load(given, str(tmp_path)).settings)
    before = agent.stats()["native"]
    called = calls_of(app_answering(ClosingIterator, agent.capture(route_of, ORDINARY, matches=MATCHES)), method)
    agent.delivery.end()
    assert agent.stats()["native"] - before >= 4
    assert [name for name in called if name not in ("_wake", "ring")] == ["wsgi_app"]  # the sender waits, or not
