"""Good and bad requests to an API that checks them against its document. Prints what came back."""

import sys

import requests

url, session = sys.argv[1] + "/v1", requests.Session()
for method, path, body in (
    ("GET", "/pets?limit=1", None),
    ("GET", "/pets?limit=none", None),
    ("GET", "/pets/1", None),
    ("GET", "/pets/2", None),
    ("GET", "/pets/x", None),
    ("POST", "/pets", {"name": "Mişu"}),
    ("POST", "/pets", {"nom": "Rex"}),
    ("DELETE", "/pets", None),
    ("GET", "/explode", None),
    ("GET", "/openapi.json", None),
    ("GET", "/nothing", None),
):
    answer = session.request(method, url + path, json=body)
    print(method, path, answer.status_code, answer.headers.get("Content-Type"), answer.text)
