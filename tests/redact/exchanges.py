"""Exchanges with one case of `corpus` in them, and all the text that is left of one after redaction; no network."""

from types import SimpleNamespace

from metlo_auto.capture.exchange import Body, Exchange, Peers
from metlo_auto.capture.headers import Memo
from metlo_auto.redact import exchange_redactor
from metlo_auto.trace.bodies import MultipartSieve, text_of

from .corpus import S

TYPES = {
    "json": "application/json", "form": "application/x-www-form-urlencoded", "multipart": "multipart/form-data; boundary=bnd", "xml": "text/xml", "html": "text/html",
    "ndjson": "application/x-ndjson", "graphql": "application/graphql", "text": "text/plain", "yaml": "application/yaml",
}
ROUTES = ["/reset/<token>", "/users/<int:id>"]


def content(place, text):
    """The Content-Type and the bytes of a body."""
    if place == "multipart":
        text = "--bnd\r\n" + text + "\r\n--bnd--\r\n"
    return TYPES.get(place, place), text.encode()


def spelt(text):
    """A template with its secret."""
    return text.replace("§", S).replace("\\u00a7", S)


def exchange(place, text):
    """An exchange with the text in its place."""
    text = spelt(text)
    made = Exchange()
    made.started, made.duration, made.method, made.script_name, made.path, made.query = 0.0, 0.0, "POST", "", "/x", ""
    made.peers, made.remote_port = Peers("shop.example", "", "127.0.0.1", "127.0.0.1", "80"), "1"
    made.request_names = made.request_values = made.response_names = made.response_values = ()
    made.request_type = made.response_type = made.request_encoding = made.response_encoding = ""
    made.request_body = made.response_body = Body(b"", 0)
    made.status, made.route, made.endpoint, made.arguments, made.exception = 200, "/x", "x", {}, None
    made.rules = SimpleNamespace(kept=None, all=lambda: ROUTES)
    kind, _, name = place.partition(" ")
    if kind == "header":
        made.request_names, made.request_values = (name,), (text,)
    elif kind == "answer":
        made.response_names, made.response_values = (name,), (text,)
    elif kind == "query":
        made.query = text
    elif kind == "route":
        made.route, made.path, made.arguments = spelt(name), text, {"some": S}
    else:
        made.request_type, data = content(place, text)
        sieve = MultipartSieve(made.request_type, 65536)
        sieve.feed(data)
        made.request_body = Body(sieve.kept() if place == "multipart" else data, len(data))
        made.response_type, made.response_body = made.request_type, made.request_body
    return made


def redactor(mode="credentials", **named):
    """What the agent uses in this mode."""
    return exchange_redactor(mode, "an API key", named.get("headers", ()), named.get("fields", ()), Memo)


def left(redacted, place, text):
    """All that is left of the case."""
    made = exchange(place, text)
    request = text_of(made.request_body, made.request_type, "", 65536)
    response = text_of(made.response_body, made.response_type, "", 65536)
    if redacted is not None:
        request, response = redacted(made, request, response)
    return "\n".join([made.path, made.query, request.text, response.text, *made.request_values, *made.response_values])
