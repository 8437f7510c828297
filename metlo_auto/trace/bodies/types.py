"""What a Content-Type says about a body: its kind, its charset, or that it is binary."""

import codecs
import re
from functools import lru_cache
from typing import NamedTuple

BINARY = "binary"

_KINDS = {
    "application/x-www-form-urlencoded": "form",
    "application/graphql": "graphql",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/jsonlines": "ndjson",
    "application/x-jsonlines": "ndjson",
    "application/json-seq": "text",
    "application/stream+json": "ndjson",
    "text/json": "json",
    "text/xml": "xml",
    "text/html": "xml",
    "application/javascript": "text",
    "application/x-javascript": "text",
    "application/ecmascript": "text",
    "application/yaml": "text",
    "application/x-yaml": "text",
    "application/toml": "text",
    "application/sql": "text",
    "application/jwt": "text",
    "application/jose": "text",
    "application/x-httpd-php": "text",
    "application/x-sh": "text",
    "application/rtf": "text",
    "application/x-pem-file": "text",
    "application/sparql-query": "text",
    "application/csp-report": "json",
    "application/reports+json": "json",
    "message/rfc822": "text",
    "message/http": "text",
}

_PLAIN = ("json", "form", "ndjson", "xml", "graphql", "text")

_BINARY = re.compile(
    r"(image|audio|video|font|model|chemical)/|application/("
    r"octet-stream|pdf|zip|gzip|x-gzip|x-tar|x-bzip2?|x-xz|x-7z-compressed|zstd|x-rar-compressed|vnd\.rar|java-archive|"
    r"wasm|protobuf|x-protobuf|vnd\.google\.protobuf|grpc|msgpack|x-msgpack|vnd\.msgpack|cbor|avro|x-avro|bson|ubjson|"
    r"x-thrift|vnd\.apache\.|x-parquet|postscript|msword|vnd\.ms-|vnd\.openxmlformats|vnd\.oasis|epub|font|x-font|"
    r"x-shockwave-flash|x-executable|x-msdownload|x-sqlite3|vnd\.sqlite3|x-hdf|pkcs|pkix|pgp-encrypted|x-pickle)"
)
_CHARSET = re.compile(r"""(?i);\s*charset\s*=\s*["']?([\w.:\-]+)""")

# Not charsets of text on the wire, or slow on hostile input, or able to make text that UTF-8 cannot carry.
_REFUSED = re.compile(r"(idna|punycode|(raw_)?unicode_escape|utf_7|undefined|mbcs|oem|hz|iso2022.*)\Z")


class Described(NamedTuple):
    """`kind`: as in `Text`, `binary`, or "" where the type does not tell and the content has to.

    `is_plain`: the bytes are the text in UTF-8, as far as the type tells.
    """

    kind: str
    charset: str
    is_plain: bool


@lru_cache(512)
def described(content_type: str) -> Described:
    """What the value of a Content-Type header means; parameters other than the charset do not matter."""
    kind, charset = _kind(content_type.partition(";")[0].strip().lower()), _charset(content_type)
    return Described(kind, charset, kind in _PLAIN and charset == "utf-8")


def _kind(essence: str) -> str:
    if essence in _KINDS:
        return _KINDS[essence]
    if essence.startswith("multipart/"):
        return "multipart"
    if essence.endswith(("+json", "/json")):
        return "json"
    if essence.endswith(("+xml", "/xml")):
        return "xml"
    if essence.startswith("text/") or essence.endswith("+yaml"):
        return "text"
    return BINARY if _BINARY.match(essence) else ""


def _charset(content_type: str) -> str:
    declared = _CHARSET.search(content_type)
    if declared is None:
        return "utf-8"
    try:
        name = codecs.lookup(declared.group(1)).name
        b"a".decode(name, "replace")
    except (LookupError, ValueError):  # unknown, or not an encoding of text
        return "utf-8"
    return "utf-8" if _REFUSED.match(name.replace("-", "_")) else name
