"""The app called as a server would, without one: `in_process.py REQUESTS METHOD PATH HEADERS BODY`, headers as JSON."""

import io
import json
import sys

from bench_app import app


def environ_of(method, path, headers, body):
    path, _, query = path.partition("?")
    environ = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    if "HTTP_CONTENT_TYPE" in environ:
        environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE")
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    return dict(
        environ,
        **{
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "HTTP_HOST": "127.0.0.1:8000",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_PORT": "40000",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        },
    )


def call(environ):
    result = app(environ, lambda status, headers, error=None: None)
    try:
        for _ in result:
            pass
    finally:
        if hasattr(result, "close"):
            result.close()


if __name__ == "__main__":
    number, method, path, headers, body = sys.argv[1:]
    for _ in range(int(number)):
        call(environ_of(method, path, json.loads(headers), body.encode()))
