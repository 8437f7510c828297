#!/usr/bin/env bash
# serverless-wsgi, which calls a WSGI app on AWS Lambda, reads the app's iterable to its end and never calls its close(),
# which PEP 3333 asks for. Flask's `call_on_close` and `stream_with_context` wait for that.
#
# Guess before the run: closed once, after the last piece
# Seen (Python 3.11, serverless-wsgi 3.1.0, Werkzeug 3.1.9): the result is right, close() is not called, not when all is
# collected either; apig-wsgi 2.20.0 calls it once
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check serverless-wsgi==3.1.0 apig-wsgi==2.20.0 werkzeug==3.1.9
"$work/venv/bin/python" - <<'EOF'
import gc

import serverless_wsgi
from apig_wsgi import make_lambda_handler

closed = []


class Body:
    def __init__(self):
        self.pieces = iter([b"one ", b"two"])

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.pieces)

    def close(self):
        closed.append(True)


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Body()


class Context:
    aws_request_id = "1"


headers = {"Host": "shop.example.com"}
event = {
    "resource": "/{proxy+}", "path": "/orders", "httpMethod": "GET", "headers": headers,
    "multiValueHeaders": {"Host": ["shop.example.com"]}, "queryStringParameters": None,
    "multiValueQueryStringParameters": None, "body": None, "isBase64Encoded": False,
    "requestContext": {"stage": "prod", "path": "/prod/orders", "protocol": "HTTP/1.1", "identity": {"sourceIp": "203.0.113.7"}},
}
result = serverless_wsgi.handle_request(app, event, Context())
gc.collect()
by_serverless = len(closed)
other = make_lambda_handler(app)(event, Context())
print(result["body"], by_serverless, other["body"], len(closed) - by_serverless)
assert result["body"] == other["body"] == "one two", "changed"
assert (by_serverless, len(closed) - by_serverless) == (0, 1), "changed"
EOF
