"""Bodies that break off, bodies that nobody reads, parts of bodies, bytes that are no text."""

import json

import pytest
from werkzeug import formparser

from tests.capture.conftest import KINDS
from tests.capture.pairs import MARK, header, pair_of
from tests.support.serving import request

TEXT = {"Content-Type": "text/plain"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module", params=KINDS)
def streams(request, tmp_path_factory):
    with pair_of(request.param, "streams:app", tmp_path_factory.mktemp("home")) as made:
        yield made


def head_of(server, raw, body=b""):
    """The first line of the answer; `body` is sent where the server says so, and that it did comes first then."""
    with server.connect() as sock:
        sock.sendall(raw)
        first = line(sock)
        if first.split()[1] != b"100":
            return first
        sock.sendall(body)
        return first + b", " + line(sock)


def line(sock):
    """The first line of a header block, byte by byte, so that nothing behind it is taken."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        assert byte, data
        data += byte
    return data.split(b"\r\n")[0]


def test_a_generator_that_raises_before_its_first_piece_is_what_the_server_makes_of_it(streams):
    answer, trace = streams.ask("GET", "/raises/0")
    assert answer.status == (200 if streams.kind in ("cheroot", "uwsgi") else 500)  # which send the headers first
    assert trace["response"]["status"] == answer.status
    assert trace["meta"]["responseBody"]["omitted"] == "aborted"
    assert trace["meta"]["exception"] == "ValueError"
    assert "a secret of the app" not in json.dumps(trace)


@pytest.mark.parametrize("after", [1, 3])
def test_a_generator_that_raises_later_breaks_the_answer_off(streams, after):
    answer, trace = streams.ask("GET", "/raises/%d" % after, differs=["Content-Length"])
    assert b"piece 0;" in answer.body
    assert trace["response"]["status"] == answer.status == 200
    assert trace["response"]["body"] == "".join("piece %d;" % number for number in range(after))
    assert trace["meta"]["responseBody"]["omitted"] == "aborted"
    assert trace["meta"]["exception"] == "ValueError"


def test_an_answer_shorter_than_it_said_is_reported_as_it_was(streams):
    answer, trace = streams.ask("GET", "/fixed")
    assert answer.body.startswith(b"0123456789")
    assert header(trace["response"], "Content-Length") == "100"
    assert trace["response"]["body"] == "0123456789"
    assert trace["meta"]["responseBody"] == {"size": 10, "captured": 10, "omitted": "aborted"}


@pytest.mark.parametrize("target", ["/none", "/some", "/none?refuse=1", "/nowhere"])
def test_an_answer_does_not_wait_for_a_body_that_nobody_reads(streams, target):
    if streams.kind == "waitress":
        pytest.skip("waitress reads a body whole before it calls the app")
    if streams.kind.startswith("gunicorn") and target == "/some":
        pytest.skip("gunicorn gives a first byte only with the next thousand")
    if (streams.kind, target) == ("flask-run", "/nowhere"):
        pytest.skip("a client that leaves makes this server forget close(), and Flask's cycle of a 404 waits for the collector")
    mark = streams.mark()
    half = request("POST", target, b"half", dict(TEXT, **{"Content-Length": "1000", MARK: mark, "Connection": "close"}))
    assert head_of(streams.seen, half) == head_of(streams.bare, half)
    trace = streams.trace(mark)
    noted = trace["meta"]["requestBody"]
    assert noted["size"] == 1000 and noted["omitted"] in ("unread", "aborted")
    assert trace["request"]["body"] in ("", "h", "half")


@pytest.mark.parametrize("target", ["/none", "/count", "/none?refuse=1"])
def test_a_client_that_waits_to_be_told_to_go_on_hears_the_same(streams, target):
    mark = streams.mark()
    raw = request("POST", target, headers=dict(TEXT, **{"Content-Length": "4", "Expect": "100-continue", MARK: mark, "Connection": "close"}))
    if target == "/count" and streams.kind in ("uwsgi", "cheroot"):
        raw += b"body"  # these never tell
    assert head_of(streams.seen, raw, b"body") == head_of(streams.bare, raw, b"body")
    assert streams.trace(mark)["request"]["url"]["path"] == target.partition("?")[0]


def test_a_body_that_is_larger_than_the_app_allows_is_refused_alike(streams):
    answer, trace = streams.ask("POST", "/limited", b"x" * 1000, TEXT)
    assert answer.status == trace["response"]["status"] == 413
    if hasattr(formparser, "_exhaust") and streams.kind != "uwsgi":  # Werkzeug 2.0 to 2.2 reads what it refuses
        assert trace["request"]["body"] == "x" * 1000
        assert "requestBody" not in trace["meta"]
    else:
        assert trace["request"]["body"] == ""
        assert trace["meta"]["requestBody"] == {"size": 1000, "captured": 0, "omitted": "unread"}


def test_a_request_without_a_host_has_the_clients_address_instead(streams):
    mark = streams.mark()
    raw = ("GET /text HTTP/1.0\r\n%s: %s\r\n\r\n" % (MARK, mark)).encode()
    assert head_of(streams.seen, raw) == head_of(streams.bare, raw)
    assert streams.trace(mark)["request"]["url"]["host"] == "127.0.0.1"


@pytest.mark.parametrize("how", ["read", "readline", "peek", "read1"])
def test_what_only_some_streams_can_do_is_left_to_them(streams, how):
    answer, trace = streams.ask("POST", "/named/" + how, b"body", TEXT)
    assert answer.status == trace["response"]["status"]
    assert trace["request"]["body"] == (answer.body.decode() if answer.status == 200 and how != "peek" else "")


def test_a_chunked_upload_is_captured_while_the_app_reads_it(streams):
    if streams.kind == "cheroot":
        pytest.skip("cheroot hands chunked bodies to the app only after it read them whole")
    chunks = [b"%d," % number * 100 for number in range(200)]
    raw = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    answer, trace = streams.ask("POST", "/count", raw, dict(TEXT, **{"Transfer-Encoding": "chunked"}))
    expected = b"".join(chunks)[:json.loads(answer.body)["total"]].decode()
    assert trace["request"]["body"] == expected[:65536]
    if expected:  # the development server gives an app none of a chunked body
        assert trace["meta"]["requestBody"] == {"size": len(expected), "captured": 65536, "omitted": "cut"}


def test_a_client_that_dies_in_a_chunked_upload_is_reported(streams):
    if streams.kind in ("waitress", "cheroot"):
        pytest.skip("reads the body whole before it calls the app")
    mark = streams.mark()
    with streams.seen.connect() as sock:
        sock.sendall(request("POST", "/count", b"5\r\nhello\r\n5\r\nwor", dict(
            TEXT, **{"Transfer-Encoding": "chunked", MARK: mark})))
    trace = streams.trace(mark)
    assert trace["request"]["body"] in ("hello", "hellowor", "")
    if trace["request"]["body"]:
        assert trace["meta"]["requestBody"]["omitted"] == "aborted"


@pytest.mark.parametrize("target", ["/text", "/generated"])
@pytest.mark.parametrize("wanted,size", [("bytes=10-19", 10), ("bytes=9990-", 10), ("bytes=-5", 5)])
def test_a_range_is_reported_as_it_was_sent(streams, target, wanted, size):
    answer, trace = streams.ask("GET", target, headers={"Range": wanted})
    assert answer.status == trace["response"]["status"] == 206 and len(answer.body) == size
    assert trace["response"]["body"] == answer.body.decode()
    assert header(trace["response"], "Content-Range") == answer.header("Content-Range")


def test_a_range_that_cannot_be_satisfied_is_a_416(streams):
    answer, trace = streams.ask("GET", "/text", headers={"Range": "bytes=20000-"})
    assert answer.status == trace["response"]["status"] == 416


def test_bytes_that_are_no_utf8_are_replaced_both_ways(pair):
    body = b'{"name": "\xff\xfe", "rest": "\xe2\x82"}'
    answer, trace = pair.ask("POST", "/echo?as=data", body, JSON)
    assert answer.body == body
    assert json.loads(trace["request"]["body"])["name"] == "\ufffd\ufffd"
    assert trace["response"]["body"] == trace["request"]["body"]


def test_bytes_that_are_no_utf8_in_query_and_headers_arrive_as_text(pair):
    _, trace = pair.ask("GET", "/hello?q=%FF%FEx&%E4=1", headers={"X-Odd": "gr\xfc\xdfe"})
    assert header(trace["request"], "X-Odd") == "gr\xfc\xdfe"
    (name, value), (other, one) = [(p["name"], p["value"]) for p in trace["request"]["url"]["parameters"]]
    assert (name, one) == ("q", "1") and value.endswith("x") and other
