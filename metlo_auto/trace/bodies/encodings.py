"""Undoes Content-Encoding with bounded output; a bomb costs at most the limit, whatever it would unfold to."""

import importlib
import zlib
from functools import lru_cache
from typing import Any, NamedTuple, Optional


class Inflated(NamedTuple):
    """`whole`: whether `data` is all that the encoded bytes stand for."""

    data: bytes
    whole: bool


def inflated(data: bytes, encoding: str, limit: int) -> Optional[Inflated]:
    """At most `limit` decoded bytes; None where a coding is unknown, its codec is missing, or nothing can be decoded.

    Data that ends early or is corrupt after a good beginning gives that beginning, not `whole`.
    """
    whole = True
    for coding in reversed(encoding.lower().split(",")):
        name = coding.strip()
        if name in ("", "identity"):
            continue
        decode = _CODINGS.get(name)
        found = decode(data, limit) if decode is not None else None
        if found is None:
            return None
        data, whole = found.data, found.whole and whole
    return Inflated(data, whole)


def _gunzip(data: bytes, limit: int) -> Optional[Inflated]:
    """Members one after another, as gzip files may have them."""
    out = b""
    while data:
        found = _zlib(data, 31, limit - len(out))
        if found is None:
            return Inflated(out, False) if out else None
        out += found.data
        if not found.whole or len(out) >= limit and found.rest:
            return Inflated(out, False)
        data = found.rest.lstrip(b"\0")
    return Inflated(out, True)


def _inflate(data: bytes, limit: int) -> Optional[Inflated]:
    """Both that are called deflate: in the zlib format, as the standard says, and raw, as some send it."""
    found = _zlib(data, 15, limit) or _zlib(data, -15, limit)
    return Inflated(found.data, found.whole) if found is not None else None


class _Stream(NamedTuple):
    data: bytes
    whole: bool
    rest: bytes


def _zlib(data: bytes, window: int, limit: int) -> Optional[_Stream]:
    stream = zlib.decompressobj(window)
    try:
        out = stream.decompress(data, max(limit, 0) + 1)
    except zlib.error:
        return _salvaged(data, window, limit)
    whole = stream.eof and len(out) <= limit
    return _Stream(out[: max(limit, 0)], whole, stream.unused_data)


def _salvaged(data: bytes, window: int, limit: int) -> Optional[_Stream]:
    """What a corrupt stream gives before its fault, in small steps since a failing call keeps all of its output."""
    stream = zlib.decompressobj(window)
    out = b""
    try:
        for at in range(0, len(data), 256):
            out += stream.decompress(data[at : at + 256], limit - len(out) + 1)
            if len(out) > limit:
                break
    except zlib.error:
        pass
    return _Stream(out[:limit], False, b"") if out else None


@lru_cache(1)
def _brotli() -> Any:
    """The codec, where there is one; imported when first needed, since few apps ever need it."""
    for name in ("brotli", "brotlicffi"):
        try:
            return importlib.import_module(name)
        except ImportError:
            pass
    return None


def _unbrotli(data: bytes, limit: int) -> Optional[Inflated]:
    """Only where the library can bound its output (Brotli 1.2): a few bytes may stand for gigabytes."""
    brotli = _brotli()
    if brotli is None:
        return None
    stream = brotli.Decompressor()
    out = b""
    try:
        while len(out) <= limit and not stream.is_finished():
            part = stream.process(data, output_buffer_limit=limit + 1 - len(out))
            data = b""
            if not part and stream.can_accept_more_data():
                break  # the data ends early
            out += part
    except (brotli.error, TypeError, AttributeError):
        return Inflated(out[:limit], False) if out else None
    return Inflated(out[:limit], len(out) <= limit and bool(stream.is_finished()))


_CODINGS = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate, "br": _unbrotli}
