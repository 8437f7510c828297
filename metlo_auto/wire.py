"""Metlo's JSON: traces as its collector takes them, its path rules, processedTraceData. Must not know HTTP or files.

Built by hand from cached pieces: a dict and json.dumps cost more than all else that happens to a request.
"""

import json
import re
import time
from json.encoder import encode_basestring
from typing import Any, Callable, Dict, List, Sequence, Tuple
from urllib.parse import quote, unquote_plus

from metlo_auto.addresses import server_address, source_address
from metlo_auto.exchange import Exchange, Header
from metlo_auto.version import VERSION

METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"])
_CACHED = 4096  # entries of each cache, since clients choose what goes in
_PARAMETER = re.compile(r"<(?:[a-zA-Z_]\w*(?:\((?:[^()\"']|\"[^\"]*\"|'[^']*')*\))?:)?([a-zA-Z_]\w*)>")
_REFUSED = re.compile(r"[\\?<>&=%\x00-\x1f\x7f]")
_ENCODED = re.compile(r"[^!-~]|[\\?<>&=%\"]")


def _quote_with_orjson() -> Callable[[str], str]:
    from orjson import dumps

    def quoted(text: str) -> str:
        try:
            return dumps(text).decode()
        except TypeError:  # a lone surrogate
            return encode_basestring(text)

    return quoted


def _fastest_quote() -> Callable[[str], str]:
    try:
        return _quote_with_orjson()
    except ImportError:
        return encode_basestring


class Encoder:
    """Traces of one process; `environment` is the setting, `prefix` makes its trace ids unique."""

    def __init__(self, environment: str, prefix: str) -> None:
        self._quote = _fastest_quote()
        self._headers: Dict[str, str] = {}
        self._prefix = prefix
        self._tail = '"environment":%s,"incoming":true,"metloSource":"python/flask","agent":"metlo-auto/%s"' % (
            self._quote(environment), VERSION)

    def trace(self, exchange: Exchange, request: Any, response: Any, number: int) -> bytes:
        """The trace for v1, UTF-8; `request` and `response` are the texts of the bodies, `number` is unique here."""
        return self._encode(exchange, request, response, number, path_of(exchange.script_name, exchange.path), "")

    def announcement(self, exchange: Exchange, request: Any, response: Any, number: int) -> bytes:
        """The same trace for v2: its path is the route, so that the collector creates exactly this endpoint."""
        template = endpoint_path(exchange.script_name, exchange.route or "")
        processed = json.dumps(processed_trace_data(exchange, request, response), ensure_ascii=False)
        return self._encode(exchange, request, response, number, template, ',"processedTraceData":' + processed)

    def _encode(self, x: Exchange, request: Any, response: Any, number: int, path: str, more: str) -> bytes:
        quote = self._quote
        route = x.route
        return "".join((
            '{"request":{"url":{"host":', quote(host_of(x)), ',"path":', quote(path),
            ',"endpointPath":' + quote(endpoint_path(x.script_name, route)) if route is not None else "",
            ',"parameters":[', self._parameters(x.query) if x.query else "",
            ']},"headers":[', self._header_list(x.request_headers),
            '],"method":', quote(x.method.upper()), ',"body":', quote(request.text),
            '},"response":{"url":', quote("%s:%s" % (x.server_name, x.server_port)),
            ',"status":', str(x.status), ',"headers":[', self._header_list(x.response_headers),
            '],"body":', quote(response.text), '},"meta":{', self._meta(x, request, response, number), "}", more, "}",
        )).encode("utf-8", "replace")

    def _parameters(self, query: str) -> str:
        quote = self._quote
        return ",".join(['{"name":%s,"value":%s}' % (quote(name), quote(value)) for name, value in query_pairs(query)])

    def _header_list(self, headers: Sequence[Header]) -> str:
        heads, quote = self._headers, self._quote
        parts = []
        for name, value in headers:
            head = heads.get(name)
            if head is None:
                head = self._header_name(name)
            parts.append(head + quote(value) + "}")
        return ",".join(parts)

    def _header_name(self, name: str) -> str:
        head = '{"name":%s,"value":' % self._quote(name)
        if len(self._headers) < _CACHED:
            self._headers[name] = head
        return head

    def _meta(self, x: Exchange, request: Any, response: Any, number: int) -> str:
        quote = self._quote
        forwarded = _header(x.request_headers, "X-Forwarded-For")
        address, port = server_address(x.server_name, x.server_port, host_of(x))
        parts = [
            self._tail,
            '"source":%s,"sourcePort":%s,"destination":%s,"destinationPort":%s' % (
                quote(source_address(x.remote_addr, forwarded)), quote(x.remote_port), quote(address), quote(port)),
            '"requestTimestamp":"%s","responseTimestamp":"%s","durationMs":%.3f,"traceId":"%s-%x"' % (
                timestamp(x.started), timestamp(x.started + x.duration), x.duration * 1000, self._prefix, number),
        ]
        if forwarded:
            parts.append('"originalSource":' + quote(forwarded))
        if x.route is not None:
            parts.append('"route":%s,"endpoint":%s' % (quote(x.route), quote(x.endpoint or "")))
        if x.exception:
            parts.append('"exception":' + quote(x.exception))
        for name, body in (("requestBody", request), ("responseBody", response)):
            if body.omitted:
                parts.append('"%s":{"size":%d,"captured":%d,"omitted":%s}' % (
                    name, body.size, body.captured, quote(body.omitted)))
        return ",".join(parts)


def host_of(x: Exchange) -> str:
    """Host header, else X-Forwarded-For, else the client's address; never empty."""
    headers = x.request_headers
    return _header(headers, "Host") or _header(headers, "X-Forwarded-For") or x.remote_addr or "unknown"


def _header(headers: Sequence[Header], wanted: str) -> str:
    for name, value in headers:
        if name == wanted:
            return value
    return ""


class _Seconds:
    """The text of one second, kept while it lasts: strftime costs more than the rest of a timestamp."""

    def __init__(self) -> None:
        self._last = (-1, "")

    def text(self, second: int) -> str:
        last = self._last
        if last[0] != second:
            last = self._last = (second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)))
        return last[1]


_SECONDS = _Seconds()


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC with milliseconds."""
    whole = int(seconds)
    return "%s.%03dZ" % (_SECONDS.text(whole), int((seconds - whole) * 1000))


def query_pairs(query: str) -> List[Tuple[str, str]]:
    """All pairs of a query string in order, repeated ones and empty values too."""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return [(_decoded(name), _decoded(value)) for name, _, value in pairs]


def _decoded(text: str) -> str:
    if "%" in text or "+" in text:
        text = unquote_plus(text)
    return utf8(text)


def utf8(text: str) -> str:
    """A WSGI string (latin-1 of the bytes) as the UTF-8 that clients send; as it is where it is not that."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except ValueError:
        return text


def path_of(script_name: str, path: str) -> str:
    """The path as the collector takes it: percent-encoded wherever its rules would refuse it."""
    whole = script_name + path
    if not whole.startswith("/"):
        whole = "/" + whole
    try:
        text = whole.encode("latin-1").decode("utf-8")
    except ValueError:
        return _with_two_empty_segments(quote(whole.encode("utf-8", "replace"), safe="/:@!$'()*+,;~ "))
    if _REFUSED.search(text):
        text = _REFUSED.sub(lambda match: "%%%02X" % ord(match.group()), text)
    return _with_two_empty_segments(text) if "//" in text else text


def _with_two_empty_segments(path: str) -> str:
    """The collector refuses a path with more empty segments than two."""
    if path.split("/").count("") <= 2:
        return path
    return re.sub("(?<=/)/", "%2F", path)


def endpoint_path(script_name: str, route: str) -> str:
    """`/users/<int:id>` as `/users/{id}`, the mount's prefix before it."""
    return path_of(script_name, _PARAMETER.sub(r"{\1}", route)) if script_name else _template(route)


class _Templates(dict):  # type: ignore[type-arg]
    """Templates of the app's routes, which are few."""

    def __missing__(self, route: str) -> str:
        template = path_of("", _PARAMETER.sub(r"{\1}", route).encode("utf-8").decode("latin-1"))
        if len(self) < _CACHED:
            self[route] = template
        return template


_TEMPLATES = _Templates()


def _template(route: str) -> str:
    return _TEMPLATES[route]  # type: ignore[no-any-return]


def processed_trace_data(x: Exchange, request: Any, response: Any) -> Dict[str, Any]:
    """What v2 of the collector takes instead of looking itself: the types of the fields by their paths."""
    types: Dict[str, List[str]] = {}
    for prefix, body in (("reqBody", request), ("resBody", response)):
        _add_types(types, prefix, _parsed(body))
    for name, _ in query_pairs(x.query):
        _add_type(types, "reqQuery." + name, "string")
    return {
        "block": False, "dataTypes": types, "sensitiveDataDetected": {}, "xssDetected": {}, "sqliDetected": {},
        "requestContentType": _essence(x.request_headers), "responseContentType": _essence(x.response_headers),
    }


def _parsed(body: Any) -> Any:
    if body.kind != "json":
        return None
    try:
        return json.loads(body.text)
    except (ValueError, RecursionError):
        return None


def _add_types(types: Dict[str, List[str]], root: str, document: Any) -> None:
    waiting = [(root, document)]
    while waiting and len(types) < 500:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((path + "." + key, child) for key, child in value.items())
        elif isinstance(value, list):
            waiting.extend((path + ".[]", child) for child in value[:20])
        elif value is not None:
            kind = "boolean" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
            _add_type(types, path, kind)


def _add_type(types: Dict[str, List[str]], path: str, kind: str) -> None:
    kinds = types.setdefault(path, [])
    if kind not in kinds:
        kinds.append(kind)


def _essence(headers: Sequence[Header]) -> str:
    for name, value in headers:
        if name.lower() == "content-type":
            return value.partition(";")[0].strip().lower()
    return ""
