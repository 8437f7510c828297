"""Streams that run on: pieces pass before the next is made, one trace when they end or after their time."""

import time

import pytest

from tests.capture.conftest import KINDS
from tests.capture.pairs import MARK, pair_of
from tests.support.serving import request


@pytest.fixture(scope="module", params=KINDS)
def streams(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    with pair_of(request.param, "streams:app", folder, STREAM_SECONDS="1") as made:
        made.folder = folder
        yield made


def read_until(sock, wanted):
    data = b""
    while wanted not in data:
        piece = sock.recv(65536)
        assert piece, data
        data += piece
    return data


def wait_for(path, text):
    end = time.monotonic() + 60
    while not path.exists() or path.read_text() != text:
        assert time.monotonic() < end, path.read_text() if path.exists() else "no such file"
        time.sleep(0.02)


def test_an_event_reaches_the_client_before_the_next_is_made(streams):
    for server in (streams.bare, streams.seen):
        name = streams.mark()
        with server.connect() as sock:
            sock.sendall(request("GET", "/events/" + name, headers={MARK: name, "Connection": "close"}))
            assert b"second" not in read_until(sock, b"data: first\n\n")
            (streams.folder / name).write_text("")
            read_until(sock, b"data: second\n\n")
            wait_for(streams.folder / (name + ".closed"), "closed\n")
    trace = streams.trace(name)
    assert trace["response"]["body"] == "data: first\n\ndata: second\n\n"
    assert "responseBody" not in trace["meta"]


def test_a_stream_that_the_client_leaves_is_reported_and_closed_once(streams):
    name = streams.mark()
    with streams.seen.connect() as sock:
        sock.sendall(request("GET", "/events/" + name + "?endless=1", headers={MARK: name}))
        read_until(sock, b"data: first\n\n")
    trace = streams.trace(name)
    assert trace["response"]["body"].startswith("data: first\n\n")
    assert trace["meta"]["responseBody"]["omitted"] in ("aborted", "streaming")
    wait_for(streams.folder / (name + ".closed"), "closed\n")


def test_a_stream_that_outlasts_its_time_is_reported_while_it_runs_and_never_again(streams):
    name = streams.mark()
    with streams.seen.connect() as sock:
        sock.sendall(request("GET", "/events/" + name + "?endless=1", headers={MARK: name, "Connection": "close"}))
        read_until(sock, b"data: first\n\n")
        trace = streams.trace(name)
        assert trace["meta"]["responseBody"]["omitted"] == "streaming"
        assert trace["response"]["body"].startswith("data: first\n\n: still there\n\n")
        assert trace["meta"]["durationMs"] > 1000
        (streams.folder / name).write_text("")
        read_until(sock, b"data: second\n\n")
        # Who leaves now with the last bytes unread resets the connection, and Werkzeug's server then closes nothing.
        wait_for(streams.folder / (name + ".closed"), "closed\n")
    streams.ask("GET", "/text")  # a later trace is here, so a second one of the stream would be too
    streams.trace(name)


def test_a_client_that_dies_in_its_download_is_reported_and_closed_once(streams):
    name = streams.mark()
    with streams.seen.connect() as sock:
        sock.sendall(request("GET", "/large/" + name, headers={MARK: name}))
        read_until(sock, b"xxxx")
    trace = streams.trace(name)
    noted = trace["meta"]["responseBody"]
    in_time = trace["meta"]["durationMs"] < 1000  # a machine that stands still makes a stream that ran on of it
    assert noted["omitted"] == "aborted" or (noted["omitted"] == "streaming" and not in_time)
    assert noted["size"] < 1600 * 65536
    assert trace["response"]["status"] == 200
    wait_for(streams.folder / (name + ".closed"), "closed\n")
