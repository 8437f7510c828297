"""Runs one app bare and under the agent, asks both the same, and hands over both answers and the trace."""

import itertools
import re

import pytest

from tests.support.recorder import Recorder
from tests.support.serving import Server, clean_environ, instrumented, request

KINDS = ["gunicorn-gthread", "waitress", "gunicorn-gevent", "flask-run", "gunicorn-sync", "cheroot"]
_NUMBERS = itertools.count(1)


class Pair:
    """`ask` sends one request to both servers, asserts the same answer, and returns it with the trace."""

    def __init__(self, bare, seen, recorder):
        self.bare, self.seen, self.recorder = bare, seen, recorder

    def ask(self, method, target, body=b"", headers=(), differs=()):
        pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
        mark = "t%d" % next(_NUMBERS)
        raw = request(method, target, body, pairs + [("X-Test", mark)])
        answer, expected = self.seen.ask(raw), self.bare.ask(raw)
        assert answer.status == expected.status
        assert comparable(answer, differs) == comparable(expected, differs)
        assert answer.body == expected.body
        return answer, self.trace(mark)

    def trace(self, mark):
        return self.recorder.wait_until(lambda traces: [t for t in traces if header(t["request"], "X-Test") == mark])


def comparable(answer, differs=()):
    names = {"date", "set-cookie"} | {name.lower() for name in differs}
    return [(name, "masked" if name.lower() in names else value) for name, value in answer.headers]


def header(part, name):
    return next((h["value"] for h in part["headers"] if h["name"].lower() == name.lower()), None)


def wire_time(text):
    return re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", text)


@pytest.fixture(scope="session", params=KINDS)
def pair(request, tmp_path_factory):
    environ = clean_environ(tmp_path_factory.mktemp("home"))
    with Recorder() as recorder:
        with Server(request.param, "everything:app", environ) as bare:
            with Server(request.param, "everything:app", instrumented(environ, recorder.environ())) as seen:
                made = Pair(bare, seen, recorder)
                made.kind = request.param
                yield made
        for server in (bare, seen):
            assert "metlo:" not in server.log
