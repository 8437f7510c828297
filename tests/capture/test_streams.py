"""Streams, files and broken answers: chunks pass at once, files untouched, one trace each."""

import time

from tests.capture.pairs import header
from tests.support.serving import read_all, request


def first_bytes(server, raw, wanted):
    """Seconds until `wanted` has come, on a connection that is then cut."""
    with server.connect() as sock:
        begun = time.monotonic()
        sock.sendall(raw)
        data = b""
        while wanted not in data:
            chunk = sock.recv(65536)
            assert chunk, data
            data += chunk
        return time.monotonic() - begun


def test_a_generator_is_captured_whole(pair):
    answer, trace = pair.ask("GET", "/stream?n=3")
    assert trace["response"]["body"] == "chunk 0\nchunk 1\nchunk 2\n"
    assert "responseBody" not in trace["meta"]


def test_an_endless_stream_starts_at_once_and_is_reported_when_the_client_leaves(pair):
    raw = request("GET", "/sse", headers={"X-Test": "sse-" + pair.kind})
    assert first_bytes(pair.seen, raw, b"data: first") < 10
    trace = pair.trace("sse-" + pair.kind)
    assert trace["response"]["body"].startswith("data: first\n\n")
    assert trace["meta"]["responseBody"]["omitted"] == "aborted"


def test_close_of_the_apps_iterable_is_called_once(pair):
    before = int(pair.seen.ask(request("GET", "/closed")).body)
    pair.seen.ask(request("GET", "/counted"))
    assert int(pair.seen.ask(request("GET", "/closed")).body) == before + 1


def test_a_generator_that_raises_half_way_breaks_the_same_and_is_reported(pair):
    answer, trace = pair.ask("GET", "/half", differs=["Content-Length"])
    assert b"first half;" in answer.body
    assert trace["response"]["body"] == "first half;"
    assert trace["meta"]["responseBody"]["omitted"] == "aborted"
    assert trace["meta"]["exception"] == "ValueError"


def test_a_file_goes_out_untouched(pair):
    answer, trace = pair.ask("GET", "/file", differs=["Expires"])  # old Flasks say so, and one may do it a second later
    assert len(answer.body) == 1 << 20
    assert trace["response"]["body"] == ""
    assert trace["meta"]["responseBody"] == {"size": 1 << 20, "captured": 0, "omitted": "file"}


def test_a_range_of_a_file_goes_out_untouched(pair):
    answer, trace = pair.ask("GET", "/file?range=1", headers={"Range": "bytes=10-19"}, differs=["Expires"])
    assert answer.status == 206 and answer.body == bytes(range(10, 20))
    assert trace["response"]["status"] == 206
    assert trace["meta"]["responseBody"]["omitted"] == "file"


def test_a_file_in_memory_goes_out_untouched(pair):
    answer, trace = pair.ask("GET", "/memory-file")
    assert b"col\n1\n" in answer.body and trace["meta"]["responseBody"]["omitted"] == "file"


def test_direct_passthrough_is_not_looked_at(pair):
    answer, trace = pair.ask("GET", "/passthrough")
    assert b"x" * 10 in answer.body
    assert trace["response"]["body"] == "" and trace["meta"]["responseBody"]["omitted"] == "file"


def test_a_client_that_dies_in_its_upload_is_reported(pair):
    mark = "dies-" + pair.kind
    raw = request("POST", "/echo?as=data", b'{"half', {
        "Content-Type": "application/json", "Content-Length": "1000", "X-Test": mark})
    with pair.seen.connect() as sock:
        sock.sendall(raw)
    if pair.kind in ("waitress",):
        return  # reads the whole body before it calls the app: there is no request to report
    trace = pair.trace(mark)
    assert trace["meta"]["requestBody"]["omitted"] == "aborted"
    assert header(trace["request"], "Content-Length") == "1000"


def test_two_posts_with_unread_bodies_on_one_connection_are_answered_alike(pair):
    body = b"x" * 100
    answers = []
    for server in (pair.bare, pair.seen):
        with server.connect() as sock:
            one = request("POST", "/echo?as=unread", body, {"Content-Type": "text/plain"})
            last = request("POST", "/echo?as=unread", body, {"Content-Type": "text/plain", "Connection": "close"})
            sock.sendall(one + last)
            answers.append(read_all(sock).count(b"not read"))
    assert answers[0] == answers[1]
