"""Requests that httpbin answers alike each time: all methods, all kinds of bodies, streams, errors.

Left out is what differs from call to call: /uuid, nonces, and /bytes, whose seed is shared between threads.
"""

import itertools
import json
import zlib

from tests.support.answers import Asked

HOST = {"Host": "bin.example:8080", "User-Agent": "suite/1"}
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=mark"}
FILE = (
    b'--mark\r\nContent-Disposition: form-data; name="note"\r\n\r\nfor you\r\n'
    b'--mark\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n" + bytes(range(256)) * 8 + b"\r\n--mark--\r\n"
)


def looking(n):
    """Requests without a body."""
    yield "GET", "/"
    yield "GET", f"/get?n={n}&n=again&empty=&city=Malm%C3%B6&plus=a+b"
    yield "HEAD", f"/get?n={n}"
    yield "OPTIONS", "/get"
    yield "TRACE", f"/anything/traced/{n}"
    yield "DELETE", f"/delete?n={n}"
    for place in (
        "headers",
        "ip",
        "user-agent",
        "html",
        "xml",
        "json",
        "robots.txt",
        "encoding/utf8",
        "deny",
    ):
        yield "GET", "/" + place
    for coded in ("gzip", "deflate", "brotli"):
        yield "GET", "/" + coded
    for kind in ("png", "jpeg", "webp", "svg"):
        yield "GET", "/image/" + kind
    yield "GET", f"/stream/{n + 1}"
    yield "GET", f"/range/{5000 * n + 1}?chunk_size=700"
    yield "GET", f"/range/{500 + n}?chunk_size=100"
    yield "GET", "/drip?duration=0&numbytes=5&delay=0"
    yield "GET", f"/cookies/set/crumb/{n}"
    yield "GET", f"/cookies/set?a={n}&b=2"
    yield "GET", "/cookies/delete?a="
    yield "GET", f"/redirect/{n + 1}"
    yield "GET", "/base64/aGVsbG8="
    yield "GET", f"/links/5/{n % 5}"
    yield "GET", f"/response-headers?X-Twice=1&X-Twice=2&X-N={n}"
    yield "GET", f"/no/such/page/{n}"
    yield "PUT", "/get"
    for status in (200, 204, 301, 304, 400, 401, 418, 429, 500, 503):
        yield "GET", f"/status/{status}"
    yield "PATCH", "/status/500"


def carrying(n):
    """Requests that send something, or whose headers decide."""
    document = json.dumps({"n": n, "name": "Åsa", "list": list(range(n))}).encode()
    yield "POST", "/post", JSON, document
    yield "PUT", "/put", JSON, document
    yield "PATCH", "/patch", JSON, document
    yield "DELETE", "/delete", JSON, document
    yield "POST", "/post", JSON, b"{broken"
    yield "POST", "/post", FORM, f"a={n}&a=2&b=%C3%A4&c=".encode()
    yield "POST", "/post", MULTIPART, FILE
    yield "POST", "/post", {"Content-Type": "application/octet-stream"}, bytes(range(256)) * (n + 1)
    yield "POST", "/post", {"Content-Type": "text/plain; charset=utf-8"}, f"smörgås {n}".encode()
    yield "POST", "/post", dict(JSON, **{"Content-Encoding": "deflate"}), zlib.compress(document)
    yield "POST", "/post", {}, b""
    yield "POST", "/anything/chunked", JSON, [document, b" ", b"\n"]
    yield "POST", "/status/503", JSON, document  # a body that the view never reads
    yield "GET", "/cookies", {"Cookie": f"a={n}; b=2"}, None
    yield "GET", "/cache", {"If-None-Match": "x"}, None
    yield "GET", "/etag/x", {"If-None-Match": "x"}, None
    yield "GET", "/range/900", {"Range": f"bytes={n}-500"}, None
    yield "GET", "/image", {"Accept": "image/png"}, None
    yield "GET", "/basic-auth/me/pass", {"Authorization": "Basic bWU6cGFzcw=="}, None
    yield "GET", "/basic-auth/me/pass", {}, None
    yield "GET", "/bearer", {"Authorization": f"Bearer t{n}"}, None
    yield "GET", "/get", {"Connection": "close"}, None


def requests(count=400):
    """The first `count` of them; each carries its own X-Case."""
    rounds = ([(method, path, {}, None) for method, path in looking(n)] + list(carrying(n)) for n in itertools.count())
    chosen = itertools.islice(itertools.chain.from_iterable(rounds), count)
    return [
        Asked(method, path, dict(HOST, **dict(headers, **{"X-Case": str(number)})), body)
        for number, (method, path, headers, body) in enumerate(chosen)
    ]
