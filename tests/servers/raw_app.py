"""A Flask app that does what a WSGI app may do, by path: the questions of docs/servers.md."""

import os
import sys

from flask import Flask

TEXT = [("Content-Type", "text/plain")]


class Raw(Flask):
    def wsgi_app(self, environ, start_response):
        answer = ANSWERS.get(environ.get("PATH_INFO", ""))
        return answer(environ, start_response) if answer else super().wsgi_app(environ, start_response)


def raises_first(environ, start_response):
    start_response("200 OK", TEXT)

    def broken():
        raise ValueError("first")
        yield b""
    return broken()


def misses_a_file(environ, start_response):
    start_response("200 OK", TEXT)

    def broken():
        os.stat("/nonexistent/file")
        yield b""
    return broken()


def starts_again(environ, start_response):
    start_response("200 OK", TEXT)
    try:
        raise ValueError("again")
    except ValueError:
        start_response("503 Bad", TEXT, sys.exc_info())
    return [b"second;"]


def is_short(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "10")])
    return [b"12345"]


def is_refused(environ, start_response):
    start_response("200 OK", TEXT + [("Connection", "close"), ("X-A", "b")])
    return [b"hop"]


def never_starts(environ, start_response):
    return [b"text"]


def leaves(environ, start_response):
    raise ValueError("leaves")


ANSWERS = {"/" + made.__name__: made for made in (
    raises_first, misses_a_file, starts_again, is_short, is_refused, never_starts, leaves)}
app = Raw("raw")
app.add_url_rule("/plain", "plain", lambda: "plain")
