"""Bodies of a hundred megabytes and bombs cost no more memory than without the agent."""

import functools
import gzip
import hashlib
import json
import zlib

import pytest

from tests.capture.pairs import MARK, pair_of
from tests.support.serving import parse_answer, request

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MEGABYTE = 1 << 20
SIZE = 100 * MEGABYTE
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\nContent-Type: text/plain\r\n\r\n'
TAIL = b"\r\n--b--\r\n"
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
TEXT = {"Content-Type": "text/plain"}
GZIP = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
# Large blocks go back at once, so that what is measured is what is in use.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536", "MALLOC_ARENA_MAX": "1"}
KINDS = ["gunicorn-gthread", "gunicorn-gevent", "waitress", "flask-run"]


@pytest.fixture(scope="module", params=KINDS)
def pair(request, tmp_path_factory):
    with pair_of(request.param, "large:app", tmp_path_factory.mktemp("home"), **MALLOC) as made:
        made.ask("GET", "/bomb?which=small")  # by now all that the agent imports is there
        yield made


def pieces(size):
    """`size` bytes of which no two megabytes are the same, a megabyte at a time."""
    for number in range(size // MEGABYTE):
        yield (b"%08d" % number) * (MEGABYTE // 8)


def exchange(server, head, body=()):
    """The answer's status, and its size and digest, none of it held."""
    with server.connect() as sock:
        sock.settimeout(120)
        sock.sendall(head)
        for piece in body:
            sock.sendall(piece)
        data = b""
        while b"\r\n\r\n" not in data:
            received = sock.recv(65536)
            assert received, data
            data += received
        start, _, rest = data.partition(b"\r\n\r\n")
        size, digest = len(rest), hashlib.md5(rest)
        for piece in iter(lambda: sock.recv(1 << 18), b""):
            size += len(piece)
            digest.update(piece)
    return parse_answer(start).status, size, digest.hexdigest()


def asked(method, target, size=0, headers=(), mark="-"):
    more = {MARK: mark, "Connection": "close"}
    if size:
        more["Content-Length"] = str(size)
    return request(method, target, headers=dict(headers, **more))


def growth(server, head, body=lambda: ()):
    """Bytes that the process needed at most beyond those that it had, and what it answered."""
    before = json.loads(server.ask(request("GET", "/rest")).body)
    answer = exchange(server, head, body())
    after = json.loads(server.ask(request("GET", "/peak")).body)
    assert before["pid"] == after["pid"]
    return after["used"] - before["used"], answer


def compared(pair, head, body=lambda: (), small=None, allowed=2 * MEGABYTE):
    """Asks for the small first, so that all is loaded; the answer of both, and the trace."""
    mark = pair.mark()
    for server in (pair.bare, pair.seen):
        for _ in range(2):
            exchange(server, *small)
    bare, expected = growth(pair.bare, head("-"), body)
    seen, answer = growth(pair.seen, head(mark), body)
    assert answer == expected and answer[0] == 200
    for _ in range(2):  # a server may buffer more when it is slow; what the agent needs it needs each time
        if seen - bare < allowed:
            break
        bare, seen = min(bare, growth(pair.bare, head("-"), body)[0]), min(seen, growth(pair.seen, head("-"), body)[0])
    assert seen - bare < allowed
    return answer, pair.trace(mark)


@pytest.mark.parametrize("how", ["65536", str(20 * MEGABYTE), "data"])
def test_an_upload_of_a_hundred_megabytes_costs_no_memory(pair, how):
    target = "/upload?how=" + how
    small = (asked("POST", target, MEGABYTE, TEXT), list(pieces(MEGABYTE)))
    _, trace = compared(pair, lambda mark: asked("POST", target, SIZE, TEXT, mark), lambda: pieces(SIZE), small)
    assert trace["meta"]["requestBody"] == {"size": SIZE, "captured": 65536, "omitted": "cut"}
    assert json.loads(trace["response"]["body"])["size"] == SIZE


@pytest.mark.parametrize("how", ["files", "65536", str(20 * MEGABYTE), "data"])
def test_a_multipart_upload_of_a_hundred_megabytes_costs_no_memory(pair, how):
    def body(size):
        return [HEAD, *pieces(size), TAIL] if size == MEGABYTE else (p for part in ([HEAD], pieces(size), [TAIL]) for p in part)

    target = "/upload?how=" + how
    size = len(HEAD + TAIL) + SIZE
    small = (asked("POST", target, size - SIZE + MEGABYTE, MULTIPART), body(MEGABYTE))
    _, trace = compared(pair, lambda mark: asked("POST", target, size, MULTIPART, mark), lambda: body(SIZE), small)
    assert trace["meta"]["requestBody"]["size"] == size and trace["meta"]["requestBody"]["omitted"] == "file"
    assert "size=%d" % SIZE in trace["request"]["body"]


@pytest.mark.parametrize("how", ["pieces", "whole"])
def test_a_download_of_a_hundred_megabytes_costs_no_memory(pair, how):
    def head(size, mark="-"):
        return asked("GET", "/download?how=%s&size=%d" % (how, size), mark=mark)

    answer, trace = compared(pair, lambda mark: head(SIZE, mark), small=(head(MEGABYTE),))
    assert answer[1] >= SIZE
    assert trace["meta"]["responseBody"] == {"size": SIZE, "captured": 65536, "omitted": "cut"}


@functools.lru_cache(None)
def bomb(size, layers=1):
    """A valid gzip file of `size` zeros, packed `layers` times."""
    packed = gzip.compress(bytes(10 * MEGABYTE), 9) * (size // (10 * MEGABYTE))
    for _ in range(layers - 1):
        packed = gzip.compress(packed, 9)
    return packed


@functools.lru_cache(None)
def one_stream(size):
    """As `bomb`, but a single stream without a seam."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(MEGABYTE)
    return b"".join([packer.compress(zeros) for _ in range(size // MEGABYTE)] + [packer.flush()])


@pytest.mark.parametrize("size,layers,made", [
    (10 * MEGABYTE, 1, bomb), (10 * MEGABYTE, 1, one_stream), (1000 * MEGABYTE, 1, one_stream),
    (10_000 * MEGABYTE, 1, bomb), (10_000 * MEGABYTE, 2, bomb),
], ids=lambda it: getattr(it, "__name__", str(it)))
def test_an_uploaded_bomb_costs_at_most_five_megabytes(pair, size, layers, made):
    packed = made(size, layers) if made is bomb else made(size)
    headers = dict(GZIP, **{"Content-Encoding": ", ".join(["gzip"] * layers)})
    target = "/upload?how=65536"
    small = (asked("POST", target, 23, GZIP), [gzip.compress(b"{}")[:22] + b" "])
    _, trace = compared(
        pair, lambda mark: asked("POST", target, len(packed), headers, mark), lambda: [packed], small, 5 * MEGABYTE)
    assert len(trace["request"]["body"]) <= 65536
    assert trace["meta"]["requestBody"]["size"] == len(packed)


@pytest.mark.parametrize("which", ["small", "large", "packed"])
def test_a_bomb_as_an_answer_costs_at_most_five_megabytes(pair, which):
    def head(mark):
        return asked("GET", "/bomb?which=" + which, mark=mark)

    _, trace = compared(pair, head, small=(head("-"),), allowed=5 * MEGABYTE)
    assert len(trace["response"]["body"]) <= 65536
