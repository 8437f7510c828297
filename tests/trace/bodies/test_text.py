"""What becomes of a body under each content type, charset, and for each reason that it may not be whole."""

import pytest

from metlo_auto.capture.exchange import EMPTY, Body
from metlo_auto.trace.bodies import Text, text_of

pytestmark = pytest.mark.core

LIMIT = 65536
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00" + bytes(range(256)) * 4


def text(data, content_type="application/json", omitted="", size=None, limit=LIMIT, encoding=""):
    return text_of(Body(data, len(data) if size is None else size, omitted), content_type, encoding, limit)


@pytest.mark.parametrize("content_type, kind", [
    ("application/json", "json"),
    ("application/json; charset=utf-8", "json"),
    ("Application/JSON;charset=UTF-8", "json"),
    ("application/problem+json", "json"),
    ("application/vnd.api+json; version=1", "json"),
    ("text/json", "json"),
    ("application/x-www-form-urlencoded", "form"),
    ("application/x-www-form-urlencoded; charset=utf-8", "form"),
    ("application/x-ndjson", "ndjson"),
    ("application/jsonl", "ndjson"),
    ("application/xml", "xml"),
    ("text/xml; charset=utf-8", "xml"),
    ("application/soap+xml", "xml"),
    ("image/svg+xml", "xml"),
    ("text/html; charset=utf-8", "xml"),
    ("application/graphql", "graphql"),
    ("text/plain", "text"),
    ("text/csv", "text"),
    ("text/event-stream", "text"),
    ("application/yaml", "text"),
    ("application/javascript", "text"),
])
def test_a_type_means_a_kind_by_its_essence(content_type, kind):
    assert text(b"a=1", content_type) == Text("a=1", kind, 3, 3, "")


@pytest.mark.parametrize("content_type", [
    "image/png", "audio/mpeg", "video/mp4", "font/woff2", "application/octet-stream", "application/pdf", "application/zip",
    "application/gzip", "application/x-protobuf", "application/grpc+proto", "application/msgpack", "application/wasm",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "APPLICATION/OCTET-STREAM; x=y",
])
def test_a_binary_type_leaves_only_the_size(content_type):
    assert text(b"anything", content_type) == Text("", "", 8, 0, "binary")


@pytest.mark.parametrize("content_type", ["", "application/x-unheard-of", "nonsense", ";"])
def test_without_a_telling_type_the_content_tells(content_type):
    assert text(PNG, content_type).omitted == "binary"
    assert text(b"\x00\x01\x02\x03\x04", content_type).omitted == "binary"
    assert text(b"\x01\x00\x02\x00\x04", content_type).omitted == "binary"
    assert text(b"hello", content_type) == Text("hello", "text", 5, 5, "")
    assert text(b' {"a": 1}', content_type).kind == "json"
    assert text(b"<a/>", content_type).kind == "xml"
    assert text("h\u00e9llo \u4f60".encode(), content_type).text == "h\u00e9llo \u4f60"
    assert text(b"caf\xe9 au lait", content_type).text == "caf\ufffd au lait"


def test_a_character_at_the_edge_of_the_sample_does_not_make_text_binary():
    data = b"x" * 2047 + "\u00e9".encode() * 10
    assert text(data, "").omitted == ""


def test_a_png_that_calls_itself_html_is_binary():
    assert text(PNG, "text/html; charset=utf-8") == Text("", "", len(PNG), 0, "binary")


@pytest.mark.parametrize("charset, data, expected", [
    ("utf-8", "\u00fc".encode(), "\u00fc"),
    ('"utf-8"', "\u00fc".encode(), "\u00fc"),
    ("iso-8859-1", b"\xfc", "\u00fc"),
    ("windows-1252", b"\x80", "\u20ac"),
    ("utf-16", "\u00fc".encode("utf-16"), "\u00fc"),
    ("shift_jis", "\u65e5".encode("shift_jis"), "\u65e5"),
    ("unheard-of", "\u00fc".encode(), "\u00fc"),
    ("hex", b"fc", "fc"),
    ("punycode", b"fc-", "fc-"),
    ("unicode_escape", b"\\u00fc", "\\u00fc"),
    ("utf-7", b"+2AA-", "+2AA-"),
    ("", b"x", "x"),
])
def test_the_declared_charset_counts_where_python_has_it(charset, data, expected):
    assert text(data, "text/plain; charset=" + charset).text == expected


def test_undecodable_bytes_are_replaced():
    assert text(b'{"a": "\xff\xfe"}') == Text('{"a": "\ufffd\ufffd"}', "json", 11, 11, "")


def test_surrogates_in_utf_8_are_replaced():
    assert "\ud800" not in text(b'"\xed\xa0\x80"').text


def test_a_byte_order_mark_goes():
    assert text(b"\xef\xbb\xbf" + b'{"a": 1}', "application/json; charset=utf-8-sig").text == '{"a": 1}'
    assert text(b"\xef\xbb\xbf" + b'{"a": 1}').text == '{"a": 1}'


@pytest.mark.parametrize("data, expected", [
    ("\u00e9\u00e9".encode(), "\u00e9"),
    ("\u4f60\u4f60".encode(), "\u4f60"),
    ("\U0001f600\U0001f600".encode(), "\U0001f600"),
])
def test_a_cut_falls_between_characters(data, expected):
    for missing in range(1, len(expected.encode())):
        assert text(data[:-missing], "text/plain", "cut", len(data)).text == expected


def test_more_than_the_limit_is_cut():
    assert text(b"x" * 20, "text/plain", limit=10) == Text("x" * 10, "text", 20, 10, "cut")
    assert text(b'{"a": "bcdefghijkl"}', limit=10) == Text('{"a": "bcd"}', "json", 20, 10, "cut")


@pytest.mark.parametrize("reason", ["cut", "unread", "aborted", "streaming"])
def test_the_reason_of_the_tee_stays(reason):
    assert text(b'{"a": 1, "b"', omitted=reason, size=99) == Text('{"a": 1}', "json", 99, 12, reason)


def test_a_body_of_which_nothing_was_kept_has_no_kind():
    assert text(b"", omitted="unread", size=5) == Text("", "", 5, 0, "unread")
    assert text(b"", omitted="file", size=5) == Text("", "", 5, 0, "file")
    assert text_of(EMPTY, "application/json", "", LIMIT) == Text("", "", 0, 0, "")


def test_an_unknown_size_stays_unknown():
    assert text(b"abc", "text/plain", "aborted", -1).size == -1


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", ""])
def test_json_is_read_in_the_charset_that_its_first_bytes_show(charset, content_type):
    found = text('{"a": "\u4f60"}'.encode(charset), content_type)
    assert (found.text, found.kind) == ('{"a": "\u4f60"}', "json")


@pytest.mark.parametrize("charset", ["utf-16", "utf-32-be", "cp037", "iso-2022-jp", "hz"])
def test_ascii_is_read_as_ascii_whatever_is_declared(charset):
    content_type = "application/x-www-form-urlencoded; charset=" + charset
    assert text(b"user=bob&password=x~{", content_type).text == "user=bob&password=x~{"


def test_utf_16_without_a_mark_is_read_all_the_same():
    assert text("hello".encode("utf-16-le")[:10], "text/plain; charset=utf-16").text == "hello"
    assert isinstance(text(b"\xff", "text/plain; charset=utf-16").text, str)
