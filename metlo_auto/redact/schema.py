"""Takes every value out of an exchange: names, types, sizes and formats stay; must not know where it goes to.

A text becomes `redacted` with its format, where it has one, and its length: `redacted uuid 36`.
"""

import json
import re
from typing import Any, Tuple
from urllib.parse import unquote_plus

from .headers import COOKIES, SET_COOKIES
from .masks import CONSTANT
from .names import fold
from .rules import AUTHORIZATION, rule_of
from .tables import COOKIE_ATTRIBUTES, SCHEMES

_FORMATS = (
    ("uuid", r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"),
    (
        "date-time",
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"
        r"(?::[0-9.]{2,15})?(?:Z|[+\-][0-9]{2}:?[0-9]{2})?",
    ),
    ("date", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    ("email", r"[^@\s]{1,64}@[^@\s]{1,255}\.[^@\s.]{1,63}"),
    ("uri", r"[a-zA-Z][a-zA-Z0-9+.\-]{0,30}://\S{1,4000}"),
    ("ipv4", r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}"),
    ("number", r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?"),
)
_FORMAT = re.compile("|".join("(?P<f%d>%s)" % (at, pattern) for at, (_, pattern) in enumerate(_FORMATS)))
# What headers say of a message and not of anybody.
_SAID_OF_MESSAGES = frozenset(["contentlength", "contentencoding", "transferencoding", "acceptencoding", "allow"])
_TYPE = re.compile(r"[\w.+\-*]{1,100}/[\w.+\-*]{1,100}")
_OF_MESSAGES = re.compile(
    r"(?:[0-9]{1,12}|(?:(?:gzip|deflate|br|zstd|chunked|identity|compress"
    r"|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)[, ]{0,3}){1,12})\Z"
)
_NAME = re.compile(r"[A-Za-z_@$][\w.\-\[\]$:]{0,63}\Z")
_VALUE_IN_NAME = re.compile(r"[0-9]{4}|[0-9a-fA-F]{12}|@.")
_XML_TAG = re.compile(r"<(/?)([A-Za-z_][\w:.\-]*)((?:[^<>\"']|\"[^\"]*\"?|'[^']*'?)*)(>?)")
_XML_NAME = re.compile(
    r"(?:^|(?<=[\s\"']))([A-Za-z_@:][\w:.@\-\[\]()*#]{0,63})\s{0,8}=\s{0,8}(?:\"[^\"]*\"?|'[^']*'?|[^\s\"'>]+)"
)
_XML_OTHER = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<[!?][^>]*>?", re.DOTALL)
_PART_NAME = re.compile(r"(?i)\bname=\"([^\"\r\n]*)\"")
_ARGUMENT = re.compile(r"<(?:[a-zA-Z_]\w*(?:\((?:[^()\"']|\"[^\"]*\"|'[^']*')*\))?:)?([a-zA-Z_]\w*)>")


def described(text: str) -> str:
    """What is left of a text: that there was one, its format and its length; "" of none."""
    if not text:
        return ""
    found = _FORMAT.fullmatch(text) if len(text) <= 4200 else None
    said = _FORMATS[int((found.lastgroup or "f0")[1:])][0] + " " if found else ""
    return "%s %s%d" % (CONSTANT, said, len(text))


def schema_only(x: Any, request: Any, response: Any) -> Tuple[Any, Any]:
    """The texts of both bodies without a value; takes all others out of `x`, an Exchange, itself."""
    x.request_values = _headers(x.request_names, x.request_values)
    x.response_values = _headers(x.response_names, x.response_values)
    x.query = _pairs(x.query)
    x.path = _path(x.route)
    x.peers = x.peers._replace(forwarded_for="", remote_addr="")
    x.remote_port = ""
    return (
        request._replace(text=body(request.text, request.kind)),
        response._replace(text=body(response.text, response.kind)),
    )


def body(text: str, kind: str) -> str:
    """The text of a body without its values, by its kind as in `bodies.Text`."""
    if not text:
        return text
    if kind == "form":
        return _pairs(text)
    if kind == "multipart":
        return _parts(text)
    if kind == "xml":
        return _markup(text)
    if kind == "ndjson":
        return "\n".join([_json(line) for line in text.split("\n") if line.strip()])
    return _json(text) if kind in ("json", "") or text.lstrip()[:1] in ("{", "[") else described(text)


def _json(text: str) -> str:
    try:
        return json.dumps(_leafless(json.loads(text)), ensure_ascii=False)
    except (ValueError, RecursionError):
        return json.dumps(described(text))


def _leafless(document: Any) -> Any:
    """The same document with each leaf described; without recursion deeper than json's own."""
    if isinstance(document, dict):
        return {_key(name): _leafless(value) for name, value in document.items()}
    if isinstance(document, list):
        return [_leafless(value) for value in document]
    if isinstance(document, str):
        return described(document)
    if isinstance(document, bool) or document is None:
        return False if document else document
    return 0 if isinstance(document, int) else 0.5


def _key(name: str) -> str:
    """A name, unless it is more of a value: an address, a number, a sentence."""
    return name if _NAME.match(name) and not _VALUE_IN_NAME.search(name) else CONSTANT


def _pairs(text: str) -> str:
    return "&".join([_pair(pair) for pair in text.split("&") if pair])


def _pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        return _key(pair) if _NAME.match(pair) and len(pair) < 32 and not rule_of(pair) else CONSTANT
    return _key(unquote_plus(name)) + "=" + described(unquote_plus(value)).replace(" ", "+")


def _parts(text: str) -> str:
    """The names of the fields of multipart, as a form."""
    return "&".join([_key(name) + "=" + CONSTANT for name in _PART_NAME.findall(text)])


def _markup(text: str) -> str:
    text = _XML_OTHER.sub("", text)
    kept, at = [], 0
    for tag in _XML_TAG.finditer(text):
        between = text[at : tag.start()]
        closing, name, attributes, end = tag.groups()
        names = " ".join(['%s="%s"' % (_key(name), CONSTANT) for name in _XML_NAME.findall(attributes)])
        kept += [
            CONSTANT if between.strip() else between,
            "<" + closing + _key(name) + (" " + names if names else ""),
            "/" if attributes[-1:] == "/" else "",
            end,
        ]
        at = tag.end()
    return "".join(kept) + (CONSTANT if text[at:].strip() else text[at:])


def _headers(names: Tuple[str, ...], values: Tuple[str, ...]) -> Tuple[str, ...]:
    return tuple([_header(fold(name), value) for name, value in zip(names, values)])


def _header(name: str, value: str) -> str:
    if name == "contenttype":
        found = _TYPE.match(value.strip())
        return found.group() if found else described(value)
    if name == "host":
        return value
    if name in _SAID_OF_MESSAGES and _OF_MESSAGES.match(value):
        return value
    if name in COOKIES:
        return "; ".join([_cookie(pair) for pair in value.split(";")])
    if name in SET_COOKIES:
        first, *attributes = value.split(";")
        kept = [text.strip() for text in attributes if _is_flag(text)]
        return "; ".join([_cookie(first)] + kept)
    scheme = value.strip().partition(" ")[0]
    if rule_of(name) == AUTHORIZATION and scheme.lower() in SCHEMES:
        return scheme + " " + CONSTANT
    return described(value)


def _is_flag(attribute: str) -> bool:
    name, _, value = attribute.strip().partition("=")
    return name.lower() in COOKIE_ATTRIBUTES and value.lower() in ("", "lax", "strict", "none", "/")


def _cookie(pair: str) -> str:
    name, equals, _ = pair.strip().partition("=")
    return _key(name) + "=" + CONSTANT if equals else CONSTANT


def _path(route: Any) -> str:
    """The route with what stands in its arguments taken out; nobody knows which part of another path is a value."""
    if route is None:
        return "/" + CONSTANT
    return str(_ARGUMENT.sub(CONSTANT, route).encode("utf-8").decode("latin-1"))
