"""The sieve keeps fields, leaves files out, says so, and does not care how the bytes are chunked."""

import pytest

from metlo_auto.capture.exchange import Body
from metlo_auto.trace.bodies import MultipartSieve, text_of

TYPE = "multipart/form-data; boundary=frontier"


def part(name, content, filename=None, content_type=None, newline=b"\r\n"):
    head = b'Content-Disposition: form-data; name="%s"' % name
    if filename is not None:
        head += b'; filename="%s"' % filename
    if content_type is not None:
        head += newline + b"Content-Type: " + content_type
    return b"--frontier" + newline + head + newline + newline + content + newline


def sieved(body, size=None, limit=65536, content_type=TYPE):
    sieve = MultipartSieve(content_type, limit)
    for at in range(0, len(body), size or len(body) or 1):
        sieve.feed(body[at : at + (size or len(body))])
    return sieve.kept()


END = b"--frontier--\r\n"
FILE = part(b"f", b"\x00\r\n--fron\xff" * 20, b"a.bin", b"application/octet-stream")
FIELDS = part(b"a", b"hello") + part(b"b", b'{"x": "\r\n--frontie"}')


@pytest.mark.core
@pytest.mark.parametrize("size", list(range(1, 40)) + [1000])
def test_chunks_of_any_size_give_the_same(size):
    body = FIELDS + FILE + part(b"c", b"last") + END
    assert sieved(body, size) == sieved(body)


@pytest.mark.core
def test_a_file_becomes_its_size():
    kept = sieved(part(b"a", b"hello") + part(b"f", b"x" * 1234, b"a.txt", b"text/plain") + part(b"b", b"bye") + END)
    assert b"x" * 10 not in kept
    assert b'filename="a.txt"\r\nContent-Type: text/plain\r\nX-Metlo-Omitted: file; size=1234\r\n\r\n\r\n--frontier' in kept
    assert kept.startswith(part(b"a", b"hello")) and kept.endswith(part(b"b", b"bye") + END)


@pytest.mark.core
def test_fields_alone_pass_untouched():
    assert sieved(FIELDS + END) == FIELDS + END


@pytest.mark.core
def test_bare_line_feeds_are_line_ends_too():
    body = part(b"a", b"1", newline=b"\n") + part(b"f", b"xxxxx", b"f", newline=b"\n") + b"--frontier--\n"
    kept = sieved(body)
    assert b"xxxxx" not in kept and b"size=5" in kept


@pytest.mark.core
@pytest.mark.parametrize("head", [
    b'Content-Disposition: form-data; name="f"; filename="x"',
    b"Content-Disposition: form-data; name=f; filename=x",
    b"content-disposition: FORM-DATA; NAME=f; FILENAME*=utf-8''x",
    b'Content-Type: image/png\r\nContent-Disposition: form-data; name="f"',
    b'Content-Disposition: form-data; name="f"\r\nContent-Type: multipart/mixed; boundary=inner',
])
def test_whatever_says_file_is_left_out(head):
    kept = sieved(b"--frontier\r\n" + head + b"\r\n\r\nSECRET FILE\r\n" + END)
    assert b"SECRET" not in kept and b"size=11" in kept


@pytest.mark.core
def test_an_upload_that_ends_early_says_what_came_by():
    body = FIELDS + part(b"f", b"x" * 100, b"a.bin")
    assert sieved(body[:-20]).endswith(b"X-Metlo-Omitted: file; size=82\r\n\r\n")


@pytest.mark.core
@pytest.mark.parametrize("cut", range(1, 90, 7))
def test_an_upload_that_ends_early_keeps_its_fields(cut):
    body = FIELDS + END
    assert sieved(body[:-cut], 3) == body[:-cut]


@pytest.mark.core
def test_the_limit_holds_and_is_noticed():
    sieve = MultipartSieve(TYPE, 100)
    sieve.feed(part(b"a", b"y" * 1000) + FILE + END)
    assert len(sieve.kept()) == 100 and sieve.cut


@pytest.mark.core
@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=" + "b" * 1000])
def test_without_a_boundary_that_counts_all_passes_up_to_the_limit(content_type):
    assert sieved(FIELDS, 7, 50, content_type) == FIELDS[:50]


@pytest.mark.core
def test_a_quoted_boundary_and_other_case_count():
    assert sieved(FILE + END, content_type='Multipart/Form-Data; charset=utf-8; Boundary="frontier"').count(b"\xff") == 0


def test_a_hundred_megabytes_of_file_cost_no_memory():
    chunk = b"x\r\n--front" * 6553
    sieve = MultipartSieve(TYPE, 65536)
    sieve.feed(FIELDS + part(b"f", b"", b"big.bin")[:-2])
    tracemalloc = pytest.importorskip("tracemalloc", reason="PyPy has none")
    tracemalloc.start()
    for _ in range(1600):
        sieve.feed(chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 ** 6
    assert b"size=%d" % (1600 * len(chunk)) in sieve.kept()


def test_a_head_without_end_costs_no_memory():
    sieve = MultipartSieve(TYPE, 1000)
    sieve.feed(b"--frontier\r\n")
    tracemalloc = pytest.importorskip("tracemalloc", reason="PyPy has none")
    tracemalloc.start()
    for _ in range(300):
        sieve.feed(b"X-Header: value\r\n" * 1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 ** 6


@pytest.mark.core
def test_text_of_leaves_files_out_where_the_tee_did_not():
    body = FIELDS + FILE + END
    text = text_of(Body(body, len(body)), TYPE, "", 65536)
    assert text.kind == "multipart" and text.omitted == "file" and text.size == len(body)
    assert text.text.encode() == sieved(body)


@pytest.mark.core
def test_text_of_takes_what_the_tee_has_sieved():
    body = FIELDS + FILE + END
    text = text_of(Body(sieved(body), len(body)), TYPE, "", 65536)
    assert text.text.encode() == sieved(body) and text.omitted == "file"
