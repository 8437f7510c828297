"""The facts of docs/servers.md: each server that installs is started bare and under the agent.

Its clients get the same, and a trace says what they got.
"""

import re

import pytest

from metlo_auto.delivery.process.servers import DEAF
from tests.servers.kinds import COMMANDS, Serving
from tests.servers.raw_app import ANSWERS, FAULTS
from tests.support.recorder import Recorder
from tests.support.serving import clean_environ, instrumented, parse_answer, read_all, request

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # the first run installs and builds them
PATHS = ["/plain", *ANSWERS]
ESCAPED = "/a%2Fb"
KEEP_ESCAPES = ("cheroot", "rocket3", "fastwsgi")
# What a server does on some paths without any agent too.
UNASKED = {
    "fastwsgi": ("/never_starts", "/is_empty", "/starts_late", "/streams", "/streams_to_1.0", "/says_not_modified", "/writes", "/sends_a_file",
                 "/is_long", "/waits"),  # dies, at once or later
    "tornado": ("/raises_first", "/misses_a_file", "/never_starts", "/leaves", "/leaves_later", "/is_long",
                "/breaks_off"),  # says nothing at all
    "granian": ("/raises_first", "/misses_a_file", "/breaks_off"),  # sends the head or nothing, as it comes
    "netius": ("/misses_a_file",),  # says nothing at all
    "twisted": ("/never_starts",),  # lets go of the response when garbage is collected
    "pyruvate": ("/is_long",),  # never lets go of the response
    "rocket3": ("/never_starts",),  # sends the status of that thread's last response
    "uwsgi": ("/reads_twice",),  # a stream that seeks, and then has ended
}
NO_HTTP = {("gunicorn sync", "/never_starts"), ("gunicorn gthread", "/never_starts"), ("gunicorn gevent", "/never_starts")}  # `HTTP/1.1 None`

NO_BODY = ("/is_empty", "/says_no_content", "/says_not_modified")
# How two pieces without a length go out to a client of HTTP/1.1 and to one of 1.0; the others: chunked, and until the end.
FRAMES = {"flask run": ("chunked", "chunked"), "rocket3": ("chunked", "length")}
FRAMES.update(dict.fromkeys(("uwsgi", "pyruvate", "netius", "wsgiref"), ("end", "end")))
FRAMES.update(dict.fromkeys(("tornado", "aiohttp-wsgi"), ("length", "length")))
# Who adds the length of a list of one piece, and who keeps pieces of a stream back for a while.
ADD_LENGTH = ("granian", "gevent", "eventlet", "fastwsgi", "tornado", "aiohttp-wsgi", "waitress", "rocket3", "wsgiref")
HOLD_BACK = ("eventlet", "tornado", "aiohttp-wsgi")


def raw_of(path):
    body = b"one\ntwo" if path == "/reads_twice" else b""
    raw = request("POST" if body else "GET", path, body, {"Connection": "close"})
    return raw.replace(b"HTTP/1.1", b"HTTP/1.0", 1) if path.endswith("1.0") else raw


def asked_with_a_file(server, kind, file):
    """The body of /waits to a client who makes the file as soon as the first piece has come."""
    seconds = 1 if kind in HOLD_BACK else 30
    with server.connected() as sock:
        sock.sendall(raw_of("/waits?%d:%s" % (seconds, file)))
        data = piece = sock.recv(65536)
        while piece and b"one;" not in data:
            piece = sock.recv(65536)
            data += piece
        file.touch()
        return body_of(parse_answer(data + read_all(sock)))


def comparable(answer):
    body = re.sub(rb"(?i)line \d+|0x[0-9a-f]+", b"", answer.body) if answer.status == 500 else answer.body
    headers = [(name, value) for name, value in answer.headers if name.lower() not in ("date", "content-length" * (answer.status == 500))]
    return answer.status, headers, body


def body_of(answer):
    """The body, without the frames of a chunked one."""
    if "chunked" not in str(answer.headers).lower():
        return answer.body
    rest, body = answer.body, b""
    while b"\r\n" in rest:
        size, _, rest = rest.partition(b"\r\n")
        number = int(size or b"0", 16)
        body, rest = body + rest[:number], rest[number + 2:]
    return body


@pytest.fixture(scope="module", params=sorted(COMMANDS))
def answers(request, tmp_path_factory):
    """What a server's clients got, bare and under the agent, and the traces, by path."""
    kind, home = request.param, tmp_path_factory.mktemp("home")
    paths = [path for path in [*PATHS, ESCAPED] if path not in UNASKED.get(kind, ())]
    with Recorder() as recorder:
        environ = clean_environ(home)
        with Serving(kind, environ, home) as bare:
            expected = {path: bare.ask(raw_of(path)) for path in paths}
            if "/waits" not in UNASKED.get(kind, ()):
                expected["/waits"] = asked_with_a_file(bare, kind, home / "bare")
        with Serving(kind, instrumented(environ, recorder.environ()), home) as server:
            got = {path: server.ask(raw_of(path)) for path in paths}
            if "/waits" in expected:
                got["/waits"] = asked_with_a_file(server, kind, home / "agent")
            server.ask(raw_of("/plain?last"))  # pyruvate lets go of a response with the next one
            for path in paths[1:-1]:
                recorder.wait_until(lambda traces: [it for it in traces if it["request"]["url"]["path"] == path])  # noqa: B023
        said = [line for line in server.log.read_text().splitlines() if "metlo:" in line]
        assert len(said) == (kind in DEAF) and all("runs no signal handler" in line for line in said)
        yield kind, expected, got, {trace["request"]["url"]["path"]: trace for trace in recorder.traces}


def asked(answers, path):
    kind, expected, got, traces = answers
    if path not in got:
        pytest.skip("%s fails there without the agent too" % kind)
    return kind, expected[path], got[path], traces.get(path)


@pytest.mark.parametrize("path", [*PATHS, ESCAPED])
def test_the_client_gets_what_it_gets_without_the_agent(answers, path):
    _, expected, got, _ = asked(answers, path)
    assert comparable(got) == comparable(expected)


def test_what_rocket3_sends_without_a_status_is_what_the_trace_says(tmp_path):
    """Each of its threads sends the status of its last response again."""
    with Recorder() as recorder, Serving("rocket3", instrumented(clean_environ(tmp_path), recorder.environ()), tmp_path) as server:
        for _ in range(40):  # in turn by all of its threads
            assert server.ask(raw_of("/says_no_content")).status == 204
        assert server.ask(raw_of("/never_starts")).status == 204
        trace = recorder.wait_until(lambda traces: [it for it in traces if it["request"]["url"]["path"] == "/never_starts"])
    assert trace["response"]["status"] == 204


@pytest.mark.parametrize("path", PATHS)
def test_a_trace_says_what_the_client_got(answers, path):
    kind, _, got, trace = asked(answers, path)
    response, omitted = trace["response"], trace["meta"].get("responseBody", {}).get("omitted")
    if not got.status:
        assert response["status"] == 500 or omitted == "aborted"
    elif (kind, path) not in NO_HTTP:
        assert response["status"] == got.status
        if path in NO_BODY:
            assert response.get("body", "") == "" and omitted == ("aborted" if (kind, path) == ("gevent", "/says_no_content") else None)
        elif path not in FAULTS and omitted is None:
            assert response.get("body", "") == body_of(got).decode()
    if path == "/is_short":
        assert omitted == "aborted"
    if path == "/reads_twice":
        assert [header["name"] for header in trace["request"]["headers"]].count("Content-Length") == 1
        assert trace["request"]["body"] == "one\ntwo"


def test_pieces_reach_the_client_when_they_do_without_the_agent(answers):
    kind, expected, got, trace = asked(answers, "/waits")
    assert got == expected == (b"one;held back;" if kind in HOLD_BACK else b"one;at once;")
    assert trace["response"]["body"] == got.decode()


def framed(answer):
    if (answer.header("Transfer-Encoding") or "").lower() == "chunked":
        return "chunked"
    return "length" if answer.header("Content-Length") else "end"


def test_a_server_frames_a_response_as_the_documents_say(answers):
    kind, expected, _, _ = answers
    assert (expected["/lists_one"].header("Content-Length") == "3") == (kind in ADD_LENGTH)
    if "/streams" in expected:
        frames = tuple(framed(expected[path]) for path in ("/streams", "/streams_to_1.0"))
        assert frames == FRAMES.get(kind, ("chunked", "end"))


def test_a_path_is_what_the_client_asked_for_as_far_as_the_server_says(answers):
    kind, _, _, traces = answers
    assert ("/a%2Fb" if kind in KEEP_ESCAPES else "/a/b") in traces, sorted(traces)
