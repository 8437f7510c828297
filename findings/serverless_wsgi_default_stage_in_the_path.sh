#!/usr/bin/env bash
# serverless-wsgi takes the stage of an API for a prefix of the app's paths on hosts of AWS. HTTP APIs have a stage
# `$default`, which is in no URL: the app then makes links that lead nowhere.
#
# Guess before the run: SCRIPT_NAME "" for `$default`, "/prod" for `prod`
# Seen (Python 3.11, serverless-wsgi 3.1.0, Werkzeug 3.1.9): "/$default" for an event of version 2.0 with that stage;
# with a domain of one's own ""; apig-wsgi 2.20.0 says "" for both
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check serverless-wsgi==3.1.0 apig-wsgi==2.20.0 werkzeug==3.1.9
"$work/venv/bin/python" - <<'EOF'
import serverless_wsgi
from apig_wsgi import make_lambda_handler

seen = []


def app(environ, start_response):
    seen.append(environ["SCRIPT_NAME"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"well"]


class Context:
    aws_request_id = "1"


def event(host):
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": "/orders", "rawQueryString": "", "cookies": [],
        "headers": {"host": host, "x-forwarded-proto": "https", "x-forwarded-port": "443", "x-forwarded-for": "203.0.113.7"},
        "requestContext": {"stage": "$default", "domainName": host, "http": {
            "method": "GET", "path": "/orders", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "curl"}},
        "body": None, "isBase64Encoded": False,
    }


hosts = ("abc123.execute-api.eu-west-1.amazonaws.com", "shop.example.com")
for host in hosts:
    serverless_wsgi.handle_request(app, event(host), Context())
for host in hosts:
    make_lambda_handler(app)(event(host), Context())
print(seen)
assert seen == ["/$default", "", "", ""], "changed"
EOF
