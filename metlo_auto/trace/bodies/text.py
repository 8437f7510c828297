"""The text of a body and what has to be said about it."""

import codecs
import json
from functools import partial
from typing import Any, Callable, NamedTuple, Tuple

from metlo_auto.capture.exchange import Body

from .encodings import inflated
from .multipart import OMITTED, MultipartSieve
from .truncation import mended
from .types import BINARY, described

_TEXT_BYTES = bytes(range(32, 256)) + b"\t\n\r\f\b\x1b"
_BYTE_ORDER_MARK = "\ufeff"
_MARKED = 0xEF  # the first byte of such a mark in UTF-8
_ASCII = bytes(range(32, 127))
_SAMPLE = 2048
_INFLATED = 1500000  # bytes: more than the collector takes in a trace


class Text(NamedTuple):
    """A body as text.

    `kind`: json, form, multipart, ndjson, xml (HTML too), graphql, text, or "" where there is no text.
    `size`: bytes that passed by, -1 where nobody can know. `captured`: bytes, decompressed, that the text
    stands for. `omitted`: why it is not the whole body, "" where it is: as `Body.omitted`.
    """

    text: str
    kind: str
    size: int
    captured: int
    omitted: str


_make_text: Callable[[Tuple[Any, ...]], Text] = partial(tuple.__new__, Text)  # without its Python function


def text_of(body: Body, content_type: str, content_encoding: str, limit: int) -> Text:
    """The text of a body under its headers' values ("" where a header is missing), made of at most `limit` bytes."""
    data, size, omitted = body
    if not data:
        return _make_text(("", "", size, 0, omitted))
    kind, _, is_plain = described(content_type)
    if is_plain and not content_encoding and not omitted and len(data) <= limit:
        try:
            text = data.decode()
            if data[0] != _MARKED and 0 not in data[:4]:
                return _make_text((text, kind, size, len(data), ""))
        except UnicodeDecodeError:
            pass
    if kind == BINARY:
        return Text("", "", body.size, 0, body.omitted or BINARY)
    return _text_of(body, kind, content_type, content_encoding, limit)


def _text_of(body: Body, kind: str, content_type: str, content_encoding: str, limit: int) -> Text:
    data, omitted = _decompressed(body, content_encoding, limit)
    if not data:
        return Text("", "", body.size, 0, omitted)
    if kind == "multipart":
        data, omitted = _without_files(data, omitted, content_type, limit)
    if len(data) > limit:
        data, omitted = data[:limit], omitted or "cut"
    charset = charset_of(data, described(content_type).charset)
    if not kind or kind in ("text", "xml"):
        kind = _sniffed(data, charset, kind)
        if kind == BINARY:
            return Text("", "", body.size, 0, omitted or BINARY)
    partial = omitted not in ("", "file")
    text = decoded(data, charset, not partial)
    return Text(mended(text, kind) if partial else text, kind, body.size, len(data), omitted)


def charset_of(data: bytes, declared: str) -> str:
    """The charset as parsers see it: JSON's go by the first bytes, and form parsers read ASCII whatever is declared."""
    detected = json.detect_encoding(data[:_SAMPLE])
    if detected not in ("utf-8", "utf-8-sig") and " " <= decoded(data[:8], detected, False)[:1] <= "~":
        return detected
    strange = _ASCII.decode(declared, "replace") != _ASCII.decode()
    return "utf-8" if strange and _is_utf8(data[:_SAMPLE]) else declared


def _decompressed(body: Body, encoding: str, limit: int) -> Tuple[bytes, str]:
    if not encoding:
        return body.data, body.omitted
    found = inflated(body.data, encoding, min(limit, _INFLATED))
    if found is None:
        return b"", body.omitted or "undecodable"
    if found.whole or body.omitted:
        return found.data, body.omitted
    return found.data, "cut" if len(found.data) >= min(limit, _INFLATED) else "undecodable"


def _without_files(data: bytes, omitted: str, content_type: str, limit: int) -> Tuple[bytes, str]:
    if OMITTED not in data:  # else the tee has done it, as the bytes came by
        sieve = MultipartSieve(content_type, limit)
        sieve.feed(data)
        data = sieve.kept()
        omitted = omitted or ("cut" if sieve.cut else "")
    return data, omitted or ("file" if OMITTED in data else "")


def decoded(data: bytes, charset: str, whole: bool = True) -> str:
    """The text of bytes in a charset that Python knows; what cannot be decoded is replaced, a cut character dropped."""
    try:
        text = codecs.getincrementaldecoder(charset)("replace").decode(data, whole)
    except UnicodeError:  # UTF-16 without the mark that says which
        text = data.decode(charset, "replace")
    return text[1:] if text[:1] == _BYTE_ORDER_MARK else text


def _sniffed(data: bytes, charset: str, kind: str) -> str:
    """`kind`, or what the content looks like where that is ""; binary where it is no text."""
    sample = data[:_SAMPLE]
    if charset == "utf-8" and sample.translate(None, _TEXT_BYTES) and (not kind or not _is_utf8(sample)):
        return BINARY
    if kind:
        return kind
    if charset == "utf-8" and not _is_utf8(sample) and len(sample.decode("ascii", "ignore")) * 4 < len(sample) * 3:
        return BINARY
    first = decoded(sample, charset, False).lstrip()[:1]
    return "json" if first in ("{", "[") else "xml" if first == "<" else "text"


def _is_utf8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True
