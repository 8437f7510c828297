"""Requests with a canary in every place that a request has; knows how to find them in whatever was written."""

import base64
import gzip
import json
import re

from tests.support.serving import request

NUMBER = "918273645546"
BASIC = base64.b64encode(b"ann:QjXbasicXqZ").decode()
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}


def canary(place):
    return "QjX%sXqZ" % place


def field(name, value, more=""):
    return '--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (name, more, value)


def requests():
    """The raw requests, for the answers' canaries too."""
    cut = '{"items": [%s], "api_key": "' % ",".join(['"item"'] * 9350)
    cut += "." * (65500 - len(cut)) + canary("requestcut") * 20 + '"}'
    nested = json.dumps({"query": "mutation { x }", "variables": {"input": {"user": [{"newPassword": canary("graphql")}]}}, "pin": int(NUMBER)})
    credentials = {
        "Authorization": "Bearer " + canary("bearer"), "Cookie": "session=%s; theme=%s" % (canary("cookie"), canary("cookietwo")),
        "X-Api-Key": canary("apikey"), "X-Auth-Token": canary("authtoken"), "X-CSRF-Token": canary("csrf"),
        "Referer": "https://shop.example/a?token=%s&page=1" % canary("referer")}
    made = [
        ("GET", "/read?access_token=%s&page=1&password=%s" % (canary("query"), canary("querytwo")), b"", credentials),
        ("GET", "/read", b"", {"Authorization": "Basic " + BASIC, "Proxy-Authorization": "Digest " + canary("digest")}),
        ("GET", "/reset/%s/7" % canary("route"), b"", {}),
        ("POST", "/form", ("user=ann&password=%s&card[cvv]=%s" % (canary("form"), canary("cvv"))).encode(), FORM),
        ("POST", "/form", (field("password", canary("multipart")) + field("f", canary("filecontent"), '; filename="a"') + "--b--\r\n").encode(), MULTIPART),
        ("POST", "/read", nested.encode(), JSON),
        ("POST", "/read", cut.encode(), JSON),
        ("POST", "/read", gzip.compress(json.dumps({"secret": canary("gzipped")}).encode()), dict(JSON, **{"Content-Encoding": "gzip"})),
        ("POST", "/read", ('{"user": "ann", "password": "' + canary("broken")).encode(), JSON),
        ("POST", "/read", ("password = " + canary("textual")).encode(), {"Content-Type": "text/plain"}),
        ("POST", "/read", ('{"password": "%s"}' % canary("untyped")).encode(), {}),
        ("POST", "/read", ('{"password": "%s"}' % canary("mistyped")).encode(), FORM),
        ("POST", "/nowhere", ("password=" + canary("unread")).encode(), FORM),
    ]
    answers = ["/headers", "/json", "/cut", "/stream", "/crash", "/half"]
    answers += ["/typed/" + kind for kind in ("html", "xml", "text", "ndjson", "broken", "wrongly")]
    made += [("GET", target, b"", {}) for target in answers]
    return [request(*parts) for parts in made]


def found(*texts):
    """The places whose canaries stand in any of the texts, however they are escaped."""
    places = set()
    for text in texts:
        places |= set(re.findall(r"QjX([a-z]+?)XqZ", text)) | ({"number"} if NUMBER in text else set())
        places |= {"basic"} if BASIC in text or BASIC[4:-4] in text else set()
        places |= {"piece"} if re.search(r"QjX(?!\w*XqZ)|(?<!X)qZ\b", text) else set()
    return places


# Never sent, secret or not: what is in files, what exceptions say, what nobody read.
NEVER = {"filecontent", "exception", "unread"}
# All others, as the collector gets them where nothing is masked.
ALL = {
    "bearer", "cookie", "cookietwo", "apikey", "authtoken", "csrf", "referer", "query", "querytwo", "basic", "digest",
    "route", "form", "cvv", "multipart", "graphql", "number", "requestcut", "gzipped", "broken", "textual", "untyped",
    "mistyped", "setcookie", "location", "responsekey", "link", "nested", "access", "refresh", "listed", "deeper",
    "cutfirst", "cutlast", "typedhtml", "typedxml", "typedtext", "typedndjson", "typedbroken", "typedwrongly", "stream", "half",
}
