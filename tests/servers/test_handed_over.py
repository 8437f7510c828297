"""What each server of docs/servers.md hands to an app is what the trace says, however a client has put it."""

import json
import re
from urllib.parse import unquote

import pytest

from tests.servers.kinds import COMMANDS, Serving
from tests.support.recorder import Recorder
from tests.support.serving import clean_environ, instrumented

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # the first run installs and builds them
GET = "GET /%s?asked=%s HTTP/1.1\r\nConnection: close\r\n"
HOST = "Host: shop.example\r\n"


def post(asked, body, headers, chunked=False):
    sent = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    length = "Transfer-Encoding: chunked\r\n" if chunked else "Content-Length: %d\r\n" % len(body)
    return ("POST /seen?asked=%s HTTP/1.1\r\nConnection: close\r\n" % asked + HOST + headers + length + "\r\n").encode() + sent


def get(asked, headers="", path="seen", host=HOST):
    return (GET % (path, asked) + host + headers + "\r\n").encode()


QUESTIONS = {
    "plain": get("plain"),
    "header-twice": get("header-twice", "X-A: 1\r\nX-A: 2\r\n"),
    "cookie-twice": get("cookie-twice", "Cookie: a=1\r\nCookie: b=2\r\n"),
    "underscore": get("underscore", "X_B: 1\r\n"),
    "no-host": get("no-host", host=""),
    "escaped": get("escaped", path="a%2Fb%20c%C3%A9"),
    "double-slash": get("double-slash", path="/double//slash"),
    "dots": get("dots", path="./a/../b"),
    "folded": get("folded", "X-A: one\r\n two\r\n"),
    "head": get("head").replace(b"GET", b"HEAD", 1),
    "posted": post("posted", b'{"n": 1}', "Content-Type: application/json\r\n"),
    "chunked": post("chunked", b'{"n": 1}', "Content-Type: application/json\r\n", chunked=True),
}
# wsgi.multithread, wsgi.multiprocess and wsgi.run_once
FLAGS = dict.fromkeys(("gunicorn sync", "gevent", "netius", "wsgiref"), "FFF")
FLAGS.update(dict.fromkeys(("hypercorn", "uvicorn"), "TTF"), **dict.fromkeys(("fastwsgi", "pyruvate", "bjoern", "tornado"), "FTF"))
# which of read1, readinto, readinto1 and seek the body of a request has
SEEK = dict.fromkeys(("gunicorn sync", "gunicorn gthread", "gunicorn gevent", "cheroot", "granian", "gevent", "eventlet", "uvicorn", "twisted"), [])
SEEK["uwsgi"] = ["seek"]
DIFFERS = re.compile(r'"(REMOTE_ADDR|REMOTE_PORT|SERVER_PORT)": [^,}]+')  # of two runs


@pytest.fixture(scope="module", params=sorted(COMMANDS))
def answers(request, tmp_path_factory):
    """What a server's clients got, bare and under the agent, and the traces, by question."""
    kind, home = request.param, tmp_path_factory.mktemp("home")
    with Recorder() as recorder:
        environ = clean_environ(home)
        with Serving(kind, environ, home) as bare:
            expected = {name: bare.ask(raw) for name, raw in QUESTIONS.items()}
        with Serving(kind, instrumented(environ, recorder.environ()), home) as server:
            got = {name: server.ask(raw) for name, raw in QUESTIONS.items()}
            server.ask(get("last"))  # pyruvate lets go of a response with the next one
            for name in QUESTIONS:
                if got[name].status == 200:
                    recorder.wait_until(lambda traces: [it for it in traces if name in by_question([it])])  # noqa: B023
        yield kind, expected, got, by_question(recorder.traces)


def text_of(path):
    """As Werkzeug makes it of the environ's."""
    return path.encode("latin-1").decode(errors="replace")


def by_question(traces):
    return {value["value"]: trace for trace in traces for value in trace["request"]["url"]["parameters"] if value["name"] == "asked"}


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_client_gets_what_it_gets_without_the_agent(answers, name):
    _, expected, got, _ = answers
    assert got[name].status == expected[name].status
    assert DIFFERS.sub("", got[name].body.decode()) == DIFFERS.sub("", expected[name].body.decode())


def test_an_app_is_told_how_it_is_run(answers):
    kind, expected, got, _ = answers
    bare, under = (json.loads(re.search(rb"\{.*\}", it["posted"].body, re.DOTALL).group()) for it in (expected, got))
    assert under["flags"] == bare["flags"] == FLAGS.get(kind, "TFF")
    assert under["methods"] == bare["methods"] == SEEK.get(kind, ["read1", "readinto", "readinto1", "seek"])


@pytest.mark.parametrize("name", [name for name in QUESTIONS if name != "head"])
def test_the_trace_says_what_the_app_saw(answers, name):
    kind, _, got, traces = answers
    if got[name].status != 200:
        assert name not in traces  # the server has responded by itself
        pytest.skip("%s does not ask the app: %s" % (kind, got[name].status))
    trace, seen = traces[name], json.loads(re.search(rb"\{.*\}", got[name].body, re.DOTALL).group())
    headers = {}
    for header in trace["request"]["headers"]:
        headers.setdefault(header["name"].lower(), []).append(header["value"])
    for key in ("X_A", "X_B"):
        assert headers.get(key.lower().replace("_", "-")) == ([seen["HTTP_" + key]] if "HTTP_" + key in seen else None)
    assert ("cookie" in headers) == ("HTTP_COOKIE" in seen)
    assert trace["request"]["url"]["host"] == (seen.get("HTTP_HOST") or "127.0.0.1")  # who asks, where nobody says
    if "REMOTE_PORT" in seen:
        assert trace["meta"]["sourcePort"] == str(seen["REMOTE_PORT"])
    assert trace["meta"]["source"] == "127.0.0.1"
    assert unquote(trace["request"]["url"]["path"]) == unquote(text_of(seen["PATH_INFO"]))
    assert trace["request"].get("body", "") == seen["body"]
    assert trace["response"]["body"] and trace["response"]["status"] == 200


def test_to_head_a_trace_says_what_the_app_said(answers):
    _, _, got, traces = answers
    assert traces["head"]["response"]["status"] == 200 and got["head"].status in (200, 0)  # tornado says nothing at all
    assert traces["head"]["request"]["method"] == "HEAD"
