"""One app bare and under the agent: both are asked the same, answers are compared, the trace is handed over."""

import contextlib
import itertools
import re
import sys

import flask
import pytest

from tests.support.recorder import Recorder
from tests.support.serving import APPS, Server, clean_environ, instrumented, request
from tests.support.venvs import UWSGI, app_venv

of_flask_2 = pytest.mark.skipif(not hasattr(flask.Blueprint, "register_blueprint"), reason="new in Flask 2.0")
_NUMBERS = itertools.count(1)
MARK = "X-Test"


class Pair:
    """`ask` sends one request to both servers, asserts the same answer, and returns it with the trace."""

    def __init__(self, kind, bare, seen, recorder):
        self.kind, self.bare, self.seen, self.recorder = kind, bare, seen, recorder

    def ask(self, method, target, body=b"", headers=(), differs=()):
        pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
        mark = self.mark()
        raw = request(method, target, body, pairs + [(MARK, mark)])
        answer, expected = self.seen.ask(raw), self.bare.ask(raw)
        assert answer.status == expected.status
        assert comparable(answer, differs) == comparable(expected, differs)
        assert answer.body == expected.body
        return answer, self.trace(mark)

    def mark(self):
        """A value for the header X-Test that no other request has."""
        return "t%d" % next(_NUMBERS)

    def trace(self, mark):
        return self.recorder.wait_until(lambda traces: [t for t in traces if header(t["request"], MARK) == mark])

    def twice(self):
        """Marks of requests that were reported more than once."""
        marks = [header(trace["request"], MARK) for trace in self.recorder.traces]
        return sorted({mark for mark in marks if mark not in (None, "-") and marks.count(mark) > 1})


def comparable(answer, differs=()):
    names = {"date", "expires", "set-cookie"} | {name.lower() for name in differs}
    return [(name, "masked" if name.lower() in names else value) for name, value in answer.headers]


def header(part, name):
    return next((h["value"] for h in part["headers"] if h["name"].lower() == name.lower()), None)


def takes_forwarding_away(kind):
    """Whether the app sees none of the headers by which proxies name the client: this server was told of no proxy."""
    if kind != "waitress":
        return False
    from waitress.adjustments import Adjustments

    return Adjustments.clear_untrusted_proxy_headers is True  # before waitress 3 they stay, with a warning


def wire_time(text):
    return re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", text)


def python_for(kind):
    """The interpreter that has the server: uWSGI is compiled into an environment of its own."""
    if kind != "uwsgi":
        return sys.executable
    try:
        return str(app_venv("uwsgi", UWSGI) / "python")
    except RuntimeError as error:
        pytest.skip("uWSGI could not be built: " + str(error)[-300:])


@contextlib.contextmanager
def pair_of(kind, app, home, settings=(), python=None, cwd=APPS, host="127.0.0.1", **environment):
    """A Pair of servers of `kind` with `app`; `settings`: the agent's; both end with the block, and said nothing of us."""
    if kind == "flask-run" and python is None:
        pytest.importorskip("flask.cli", reason="Flask has no command before 0.11")
    python = python or python_for(kind)
    environ = clean_environ(home, TEST_FOLDER=str(home), **environment)
    with Recorder() as recorder:
        watched = instrumented(environ, recorder.environ(**dict(settings)))
        with Server(kind, app, environ, cwd, python, host=host) as bare, Server(
            kind, app, watched, cwd, python, host=host
        ) as seen:
            pair = Pair(kind, bare, seen, recorder)
            yield pair
        for server in (bare, seen):
            assert [line for line in server.log.splitlines() if "metlo:" in line] == []
        assert pair.twice() == []
