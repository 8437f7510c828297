"""A Flask app that does what a WSGI app may do, by path: the questions of docs/servers.md."""

import json
import os
import sys
import time

from flask import Flask

FACTS = ("HTTP", "PATH", "REMOTE", "SERVER", "CONTENT")
TEXT = (("Content-Type", "text/plain"),)  # each response gets a list of its own: tornado adds to it


class Raw(Flask):
    def wsgi_app(self, environ, start_response):
        asked, path = environ.get("QUERY_STRING", ""), environ.get("PATH_INFO", "")
        answer = seen if "asked=" in asked else waits if path == "/waits" else ANSWERS.get(path)
        return answer(environ, start_response) if answer else super().wsgi_app(environ, start_response)


def seen(environ, start_response):
    """What the server has handed over."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])) if environ.get("CONTENT_LENGTH") else (
        environ["wsgi.input"].read() if environ.get("wsgi.input_terminated") else b"")
    facts = {key: value for key, value in environ.items() if isinstance(value, (str, int)) and key.split("_")[0] in FACTS}
    flags = "".join("FT"[bool(environ["wsgi." + name])] for name in ("multithread", "multiprocess", "run_once"))
    methods = [name for name in ("read1", "readinto", "readinto1", "seek") if hasattr(environ["wsgi.input"], name)]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(dict(facts, body=body.decode(), flags=flags, methods=methods)).encode()]


def raises_first(environ, start_response):
    start_response("200 OK", [*TEXT])

    def broken():
        raise ValueError("first")
        yield b""
    return broken()


def misses_a_file(environ, start_response):
    start_response("200 OK", [*TEXT])

    def broken():
        os.stat("/nonexistent/file")
        yield b""
    return broken()


def starts_again(environ, start_response):
    start_response("200 OK", [*TEXT])
    try:
        raise ValueError("again")
    except ValueError:
        start_response("503 Bad", [*TEXT], sys.exc_info())
    return [b"second;"]


def is_short(environ, start_response):
    start_response("200 OK", [*TEXT, ("Content-Length", "10")])
    return [b"12345"]


def is_refused(environ, start_response):
    start_response("200 OK", [*TEXT, ("Connection", "close"), ("X-A", "b")])
    return [b"hop"]


def never_starts(environ, start_response):
    return [b"text"]


def leaves(environ, start_response):
    raise ValueError("leaves")


def leaves_later(environ, start_response):
    start_response("200 OK", [*TEXT])
    raise ValueError("leaves after start_response")


def is_long(environ, start_response):
    start_response("200 OK", [*TEXT, ("Content-Length", "5")])
    return iter([b"123", b"4567890"])


def breaks_off(environ, start_response):
    start_response("200 OK", [*TEXT])
    yield b"first;"
    raise ValueError("after a piece")


def starts_late(environ, start_response):
    start_response("202 Accepted", [*TEXT])
    yield b"late"


def streams(environ, start_response):
    start_response("200 OK", [*TEXT])
    return iter([b"one;", b"", b"two;"])


def waits(environ, start_response):
    """Its second piece says whether the client, who makes a file then, has got the first one by then."""
    seconds, _, file = environ["QUERY_STRING"].partition(":")
    start_response("200 OK", [*TEXT])
    yield b"one;"
    end = time.monotonic() + float(seconds)
    while not os.path.exists(file) and time.monotonic() < end:
        time.sleep(0.01)
    yield b"at once;" if os.path.exists(file) else b"held back;"


def lists_one(environ, start_response):
    start_response("200 OK", [*TEXT])
    return [b"one"]


def says_no_content(environ, start_response):
    start_response("204 No Content", [])
    return [b"text"]


def says_not_modified(environ, start_response):
    start_response("304 Not Modified", [("Content-Length", "5"), ("ETag", '"a"')])
    return []


def is_empty(environ, start_response):
    start_response("204 No Content", [])
    return []


def writes(environ, start_response):
    start_response("200 OK", [*TEXT])(b"written;")
    return [b"returned"]


def sends_a_file(environ, start_response):
    start_response("200 OK", [*TEXT])
    opened = open(__file__, "rb")  # noqa: SIM115 - closed by the server
    return environ["wsgi.file_wrapper"](opened, 4096) if "wsgi.file_wrapper" in environ else opened


def reads_twice(environ, start_response):
    stream = environ["wsgi.input"]
    body = stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    if getattr(stream, "seekable", lambda: hasattr(stream, "seek"))():
        stream.seek(0)
        assert stream.read() == body
    start_response("200 OK", [*TEXT, ("X-A", "1"), ("X-A", "2")])
    return [body]


FAULTS = {"/" + made.__name__: made for made in (
    raises_first, misses_a_file, starts_again, is_short, is_refused, never_starts, leaves, leaves_later, is_long, breaks_off)}
ANSWERS = {"/" + made.__name__: made for made in (
    starts_late, streams, lists_one, is_empty, says_no_content, says_not_modified, writes, sends_a_file, reads_twice)}
ANSWERS["/streams_to_1.0"] = streams
ANSWERS.update(FAULTS)
app = Raw("raw")
app.add_url_rule("/plain", "plain", lambda: "plain")
