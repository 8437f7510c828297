"""Metlo's JSON: traces as its collector takes them, its path rules, processedTraceData. Must not know HTTP or files.

Built by hand from cached pieces: a dict and json.dumps cost more than all else that happens to a request.
"""

import json
import re
from copy import copy
from json.encoder import encode_basestring
from time import gmtime, strftime
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import quote, unquote_to_bytes

from metlo_auto.capture.exchange import Exchange, Peers
from metlo_auto.capture.headers import Memo, Names, Values
from metlo_auto.trace.addresses import client_address, server_address, source_address
from metlo_auto.trace.bodies import Text
from metlo_auto.version import VERSION

METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"])
_ESCAPED = re.compile(r"[%+\x80-\xff]")
_MOST_ROUTES = 20000  # an app has as many as it has; clients choose nothing of them
_BODY = b"\0"  # where a body stands in what is encoded before it
_PARAMETER = re.compile(r"<(?:[a-zA-Z_]\w*(?:\((?:[^()\"']|\"[^\"]*\"|'[^']*')*\))?:)?([a-zA-Z_]\w*)>")
_MILLISECONDS = ["%03d" % number for number in range(1000)]
_REFUSED = re.compile(r"[\\?<>&=%\x00-\x1f\x7f]")


def _plain_body(text: str) -> bytes:
    return encode_basestring(text).encode("utf-8", "replace")


def _body_by_orjson() -> Callable[[str], bytes]:
    from orjson import dumps

    def quoted(text: str) -> bytes:
        try:
            return dumps(text)
        except TypeError:  # a lone surrogate
            return _plain_body(text)

    return quoted


def fastest_body() -> Callable[[str], bytes]:
    """Text as a JSON string in UTF-8; the same bytes with orjson, which is worth it for bodies only."""
    try:
        return _body_by_orjson()
    except ImportError:
        return _plain_body


class Encoder:
    """Traces of one app; `environment` is the setting, `prefix` makes trace ids unique, `service` is the app's name."""

    def __init__(self, environment: str, prefix: str, service: str = "") -> None:
        self._body = fastest_body()
        self._templates = Memo(self.template)
        self._paths = Memo(_quoted_path)
        self._meta_paths = Memo(lambda whole: "," + _quoted_path(whole))
        self._seconds = _Seconds()
        self._routes = Memo(_route, _MOST_ROUTES)
        self._peers = Memo(self._peer)
        self._prefix = prefix
        self._tail = '"environment":%s,"incoming":true,"metloSource":"python/flask","agent":"metlo-auto/%s"' % (
            encode_basestring(environment), VERSION)
        if service:
            self._tail += ',"service":' + encode_basestring(service)

    def announcement(self, exchange: Exchange, request: Text, response: Text, number: int) -> bytes:
        """The same trace for v2: its path is the route, so that the collector creates exactly this endpoint.

        It has no bodies and of the headers' values Content-Type's alone: a collector may keep it whole.
        """
        processed = json.dumps(processed_trace_data(exchange, request, response), ensure_ascii=False)
        bare = copy(exchange)
        bare.request_values = _only_content_type(exchange.request_names, exchange.request_values)
        bare.response_values = _only_content_type(exchange.response_names, exchange.response_values)
        more = ',"processedTraceData":' + processed
        return self.trace(bare, _left_out(request), _left_out(response), number, True, more)

    def trace(
        self, x: Exchange, request: Text, response: Text, number: int, templated: bool = False, more: str = ""
    ) -> bytes:
        """The trace for v1, UTF-8; `request` and `response` are the texts of the bodies, `number` is unique here.

        `templated`: its path is the route, and the path that was asked for stands in `meta.path`, the last of meta.
        `more`: JSON that comes after meta.
        """
        host, forwarded, peers = self._peers[x.peers]
        url, meta, path = "", "", ""
        if x.route is not None:
            url, meta, path = self._routes[x.script_name, x.route, x.endpoint]
        if forwarded or x.traceparent or x.exception or request.omitted or response.omitted:
            meta += forwarded + _rare(x, request, response)
        if templated:
            whole = x.script_name + x.path
            meta += "," + _quoted_path(whole, True) if x.slashes_escaped else self._meta_paths[whole]
            host, path = path, host  # by which of them is first the sender tells a path that is a route
        else:
            whole = x.script_name + x.path
            path = _quoted_path(whole, True) if x.slashes_escaped else self._paths[whole]
        seconds, milliseconds = self._seconds, _MILLISECONDS
        began, ended = int(x.started * 1000), int((x.started + x.duration) * 1000)
        took = int(x.duration * 1000000)
        head, middle, tail = (self._templates[x.request_names, x.response_names] % (
            host, path, url, _parameters(x.query) if x.query else "", *map(encode_basestring, x.request_values),
            x.method.upper(), x.status, *map(encode_basestring, x.response_values), peers,
            encode_basestring(x.remote_port), seconds[began // 1000], milliseconds[began % 1000],
            seconds[ended // 1000], milliseconds[ended % 1000], took // 1000, milliseconds[took % 1000], number, meta,
            more,
        )).encode("utf-8", "replace").split(_BODY)
        return b"".join((
            head, self._body(request.text) if request.text else b'""',
            middle, self._body(response.text) if response.text else b'""', tail,
        ))

    def template(self, names: Tuple[Names, Names]) -> str:
        """A trace with headers of these names, to be filled in; NUL, which JSON never has, where the bodies stand."""
        return (
            '{"request":{"url":{%%s,%%s%%s,"parameters":[%%s]},"headers":[%s],"method":"%%s","body":\0},'
            '"response":{"status":%%d,"headers":[%s],"body":\0,%%s,"sourcePort":%%s,"requestTimestamp":"%%s.%%sZ",'
            '"responseTimestamp":"%%s.%%sZ","durationMs":%%d.%%s,"traceId":"%s-%%x"%%s}%%s}'
        ) % (_format(names[0]), _format(names[1]), self._prefix)

    def peers(self, peers: Peers) -> Tuple[str, str, str]:
        """What a trace says of these: host, the beginning of meta, the response's end with the rest of that."""
        said: Tuple[str, str, str] = self._peers[peers]
        return said

    def route(self, script_name: str, rule: str, endpoint: Optional[str]) -> Tuple[str, str, str]:
        """What a trace says of this route in the URL and in meta, and as a path."""
        said: Tuple[str, str, str] = self._routes[script_name, rule, endpoint]
        return said

    def path(self, whole: str) -> str:
        """A path as JSON, its name before it."""
        said: str = self._paths[whole]
        return said

    @staticmethod
    def parameters(query: str) -> str:
        """The items of a list of parameters as JSON."""
        return _parameters(query)

    @staticmethod
    def before_value(name: str) -> str:
        """A header as JSON, up to its value."""
        return '{"name":%s,"value":' % encode_basestring(name)

    def _peer(self, peers: Peers) -> Tuple[str, str, str]:
        """Host, what meta says of a proxy, the response's end with meta's beginning: the same for each client."""
        quote = encode_basestring
        # bjoern has neither over a Unix socket, and an address that is whatever lay in memory
        remote = peers.remote_addr if peers.server_name or peers.server_port else ""
        host = peers.host or peers.forwarded_for or client_address(remote) or "unknown"
        address, port = server_address(peers.server_name, peers.server_port, host)
        original = ',"originalSource":' + quote(peers.forwarded_for) if peers.forwarded_for else ""
        return '"host":' + quote(host), original, (
            '"url":%s},"meta":{%s,"source":%s,"destination":%s,"destinationPort":%s' % (
                quote("%s:%s" % (peers.server_name, peers.server_port)), self._tail,
                quote(source_address(remote, peers.forwarded_for)), quote(address), quote(port)))


def _route(key: Tuple[str, str, Optional[str]]) -> Tuple[str, str, str]:
    """What a route says in the URL and in meta, and as a path."""
    script_name, route, endpoint = key
    quote = encode_basestring
    template = quote(endpoint_path(script_name, route))
    return (',"endpointPath":' + template, ',"route":%s,"endpoint":%s' % (quote(route), quote(endpoint or "")),
            '"path":' + template)


def _rare(x: Exchange, request: Text, response: Text) -> str:
    """What most traces do not have in meta."""
    meta = ""
    if x.traceparent:
        meta += ',"traceparent":' + encode_basestring(x.traceparent)
    if x.exception:
        meta += ',"exception":' + encode_basestring(x.exception)
    if request.omitted:
        meta += _not_whole("requestBody", request)
    if response.omitted:
        meta += _not_whole("responseBody", response)
    return meta


def _not_whole(name: str, body: Text) -> str:
    size = '"size":%d,' % body.size if body.size >= 0 else ""  # nobody knows how long some bodies are
    return ',"%s":{%s"captured":%d,"omitted":%s}' % (name, size, body.captured, encode_basestring(body.omitted))


def _parameters(query: str) -> str:
    quote = encode_basestring
    return ",".join(['{"name":%s,"value":%s}' % (quote(name), quote(value)) for name, value in query_pairs(query)])


def _format(names: Names) -> str:
    """A list of headers with these names, to be filled with their quoted values."""
    return ",".join(['{"name":%s,"value":%%s}' % encode_basestring(name).replace("%", "%%") for name in names])


class _Seconds(dict):  # type: ignore[type-arg]
    """The texts of the last seconds, RFC 3339 in UTC: strftime costs more than the rest of a timestamp."""

    def __missing__(self, second: int) -> str:
        if len(self) > 60:
            self.clear()
        text = self[second] = strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))
        return text


def query_pairs(query: str) -> List[Tuple[str, str]]:
    """All pairs of a query string in order, repeated ones and empty values too."""
    decoded = _decoded if _ESCAPED.search(query) else str
    return [(decoded(name), decoded(value))
            for name, _, value in [pair.partition("=") for pair in query.split("&") if pair]]


def _decoded(text: str) -> str:
    # The query is a WSGI string, latin-1 of what the client sent, which means UTF-8; some servers decode it themselves.
    try:
        sent = text.encode("latin-1")
    except ValueError:
        sent = text.encode("utf-8", "surrogatepass")
    return unquote_to_bytes(sent.replace(b"+", b" ")).decode("utf-8", "replace")


def _quoted_path(whole: str, slashes_escaped: bool = False) -> str:
    return '"path":' + encode_basestring(_with_escaped_slashes(whole) if slashes_escaped else path_of(whole))


def path_of(whole: str) -> str:
    """The path as the collector takes it: percent-encoded wherever its rules would refuse it."""
    if not whole.startswith("/"):
        whole = "/" + whole
    try:
        sent = whole.encode("latin-1")
    except ValueError:  # a server that decodes the path itself
        sent = whole.encode("utf-8", "surrogatepass")
    try:
        text = sent.decode("utf-8")
    except ValueError:
        return _with_two_empty_segments(quote(sent, safe="/:@!$'()*+,;~ "))
    if _REFUSED.search(text):
        text = _REFUSED.sub(lambda match: "%%%02X" % ord(match.group()), text)
    return _with_two_empty_segments(text) if "//" in text else text


def _with_escaped_slashes(whole: str) -> str:
    """The same where the server leaves a client's %2F as it is."""
    first, *others = re.split("%2[Ff]", whole)
    return "%2F".join([path_of(first)] + [path_of("/" + part)[1:] for part in others])


def _with_two_empty_segments(path: str) -> str:
    """The collector refuses a path with more empty segments than two."""
    if path.split("/").count("") <= 2:
        return path
    return re.sub("(?<=/)/", "%2F", path)


def endpoint_path(script_name: str, route: str) -> str:
    """`/users/<int:id>` as `/users/{id}`, the mount's prefix before it; a prefix is a WSGI string."""
    return path_of(script_name + _PARAMETER.sub(r"{\1}", route).encode("utf-8").decode("latin-1"))


def processed_trace_data(x: Exchange, request: Text, response: Text) -> Dict[str, Any]:
    """What v2 of the collector takes instead of looking itself: the types of the fields by their paths."""
    types: Dict[str, List[str]] = {}
    for prefix, body in (("reqBody", request), ("resBody", response)):
        _add_types(types, prefix, _parsed(body))
    for name, _ in query_pairs(x.query):
        _add_type(types, "reqQuery." + name, "string")
    return {
        "block": False, "dataTypes": types, "sensitiveDataDetected": {}, "xssDetected": {}, "sqliDetected": {},
        "requestContentType": _essence(x.request_type), "responseContentType": _essence(x.response_type),
    }


def _parsed(body: Text) -> Any:
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
            _add_type(types, path, _type_of(value))


def _type_of(value: Any) -> str:
    """As the collector names it, to which 1.0 is as whole as 1."""
    if isinstance(value, (bool, str)):
        return "boolean" if isinstance(value, bool) else "string"
    return "integer" if isinstance(value, int) or value.is_integer() else "number"


def _only_content_type(names: Names, values: Values) -> Values:
    return tuple([value if name.lower() == "content-type" else "" for name, value in zip(names, values)])


def _left_out(text: Text) -> Text:
    return Text("", text.kind, text.size, 0, "announcement") if text.text else text


def _add_type(types: Dict[str, List[str]], path: str, kind: str) -> None:
    kinds = types.setdefault(path, [])
    if kind not in kinds:
        kinds.append(kind)


def _essence(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
