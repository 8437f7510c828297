#!/usr/bin/env bash
# aws-wsgi, which calls a WSGI app on AWS Lambda, hands over the last of two headers of one name alone: of two cookies
# that an app sets, the client gets the second. Of an argument that is given twice the app sees the last value, too.
#
# API Gateway's events and results have `multiValueQueryStringParameters` and `multiValueHeaders` for both.
# Guess before the run: both cookies in `multiValueHeaders`, both values in QUERY_STRING
# Seen (Python 3.11, aws-wsgi 0.2.7): headers {'Set-Cookie': 'b=2'} and no multiValueHeaders; QUERY_STRING 'x=2'
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check aws-wsgi==0.2.7
"$work/venv/bin/python" - <<'EOF'
import awsgi

seen = []


def app(environ, start_response):
    seen.append(environ["QUERY_STRING"])
    start_response("200 OK", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [b"well"]


event = {
    "resource": "/{proxy+}", "path": "/orders", "httpMethod": "GET", "headers": {"Host": "shop.example.com"},
    "multiValueHeaders": {"Host": ["shop.example.com"]}, "queryStringParameters": {"x": "2"},
    "multiValueQueryStringParameters": {"x": ["1", "2"]}, "body": None, "isBase64Encoded": False,
    "requestContext": {"stage": "prod", "identity": {"sourceIp": "203.0.113.7"}},
}
result = awsgi.response(app, event, object())
print(result, seen)
assert result["headers"] == {"Set-Cookie": "b=2"} and "multiValueHeaders" not in result, "changed"
assert seen == ["x=2"], "changed"
EOF
