"""Content-Encoding is undone where a codec is at hand, with bounded output; what is left is said."""

import gzip
import random
import resource
import subprocess
import sys
import zlib
from functools import lru_cache

import pytest

from metlo_auto.capture.exchange import Body
from metlo_auto.trace.bodies import text_of

JSON = b'{"name": "alice", "tags": ["a", "b"], "text": "' + b"lorem ipsum " * 50 + b'"}'


def raw_deflate(data):
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


def letters(count):
    dice = random.Random(1)
    return bytes(dice.choice(b"abcdefghijklmnop") for _ in range(count))


def text(data, encoding, limit=65536, omitted="", content_type="application/json"):
    return text_of(Body(data, len(data), omitted), content_type, encoding, limit)


@pytest.mark.core
@pytest.mark.parametrize("encoding, encode", [
    ("gzip", gzip.compress),
    ("GZIP", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("identity", bytes),
    ("gzip, deflate", lambda data: zlib.compress(gzip.compress(data))),
    ("gzip", lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:])),
    ("gzip", lambda data: gzip.compress(data) + b"\x00" * 20),
])
def test_an_encoded_body_is_read(encoding, encode):
    data = encode(JSON)
    found = text(data, encoding)
    assert found.text == JSON.decode()
    assert (found.size, found.captured, found.omitted) == (len(data), len(JSON), "")


def test_brotli_is_read_where_the_codec_is_there():
    brotli = pytest.importorskip("brotli", reason="Brotli is not installed")
    found = text(brotli.compress(JSON), "br")
    if not hasattr(brotli.Decompressor(), "can_accept_more_data"):
        assert (found.text, found.omitted) == ("", "undecodable")  # its output cannot be bounded
    else:
        assert (found.text, found.omitted) == (JSON.decode(), "")


@pytest.mark.core
@pytest.mark.parametrize("encoding", ["zstd", "compress", "gzip, zstd", "unheard-of", "gzip gzip"])
def test_an_unknown_coding_leaves_the_size(encoding):
    assert text(b"anything", encoding)[:] == ("", "", 8, 0, "undecodable")


@pytest.mark.core
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_what_is_not_encoded_as_it_says_leaves_the_size(encoding):
    found = text(b"\xffnot compressed at all", encoding)
    assert (found.text, found.omitted) == ("", "undecodable")


@pytest.mark.core
@pytest.mark.parametrize("encoding, encode", [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)])
def test_what_a_cut_stream_holds_is_read(encoding, encode):
    noise = letters(5000)
    data = encode(b'{"a": "' + noise + b'"}')
    found = text(data[: len(data) // 2], encoding, omitted="cut")
    assert found.text.startswith('{"a": "' + noise[:1000].decode()) and found.text.endswith('"}')
    assert found.omitted == "cut" and found.captured > 1000


@pytest.mark.core
def test_what_stands_before_a_fault_is_read():
    noise = letters(50000)
    data = bytearray(gzip.compress(noise))
    data[len(data) // 2 : len(data) // 2 + 40] = b"\xff" * 40
    found = text(bytes(data), "gzip", content_type="text/plain")
    assert found.omitted == "undecodable"
    assert noise.decode().startswith(found.text[:1000]) and found.captured > 1000


@pytest.mark.core
def test_output_over_the_limit_is_cut():
    data = gzip.compress(b'{"a": "' + b"x" * 100000 + b'"}')
    found = text(data, "gzip", 1000)
    assert (found.captured, found.omitted) == (1000, "cut")
    assert found.text.endswith('xx"}')


@pytest.mark.core
def test_output_as_long_as_the_limit_is_whole():
    found = text(gzip.compress(JSON), "gzip", len(JSON))
    assert (found.text, found.omitted) == (JSON.decode(), "")


@pytest.mark.core
def test_an_encoded_multipart_body_loses_its_files():
    body = (b'--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nFILE CONTENT\r\n--b--\r\n')
    found = text(gzip.compress(body), "gzip", content_type="multipart/form-data; boundary=b")
    assert "FILE CONTENT" not in found.text and found.omitted == "file"


@pytest.mark.core
def test_an_encoded_picture_is_binary():
    assert text(gzip.compress(b"x"), "gzip", content_type="image/png").omitted == "binary"


@lru_cache(None)
def bomb(megabytes, coding):
    """Bytes that unfold to so many megabytes, themselves made in small steps."""
    if coding == "br":
        brotli = pytest.importorskip("brotli", reason="Brotli is not installed")
        stream = brotli.Compressor()
        return b"".join(stream.process(bytes(10 ** 6)) for _ in range(megabytes)) + stream.finish()
    stream = zlib.compressobj(9, zlib.DEFLATED, {"gzip": 31, "deflate": 15}[coding])
    return b"".join(stream.compress(bytes(10 ** 6)) for _ in range(megabytes)) + stream.flush()


MEASURE = """
import resource, sys
from metlo_auto.trace.bodies import text_of
from metlo_auto.capture.exchange import Body
data = sys.stdin.buffer.read()
text_of(Body(b"x", 1), "text/plain", sys.argv[1], 65536)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(3):
    text_of(Body(data, len(data)), "text/plain", sys.argv[1], int(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has other units elsewhere")
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
@pytest.mark.parametrize("limit", [65536, 10 ** 9])
def test_a_bomb_costs_at_most_five_megabytes(coding, limit):
    data = bomb(100, coding)
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, coding, str(limit)], input=data, stdout=subprocess.PIPE, check=True, timeout=60
    )
    assert int(run.stdout) < 5 * 1024


def test_a_bomb_of_bombs_costs_no_more():
    data = gzip.compress(bomb(100, "gzip"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    assert text(data, "gzip, gzip").omitted in ("cut", "binary")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 1
