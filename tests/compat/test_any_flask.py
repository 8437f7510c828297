"""The same app and requests on whatever Python and Flask this is: nobody notices, and every request is reported."""

import sys
from pathlib import Path

import pytest

from tests.support import wire_rules
from tests.support.answers import Asked, ask_all
from tests.support.recorder import Recorder
from tests.support.serving import Served, environ_of_app

pytestmark = pytest.mark.core
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HOST = {"Host": "any.example"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PARTS = {"Content-Type": "multipart/form-data; boundary=mark"}
UPLOAD = (
    b'--mark\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    b'--mark\r\nContent-Disposition: form-data; name="file"; filename="f.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n" + bytes(range(256)) + b"\r\n--mark--\r\n"
)

# the request, the status, and the route as the collector is to see it
CASES = [
    (Asked("GET", "/users/7?field=a&field=b&empty="), 200, "/users/{user_id}"),
    (Asked("HEAD", "/users/7"), 200, "/users/{user_id}"),
    (Asked("OPTIONS", "/users/7"), 200, "/users/{user_id}"),
    (Asked("POST", "/users/7"), 405, None),
    (Asked("POST", "/json", {"Content-Type": "application/json"}, b'{"n": [1, null, "\xc3\xa4"]}'), 200, "/json"),
    (Asked("POST", "/form", FORM, b"a=1&b=%C3%A4&c="), 200, "/form"),
    (Asked("POST", "/upload", PARTS, UPLOAD), 200, "/upload"),
    (Asked("PUT", "/raw", {"Content-Type": "application/octet-stream"}, bytes(range(256)) * 40), 200, "/raw"),
    (Asked("GET", "/stream"), 200, "/stream"),
    (Asked("GET", "/file"), 200, "/file"),
    (Asked("POST", "/login"), 204, "/login"),
    (Asked("GET", "/refused"), 403, "/refused"),
    (Asked("GET", "/broken"), 500, "/broken"),
    (Asked("GET", "/handled"), 422, "/handled"),
    (Asked("GET", "/area/a/b/c"), 200, "/area/{rest}"),
    (Asked("GET", "/things/one"), 200, "/things/{name}"),
    (Asked("DELETE", "/things/one"), 204, "/things/{name}"),
    (Asked("GET", "/missing"), 404, None),
]
ASKED = [asked._replace(headers=dict(HOST, **asked.headers)) for asked, _, _ in CASES]


def serve(home, prefix=(), **env):
    """Answers to all requests, and what the server said."""
    home.mkdir()
    command = [*prefix, sys.executable, str(HERE / "old_and_new.py"), "0"]
    with Served(command, home / "log", env=environ_of_app(home, **env), cwd=str(home)) as server:
        return ask_all(server.port, ASKED, connections=1), server


@pytest.fixture(scope="module")
def natively(tmp_path_factory):
    return serve(tmp_path_factory.mktemp("any") / "bare")[0]


@pytest.fixture(scope="module")
def observed(tmp_path_factory):
    """Answers under metlo-run, and the traces by method and path."""
    run = [sys.executable, "-m", "metlo_auto"]
    with Recorder() as recorder:
        env = recorder.environ(PYTHONPATH=str(ROOT))
        answers, _ = serve(tmp_path_factory.mktemp("any") / "observed", run, **env)
        traces = recorder.wait_for(len(CASES))
    return answers, {(it["request"]["method"], it["request"]["url"]["path"]): it for it in traces}, len(traces)


def timeless(answer):
    """The session cookie is signed with the time, and old Flasks say when a file expires."""
    return answer._replace(headers=[pair for pair in answer.headers if pair[0] not in ("Set-Cookie", "Expires")])


def test_the_app_answers_as_it_should(natively):
    assert [answer.status for answer in natively] == [status for _, status, _ in CASES]


def test_the_answers_are_the_same(natively, observed):
    assert list(map(timeless, observed[0])) == list(map(timeless, natively))


def test_each_request_is_reported_once(observed):
    assert observed[2] == len(CASES)
    assert set(observed[1]) == {(asked.method, asked.path.partition("?")[0]) for asked in ASKED}


@pytest.mark.parametrize("asked, status, route", CASES, ids=lambda it: it.path if isinstance(it, Asked) else "")
def test_its_trace(asked, status, route, observed):
    trace = observed[1][asked.method, asked.path.partition("?")[0]]
    assert wire_rules.problems(trace) == []
    assert trace["response"]["status"] == status
    assert trace["request"]["url"].get("endpointPath") == route


def test_exceptions_are_named(observed):
    assert observed[1]["GET", "/broken"]["meta"]["exception"] == "KeyError"
    assert observed[1]["GET", "/handled"]["meta"]["exception"] == "ValueError"


def test_the_session_cookie_and_the_apps_own_header_are_seen(observed):
    seen = {pair["name"].lower() for pair in observed[1]["POST", "/login"]["response"]["headers"]}
    assert {"set-cookie", "x-signed"} <= seen


def test_bodies_are_seen_as_far_as_they_are_text(observed):
    traces = observed[1]
    assert traces["POST", "/json"]["request"]["body"] == '{"n": [1, null, "\u00e4"]}'
    assert traces["GET", "/stream"]["response"]["body"] == "line 0\nline 1\nline 2\nline 3\nline 4\n"
    assert traces["GET", "/file"]["response"]["body"] == ""
