"""The same exchange by the pure and by the compiled way, through the app's edge: what each queues, and generated exchanges."""

import io
import json
import random
import re
import types

from werkzeug.wsgi import ClosingIterator

from metlo_auto.agent import Agent
from metlo_auto.capture.edge import Attachment, edge, remember
from metlo_auto.config.settings import load
from metlo_auto.delivery import Exits, Locks, OwnThreads
from tests.redact.hostile import PIECES

# What differs between two agents, or two moments.
_OWN = re.compile(rb'"requestTimestamp":"[^"]*","responseTimestamp":"[^"]*"|"traceId":"[0-9a-f]+-[0-9a-f]+"')
DURATION = 0.0123456


class Queue:
    """Stands in for delivery: keeps what is submitted and counts what is dropped."""

    def __init__(self, ours):
        self.taken, self.dropped = [], []
        self.kind = types.SimpleNamespace(ours=ours)

    def channel(self):
        return self

    def entrance(self):
        return None

    def submit(self, trace, route=None, announcement=None):
        json.loads(trace.decode())
        self.taken.append((_OWN.sub(b'', trace), route, announcement is None))
        return True

    def count_dropped(self, reason):
        self.dropped.append(reason)

    def declare(self, make):
        pass

    def stats(self):
        return {}


class Way:
    """An agent whose app answers each exchange as told; `native` is the setting. Several may share an agent.

    `ours`: whether the collector is.
    """

    def __init__(self, native, agent=None, ours=None, **settings):
        self.exchange, self.now = None, 0.0
        self.agent = agent or self._agent(native, ours, settings)
        self.queue = self.agent.delivery
        capture = self.agent.capture(lambda environ: self.exchange.route, ClosingIterator)
        capture.clock = lambda: self.now
        attachment = Attachment(capture)
        attachment.edge = Way.wsgi_app
        remember(self, attachment)

    def _agent(self, native, ours, settings):
        given = dict({"host": "http://127.0.0.1:9", "api_key": "the key", "spool_dir": "off", "max_body": 2000}, **settings)
        loaded = load({"METLO_ENV_FILE": "off"}, None, dict(given, native=native)).settings
        made = Agent(loaded, Exits(), Locks(), OwnThreads())
        made.delivery = Queue(ours)
        return made

    @edge
    def wsgi_app(self, environ, start_response):
        self.now = DURATION
        return self.exchange.answer(environ, start_response)

    def report(self, exchange):
        """What was queued for this exchange: (trace, route, whether it came without an announcement)."""
        self.exchange, before, self.now = exchange, len(self.queue.taken), 0.0
        self.received = exchange.serve(self.wsgi_app)
        return self.queue.taken[before:]


class Exchange:
    """One request and what the app does with it, the same each time that it is served."""

    def __init__(self, environ, body, read, status, headers, chunks, route, error=None, closes=True,
                 kind=ClosingIterator):
        self.environ, self.body, self.read, self.status = environ, body, read, status
        self.headers, self.chunks, self.route, self.error, self.closes = headers, chunks, route, error, closes
        self.kind = kind

    def answer(self, environ, start_response):
        for size in self.read:
            environ["wsgi.input"].read(size)
        if self.error == "raise":
            raise ValueError("the app's own")
        write = start_response(self.status, list(self.headers))
        if self.error == "write":
            write(b"written ")
        if self.error == "twice":
            start_response("503 X", [], (ValueError, ValueError(), None))
        return self.kind(self._pieces())

    def _pieces(self):
        yield from self.chunks
        if self.error == "break":
            raise ValueError("the app's own")

    def serve(self, app):
        """What the server gets."""
        result, received = None, []

        def start_response(*args):
            received.append(args[:2])
            return received.append

        try:
            result = app(dict(self.environ, **{"wsgi.input": io.BytesIO(self.body)}), start_response)
            for piece in result:
                received.append(piece)
                if not self.closes:
                    break
        except ValueError as error:
            received.append(str(error))
        if result is not None and self.closes is not None:
            result.close()
        return received

    def __repr__(self):
        return "Exchange(%s)" % ", ".join("%s=%r" % pair for pair in sorted(vars(self).items()))


# -- generated ones

_NAMES = [
    "id", "name", "email", "note", "price", "token", "accessToken", "api_key", "password", "new-password", "pin", "shipping",
    "session_id", "otp", "key", "größe", "tokens", "x", "", "user[password]", "a.secret", "to_ken", "TOKEN", "cvv2", "description",
]
_VALUES = [
    "", "1", "0", "ada@example.com", "Ada Lovelace", "12345678", "123456789", "correct horse", "é", "\u20ac", "\U0001f600", "a\"b\\c",
    "line\nline\r\n\ttab", "\x00\x01\x7f", "redacted", "redacted-abcdefghijkl", "https://u:p@host/?token=a", "%74oken=1", "token=abc",
    "Bearer abc", "a,b;c", "=", "a=b&c=d", "<b>pin</b>", "\\u0074oken", "c:\\token", "\ufeff", "x" * 300, "{\"password\": \"p\"}", "%", "%2",
]
_TYPES = [
    "", "application/json", "application/json; charset=utf-8", "application/json; charset=latin-1", "text/plain", "text/html; charset=utf-8",
    "text/csv", "application/x-www-form-urlencoded", "application/xml", "application/graphql", "application/x-ndjson", "image/png",
    "multipart/form-data; boundary=b", "application/octet-stream", "nonsense", "application/vnd.api+json",
]
_METHODS = ["GET", "GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "get", "PROPFIND"]
_STATUSES = ["200 OK", "200 OK", "201 CREATED", "204 NO CONTENT", "304 NOT MODIFIED", "400 BAD REQUEST", "404 NOT FOUND", "405 X", "500 X",
             "302 FOUND", "nonsense", "100 X"]
_REQUEST_HEADERS = ["ACCEPT", "USER_AGENT", "AUTHORIZATION", "COOKIE", "X_API_KEY", "REFERER", "X_CUSTOM", "X_FORWARDED_FOR", "HOST",
                    "CONTENT_ENCODING", "X_AUTH_TOKEN", "PROXY_AUTHORIZATION", "X_MINE", "IF_NONE_MATCH", "ACCEPT_LANGUAGE", "CONTENT_X"]
_RESPONSE_HEADERS = ["Content-Type", "content-type", "Content-Length", "Set-Cookie", "Location", "X-Token", "ETag", "Vary", "Content-Encoding",
                     "X-Custom", "WWW-Authenticate"]
_CREDENTIALS = [
    "Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc", "bearer abc", "Bearer  abc", "Bearer abc ", "Bearer", "Basic dXNlcjpwYXNz", "Basic !", "Token abc",
    "Digest username=\"a\", response=\"b\"", "abc", "", "Bearer redacted-abcdefghijkl", "Bearer é", "Unknown abc", "Bearer a b", "ApiKey 1234",
]
_COOKIES = [
    "session=abc", "session=abc; theme=dark", "a=1;b=2", "session=", "noequals", "a=\"quoted\"; b=c", "token=123456", "token=123456789",
    "session=redacted-abcdefghijkl", "  a=b ;  c=d ", "é=è", "a=b=c", ";", "", "pin=1234", "password=hunter2; x=y", "sid=a,b",
    'a"b=c', "a=b;", "authorization=Bearer x",
]
_PATHS = ["/", "/orders", "/users/7", "/a//b", "//", "/a b", "/caf\xc3\xa9", "/\xff", "/a%2Fb", "/x?y", "", "/a\"b", "/a&b=c", "*", "/token/abc", "/a\\b"]
_TRACEPARENTS = ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "", "00-1", "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-x"]
_QUERIES = ["", "", "page=2&sort=price", "a=1&a=2&b=", "token=abc", "q=%C3%A9", "q=a+b", "&&", "=x", "novalue", "q=\xc3\xa9", "%74oken=a", "x=%",
            "a=\"b\"", "next=%2Fa%3Ftoken%3Db"]
_ROUTES = [
    (None, None, {}), ("/", "index", {}), ("/orders", "orders", {}), ("/users/<int:id>", "user", {"id": 7}),
    ("/token/<token>", "reset", {"token": "abc"}), ("/a/<path:rest>", "rest", {"rest": "b/c"}), ("/größe", "größe", {}), ("/x", None, {}),
]


def exchange(rng):
    """One made of what `rng`, a random.Random, chooses."""
    calm = rng.random() < 0.6  # as most are: read, answered and closed
    types = _TYPES[1:3] + _TYPES[4:10] if calm else _TYPES
    body, answer = text(rng), text(rng)
    environ = {
        "REQUEST_METHOD": rng.choice(_METHODS), "SCRIPT_NAME": rng.choice(["", "", "", "/mount", "/a\xc3\xa9"]), "PATH_INFO": rng.choice(_PATHS),
        "QUERY_STRING": rng.choice(_QUERIES), "SERVER_NAME": rng.choice(["srv", "0.0.0.0", "waitress.invalid"]), "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": rng.choice(["10.0.0.1", "203.0.113.9", "", None]), "wsgi.errors": None,
        "REMOTE_PORT": rng.choice(["4711", 4711, "", None]),
    }
    for name in rng.sample(_REQUEST_HEADERS, rng.randrange(8)):
        environ["HTTP_" + name] = header_value(rng, name)
    if rng.random() < 0.8:
        environ["CONTENT_TYPE"] = rng.choice(types)
    if calm:
        environ.pop("HTTP_CONTENT_ENCODING", None)
    length = "exact" if calm else rng.choice(["exact", "exact", "exact", "", "none", "chunked"])
    if length == "exact":
        environ["CONTENT_LENGTH"] = str(len(body)) if body else rng.choice(["", "0"])
    elif length == "":
        environ["CONTENT_LENGTH"] = ""
    elif length == "chunked":
        environ["HTTP_TRANSFER_ENCODING"] = "chunked"
    for said in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if said in environ and rng.random() < 0.1:
            environ["HTTP_" + said] = rng.choice([environ[said], "other"])  # as Twisted gives both
    if rng.random() < 0.2:
        environ["HTTP_TRACEPARENT"] = rng.choice(_TRACEPARENTS)
    headers = [(name, header_value(rng, name)) for name in rng.sample(_RESPONSE_HEADERS, rng.randrange(5))]
    if rng.random() < 0.8:
        headers.insert(0, ("Content-Type", rng.choice(types)))
    if rng.random() < 0.5:
        headers.append(("Content-Length", str(len(answer))))
    return Exchange(
        environ, body, [-1] if calm else rng.choice([[-1], [], [3], [7, -1], [len(body)]]), rng.choice(_STATUSES), headers,
        parts(rng, answer), rng.choice(_ROUTES), None if calm else rng.choice([None] * 6 + ["raise", "break", "write", "twice"]),
        True if calm else rng.choice([True] * 8 + [False, None]), rng.choice([ClosingIterator] * 3 + [iter, list]))


def header_value(rng, name):
    folded = name.upper().replace("-", "_")
    if folded in ("AUTHORIZATION", "PROXY_AUTHORIZATION"):
        return rng.choice(_CREDENTIALS)
    if folded in ("COOKIE", "SET_COOKIE"):
        return rng.choice(_COOKIES) + rng.choice(["", "; Path=/; HttpOnly"])
    if folded == "CONTENT_ENCODING":
        return rng.choice(["", "gzip", "identity"])
    if folded == "CONTENT_TYPE":
        return rng.choice(_TYPES)
    if folded == "X_FORWARDED_FOR":
        return rng.choice(["203.0.113.7", "10.0.0.3, 198.51.100.2", "nonsense"])
    value = rng.choice(_VALUES + ["https://host/a?token=b", "https://u:p@host/", "/next?x=1", "12345678", "a.example:8000"])
    return value.encode("utf-8").decode("latin-1")


def parts(rng, data):
    pieces = []
    while data and len(pieces) < 5:
        size = rng.randrange(len(data) + 1)
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data] if rng.random() < 0.9 else []


def text(rng):
    """The bytes of a body."""
    kind = rng.randrange(10)
    if kind == 0:
        return b""
    if kind == 1:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(30)))
    if kind == 2:
        return "&".join("%s=%s" % (rng.choice(_NAMES), rng.choice(_VALUES)) for _ in range(rng.randrange(6))).encode()
    if kind == 3:
        return "".join(rng.choice(list(PIECES.values()) + _VALUES) for _ in range(rng.randrange(12))).encode()
    if kind == 4:
        return (rng.choice(["abc,def,ghi\r\n", "id,password\n1,2\n", "id,session;api key\n", "é", "name: x\n", "\U0001f600"]) * rng.randrange(1500)).encode()[:rng.randrange(1, 6000)]
    if kind == 5:
        return ("<a>%s</a><%s>%s</%s>" % (rng.choice(_VALUES), rng.choice(_NAMES), rng.choice(_VALUES), rng.choice(_NAMES))).encode()
    return json.dumps(document(rng, 3), ensure_ascii=rng.random() < 0.5).encode("utf-8", "replace")


def document(rng, depth):
    kind = rng.randrange(6) if depth else rng.randrange(3)
    if kind < 2:
        return rng.choice(_VALUES)
    if kind == 2:
        return rng.choice([None, True, False, 0, -1, 1.5, 123456789012])
    if kind == 3:
        return [document(rng, depth - 1) for _ in range(rng.randrange(4))]
    # Mostly harmless, so that the compiled way has something to write.
    names = _NAMES if rng.random() < 0.3 else [*_NAMES[:5], "shipping", "tokens", "description"]
    return {rng.choice(names): document(rng, depth - 1) for _ in range(rng.randrange(5))}


def seeded(seed):
    return random.Random(seed)
