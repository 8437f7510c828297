"""Customers of the shop: varied requests against a running one, with the standard library alone.

`python traffic.py http://127.0.0.1:5000` sends one round; EXPECTED is what a collector must know afterwards.
"""

import http.client
import json
import struct
import sys
import urllib.parse
import zlib

EXPECTED = (
    ("GET", "/"),
    ("GET", "/health"),
    ("POST", "/contact"),
    ("GET", "/fail"),
    ("POST", "/login"),
    ("POST", "/logout"),
    ("GET", "/me"),
    ("GET", "/customers/{username}"),
    ("GET", "/products"),
    ("POST", "/products"),
    ("GET", "/products/{product_id}"),
    ("PUT", "/products/{product_id}"),
    ("PATCH", "/products/{product_id}"),
    ("DELETE", "/products/{product_id}"),
    ("POST", "/products/{product_id}/image"),
    ("GET", "/products/{product_id}/image"),
    ("GET", "/search"),
    ("POST", "/orders"),
    ("GET", "/orders"),
    ("GET", "/orders/{order_id}"),
    ("DELETE", "/orders/{order_id}"),
    ("GET", "/export/products.csv"),
    ("GET", "/export/products.ndjson"),
    ("GET", "/admin/users"),
    ("GET", "/admin/users/{user_id}"),
    ("GET", "/admin/stats"),
)


class Answer:
    """What came back: `status`, `headers`, `data`."""

    def __init__(self, response):
        self.status, self.headers, self.data = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.data.decode())


class Customer:
    """One keep-alive connection with its session cookie or bearer token."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=30)
        self.headers = {"User-Agent": "shop-traffic/1"}
        self.sent = 0

    def send(self, method, path, body=None, expect=200, **headers):
        """One request; a dict or list goes as JSON. RuntimeError where the status is not `expect`."""
        headers = dict(self.headers, **{name.replace("_", "-"): value for name, value in headers.items()})
        if isinstance(body, (dict, list)):
            body, headers["Content-Type"] = json.dumps(body), "application/json"
        self.connection.request(method, path, body, headers)
        answer = Answer(self.connection.getresponse())
        self.sent += 1
        if answer.status != expect:
            raise RuntimeError(f"{method} {path}: {answer.status} instead of {expect}")
        return answer

    def login(self, email, password, way="session"):
        """Log in, and stay so by the session's cookie or by a bearer token."""
        answer = self.send("POST", "/login", {"email": email, "password": password})
        if way == "session":
            self.headers["Cookie"] = answer.headers["Set-Cookie"].partition(";")[0]
        else:
            self.headers["Authorization"] = "Bearer " + answer.json()["access_token"]


def png(width=8, height=8, shade=0x40):
    """A small picture."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress((b"\0" + bytes([shade]) * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def multipart(name, filename, data, **fields):
    """A form with one file: the body and its content type."""
    mark = "----shop-traffic"
    form = "".join(
        '--{}\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'.format(mark, *field)
        for field in fields.items()
    )
    form += f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
    form += "Content-Type: image/png\r\n\r\n"
    return form.encode() + data + f"\r\n--{mark}--\r\n".encode(), "multipart/form-data; boundary=" + mark


def stranger(shop):
    """Somebody who looks around without an account."""
    shop.send("GET", "/", expect=302)
    shop.send("GET", "/health")
    shop.send("GET", "/products?page=1&size=3")
    shop.send("GET", "/search?q=e&tag=kitchen&tag=tea&max_price=40")
    shop.send("GET", "/search?q=")
    for product_id in range(1, 5):
        shop.send("GET", f"/products/{product_id}")
    for name in ("alice", "bob"):
        shop.send("GET", "/customers/" + name)
    shop.send("GET", "/customers/nobody", expect=404)
    shop.send("GET", "/products/999", expect=404)
    shop.send("GET", "/no/such/page", expect=404)
    shop.send("PUT", "/health", expect=405)
    shop.send("OPTIONS", "/products")
    shop.send("HEAD", "/products")
    shop.send("GET", "/me", expect=401)
    shop.send("GET", "/admin/users", expect=401)
    shop.send("POST", "/login", {"email": "alice@example.com", "password": "guess"}, expect=401)
    form = urllib.parse.urlencode({"email": "carol@example.com", "message": "Do you ship to Malmö?"})
    shop.send("POST", "/contact", form, expect=202, Content_Type="application/x-www-form-urlencoded")
    shop.send("POST", "/contact", "message=", expect=422, Content_Type="application/x-www-form-urlencoded")
    shop.send("GET", "/export/products.csv")
    shop.send("GET", "/export/products.ndjson")
    shop.send("GET", "/fail", expect=500)


def buyer(shop):
    """A customer with a session who orders."""
    shop.login("alice@example.com", "wonderland")
    shop.send("GET", "/me")
    lines = [{"product_id": 1, "quantity": 1}, {"product_id": 3, "quantity": 2}]
    order = shop.send(
        "POST", "/orders", {"address": "Storgatan 1, 211 42 Malmö", "lines": lines}, expect=201
    ).json()
    shop.send("GET", "/orders/{}".format(order["id"]))
    shop.send("GET", "/orders")
    too_many = [{"product_id": 5, "quantity": 9}]
    shop.send("POST", "/orders", {"address": "Storgatan 1", "lines": too_many}, expect=409)
    shop.send("DELETE", "/orders/{}".format(order["id"]), expect=204)
    shop.send("GET", "/admin/users", expect=403)
    shop.send("POST", "/logout", expect=204)


def keeper(shop):
    """An administrator with a bearer token who looks after the catalogue."""
    shop.login("root@example.com", "toor", way="token")
    given = {"name": "Tea cosy", "price": 12.5, "stock": 4, "tags": ["tea", "wool"]}
    made = "/products/{}".format(shop.send("POST", "/products", given, expect=201).json()["id"])
    shop.send("POST", "/products", {"name": "half a product"}, expect=400)
    shop.send("PATCH", made, {"stock": 5})
    shop.send("PUT", made, {"name": "Tea cosy, red", "price": 13})
    body, content_type = multipart("image", "cosy.png", png(), caption="from the side")
    shop.send("POST", made + "/image", body, expect=201, Content_Type=content_type)
    if shop.send("GET", made + "/image").data != png():
        raise RuntimeError("the picture came back different")
    shop.send("DELETE", made, expect=204)
    shop.send("GET", "/admin/users")
    for user_id in (1, 2, 3):
        shop.send("GET", f"/admin/users/{user_id}")
    shop.send("GET", "/admin/stats")


def send(url):
    """One round of all three; the number of requests."""
    customers = Customer(url), Customer(url), Customer(url)
    for behave, customer in zip((stranger, buyer, keeper), customers):
        behave(customer)
        customer.connection.close()
    return sum(customer.sent for customer in customers)


if __name__ == "__main__":
    print(f"{send(sys.argv[1])} requests sent")
