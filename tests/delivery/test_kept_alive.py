"""Uploads over a connection that is open already: the same bytes as the first one's, and the same verdict."""

import re
import socket
import sys
import threading

import pytest

from metlo_auto.delivery.batch import new_batch
from metlo_auto.delivery.collector_kind import CollectorKind
from metlo_auto.delivery.declarations import Declarations
from metlo_auto.delivery.process.fork_gate import ForkGate
from metlo_auto.delivery.transport.dns import DnsLookups
from metlo_auto.delivery.transport.poster import Poster, plain_path
from metlo_auto.delivery.transport.verdict import BAD_PATH, DELIVERED, RETRY
from tests.delivery.settings import make_settings, make_trace

pytestmark = pytest.mark.core

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


class Replies:
    """A server that replies with given bytes, one reply for each request; `requests` are (connection, bytes)."""

    def __init__(self, *replies):
        self.replies, self.requests = list(replies), []
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(8)
        self.host = "http://127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._listener.close()

    def _serve(self):
        number = 0
        while self.replies:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            with connection:
                while self.replies and self._reply(connection, number):
                    pass
            number += 1

    def _reply(self, connection, number):
        request = self._read(connection)
        if not request:
            return False
        self.requests.append((number, request))
        reply = self.replies.pop(0)
        for piece in reply if isinstance(reply, list) else [reply]:
            connection.sendall(piece)
        return bool(reply) and b"close" not in b"".join(reply if isinstance(reply, list) else [reply])

    @staticmethod
    def _read(connection):
        request = b""
        while True:
            head, end, body = request.partition(b"\r\n\r\n")
            if end and len(body) == int(re.search(br"Content-Length: (\d+)", head).group(1)):
                return request
            more = connection.recv(65536)
            if not more:
                return b""
            request += more


def make_poster(host, **options):
    gate, lookups, kind = ForkGate(), DnsLookups(), CollectorKind()
    gate.make()
    lookups.prepare()
    return Poster(make_settings(host, **options), gate, lookups, Declarations(kind), kind)


@pytest.mark.parametrize("compress", ["false", "true"])
def test_later_uploads_are_the_first_one_byte_for_byte(compress):
    batch = new_batch([make_trace(number, body="x" * 3000) for number in range(100)])
    with Replies(OK, OK, OK) as server:
        poster = make_poster(server.host + "/under/v1.0", compress=compress)
        assert [poster.post(batch).outcome for _ in range(3)] == [DELIVERED] * 3
        poster.close()
    assert [number for number, _ in server.requests] == [0, 0, 0]
    head = server.requests[0][1].partition(b"\r\n\r\n")[0]
    assert head.startswith(b"POST /under/v1.0/api/v1/log-request/batch HTTP/1.1\r\n") and batch.id.encode() in head
    first, *later = [sorted_head(request) for _, request in server.requests]
    assert later == [first, first]


def sorted_head(request):
    head, _, body = request.partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    return line, sorted(fields), body


def test_requests_has_no_part_in_later_uploads():
    batch, called = new_batch([make_trace("one")]), []
    with Replies(OK, OK) as server:
        poster = make_poster(server.host)
        for _ in range(2):
            names = set()
            sys.setprofile(lambda frame, event, what, names=names: names.add(frame.f_code.co_name))
            try:
                assert poster.post(batch).outcome == DELIVERED
            finally:
                sys.setprofile(None)
            called.append("urlopen" in names)
        poster.close()
    assert called == [True, False]


REPLIES = [
    (b"HTTP/1.1 204 No Content\r\n\r\n", (DELIVERED, 204, ""), True),
    (b"HTTP/1.1 200\r\ncontent-length:2\r\n\r\nOK", (DELIVERED, 200, ""), True),
    ([b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 10\r\n\r\n0123", b"456789"], (DELIVERED, 200, ""), True),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n", (DELIVERED, 200, ""), True),
    (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, (DELIVERED, 200, ""), True),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK", (DELIVERED, 200, ""), False),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nOK", (DELIVERED, 200, ""), False),
    (b"HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno", (RETRY, 503, "HTTP 503"), True),
    (b"HTTP/1.1 400 No\r\nContent-Length: 20\r\n\r\nInvalid path /a: why", (BAD_PATH, 400, "/a: why"), True),
    (b"HTTP/1.1 500 No\r\nContent-Length: 9000\r\n\r\n" + b"x" * 9000, ("rejected", 500, "HTTP 500"), False),
]


@pytest.mark.parametrize("reply, verdict, is_kept", REPLIES)
def test_each_reply_means_what_it_means_to_the_first_upload(reply, verdict, is_kept):
    batch = new_batch([make_trace("one")])
    with Replies(OK, reply, OK) as server, Replies(reply) as other:
        poster, fresh = make_poster(server.host), make_poster(other.host)
        verdicts = [poster.post(batch) for _ in range(3)]
        assert verdicts[1] == fresh.post(batch)
        poster.close()
        fresh.close()
    assert verdicts[1][:3] == verdict
    assert [verdicts[0].outcome, verdicts[2].outcome] == [DELIVERED, DELIVERED]
    assert [number for number, _ in server.requests] == ([0, 0, 0] if is_kept else [0, 0, 1])


def test_what_is_closed_instead_of_an_answer_is_uploaded_again_at_once():
    batch = new_batch([make_trace("one")])
    with Replies(OK, b"", OK) as server:
        poster = make_poster(server.host)
        assert [poster.post(batch).outcome for _ in range(2)] == [DELIVERED, DELIVERED]
        poster.close()
    assert [number for number, _ in server.requests] == [0, 0, 1]


def test_a_reply_that_does_not_come_is_given_up_after_the_timeout():
    batch = new_batch([make_trace("one")])
    with Replies(OK, [b"HTTP/1.1 200 O"], OK) as server:
        poster = make_poster(server.host, timeout=0.3)
        assert poster.post(batch).outcome == DELIVERED
        verdict = poster.post(batch)
        assert verdict[:2] == (RETRY, 0) and "ReadTimeout" in verdict.detail
        poster.close()
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "url, path",
    [
        ("http://h:80", ""), ("http://h/v1.0/~x", "/v1.0/~x"), ("http://h/a%20b", None), ("http://h/a/../b", None),
        ("http://h/ä", None), ("http://h/a?b", None),
    ],
)  # fmt: skip
def test_only_a_path_that_goes_over_the_wire_as_it_stands_is_taken(url, path):
    assert plain_path(url) == path
