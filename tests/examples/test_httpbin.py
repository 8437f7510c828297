"""httpbin, as it comes from PyPI, under metlo-run: its clients see no difference."""

import collections
from urllib.parse import unquote

import pytest

from tests.examples.httpbin_requests import requests
from tests.support import wire_rules
from tests.support.answers import ask_all
from tests.support.recorder import Recorder
from tests.support.serving import Served, environ_of_app
from tests.support.venvs import app_venv

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ASKED = requests()


@pytest.fixture(scope="module")
def programs():
    return app_venv("httpbin", ["httpbin==0.10.4", "flask<2.4", "werkzeug<2.4", "gunicorn"])


@pytest.fixture(scope="module")
def gunicorn(programs):
    return [
        str(programs / "gunicorn"),
        "-w",
        "2",
        "-k",
        "gthread",
        "--threads",
        "4",
        "-b",
        "127.0.0.1:0",
        "httpbin:app",
    ]


@pytest.fixture(scope="module")
def bare(gunicorn, tmp_path_factory):
    home = tmp_path_factory.mktemp("bare")
    with Served(gunicorn, home / "log", env=environ_of_app(home), cwd=str(home)) as server:
        return ask_all(server.port, ASKED)


@pytest.fixture(scope="module")
def observed(programs, gunicorn, tmp_path_factory):
    """Answers, traces and log of the same requests under metlo-run."""
    home = tmp_path_factory.mktemp("observed")
    with Recorder() as recorder:
        env = environ_of_app(home, **recorder.environ())
        command = [str(programs / "metlo-run")] + gunicorn
        with Served(command, home / "log", env=env, cwd=str(home)) as server:
            answers = ask_all(server.port, ASKED)
            recorder.wait_for(len(ASKED))
            assert server.stop() == 0
        return answers, list(recorder.traces), server.said()


def case(trace):
    return [pair["value"] for pair in trace["request"]["headers"] if pair["name"].lower() == "x-case"]


def timeless(answer):
    """The answer without the time of day that gzip writes into its header."""
    if answer.body is None or not answer.body.startswith(b"\x1f\x8b"):
        return answer
    return answer._replace(body=answer.body[:4] + answer.body[8:])


def test_every_answer_is_the_same_with_and_without(bare, observed):
    differing = [(a, b, c) for a, b, c in zip(ASKED, bare, observed[0]) if timeless(b) != timeless(c)]
    assert differing == []


def test_the_requests_are_as_mixed_as_they_claim(bare):
    assert {asked.method for asked in ASKED} == set(wire_rules.METHODS) - {"CONNECT"}
    assert {200, 204, 301, 302, 304, 400, 401, 404, 405, 418, 429, 500, 503} <= {answer.status for answer in bare}
    assert len(ASKED) == 400


def test_every_request_arrives_exactly_once(observed):
    traces = observed[1]
    assert collections.Counter(trace["meta"]["traceId"] for trace in traces).most_common(1)[0][1] == 1
    assert sorted(int(case(trace)[0]) for trace in traces) == list(range(len(ASKED)))


def test_every_trace_is_one_that_the_collector_takes(observed):
    found = {case(trace)[0]: wire_rules.problems(trace) for trace in observed[1]}
    assert {number: problems for number, problems in found.items() if problems} == {}


def test_every_trace_tells_what_the_client_saw(observed):
    answers, traces, _log = observed
    for trace in traces:
        number = int(case(trace)[0])
        assert trace["request"]["method"] == ASKED[number].method
        # the route's parameter passwd is a secret
        path = ASKED[number].path.partition("?")[0].replace("/me/pass", "/me/redacted")
        assert unquote(trace["request"]["url"]["path"]) == path
        assert trace["response"]["status"] == answers[number].status


def test_nothing_is_said_on_the_way(observed):
    assert [line for line in observed[2].splitlines() if "metlo" in line.lower()] == []
