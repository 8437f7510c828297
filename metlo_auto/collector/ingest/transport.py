"""From a request's raw body to its bytes: limit, Content-Encoding, Content-Type; pure, knows nothing of
traces.
"""

from __future__ import annotations

import json
import re
import zlib
from functools import lru_cache
from typing import Any, NoReturn, Optional

try:
    import orjson
except ImportError:  # the extra `speed`
    orjson = None  # type: ignore[assignment]

MOST_MEMBERS = 100  # of one gzip body; each costs a copy of what follows it
LIMIT = 2_097_152  # bytes after inflation, as Metlo's collector has it


class Refused(Exception):
    """The body is responded with `status` and `text`, and nothing of it is stored."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def inflate(body: bytes, encoding: str, limit: int = LIMIT) -> bytes:
    """Undo Content-Encoding; at most `limit` + 1 bytes are ever produced. Raises Refused (400, 413, 415)."""
    name = encoding.strip().lower() or "identity"
    if name == "identity":
        plain = body
    elif name in ("gzip", "deflate"):
        plain = _decompress(body, name, limit)
    else:
        raise Refused(415, f'unsupported content encoding "{name}"')
    if len(plain) > limit:
        raise Refused(413, "request entity too large")
    return plain


def _decompress(body: bytes, name: str, limit: int) -> bytes:
    wbits = zlib.MAX_WBITS | 16 if name == "gzip" else zlib.MAX_WBITS
    plain = b""
    rest = body
    members = 0
    try:
        while rest:  # a gzip body may have several members
            members += 1
            if members > MOST_MEMBERS:
                raise Refused(400, "incorrect data: too many gzip members")
            stream = zlib.decompressobj(wbits)
            plain += stream.decompress(rest, limit + 1 - len(plain))
            if len(plain) > limit:
                return plain
            if not stream.eof:
                raise Refused(400, "unexpected end of file")
            rest = stream.unused_data if name == "gzip" else b""
    except zlib.error as error:
        raise Refused(400, f"incorrect data: {error}") from error
    return plain


@lru_cache(maxsize=256)
def is_json(content_type: str) -> bool:
    """True for application/json with any parameters. Raises Refused(415) for a charset that is not a utf."""
    from email.message import Message  # by the first body that is posted: commands read none

    message = Message()
    message["content-type"] = content_type or "none/none"
    if message.get_content_type() != "application/json":
        return False
    charset = message.get_param("charset", "utf-8")
    if not str(charset).lower().startswith("utf-"):
        raise Refused(415, f'unsupported charset "{charset}"')
    return True


def parse(body: bytes) -> Any:
    """The JSON value in `body`, an empty body being {}. Raises Refused(400) for anything that JSON.parse
    refuses.
    """
    if not body:
        return {}
    value = _fast(body)
    if value is None:
        value = _tolerant(body)
    if not isinstance(value, (dict, list)):
        raise Refused(400, "Unexpected token in JSON at position 0")
    return value


def parse_items(body: bytes) -> list[tuple[Any, Optional[bytes]]]:
    """The items of the list in `body`, or the one object, each with its own JSON where that was found on the way.
    Raises Refused(400) as `parse` does.
    """
    if orjson is None:
        try:
            return _cut(body.decode("utf-8-sig", "replace"))
        except (ValueError, RecursionError):
            pass  # no list, or none that can be read: parse says why
    value = parse(body)
    return [(item, None) for item in (value if isinstance(value, list) else [value])]


def _cut(text: str) -> list[tuple[Any, Optional[bytes]]]:
    """The items of a JSON list that is not empty, each with its text: spares writing what was just read. Raises
    ValueError.
    """
    found: list[tuple[Any, Optional[bytes]]] = []
    mark = _OPENING.match(text)
    while mark:
        value, end = _DECODER.raw_decode(text, mark.end())
        found.append((value, text[mark.end() : end].encode("utf-8")))
        mark = _COMMA.match(text, end)
    if not found or not _CLOSING.fullmatch(text, end):
        raise ValueError("not a list")
    return found


def parse_any(text: str) -> Any:
    """Any JSON value, as tolerant as `parse`. Raises ValueError."""
    if orjson is not None:
        try:
            return orjson.loads(text)
        except ValueError:
            pass  # lone surrogates: the slower parser decides
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _fast(body: bytes) -> Optional[Any]:
    if orjson is None:
        return None
    try:
        return orjson.loads(body)
    except ValueError:
        return None  # orjson refuses escaped lone surrogates, which the contract accepts


def _tolerant(body: bytes) -> Any:
    try:
        return _DECODER.decode(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"Unexpected token in JSON: {error}") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)  # making one takes as long as reading a short body
_OPENING = re.compile(r"[ \t\n\r]*\[[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")
_CLOSING = re.compile(r"[ \t\n\r]*\][ \t\n\r]*")
