"""The requests that are measured, by name; knows what the app answers, not who attends."""

from __future__ import annotations

import json
from typing import NamedTuple
from urllib.parse import urlencode


class Workload(NamedTuple):
    """One kind of request, repeated."""

    name: str
    what: str
    method: str
    path: str
    headers: dict[str, str] = {}
    body: str = ""
    routes: int = 0  # where not 0, `path` is that of the first of so many routes, which take turns


# As a browser or a client library sends them.
_USUAL = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "User-Agent": "bench/1.0 (shop client)"}
_JSON = dict(_USUAL, **{"Content-Type": "application/json"})
_FORM = dict(_USUAL, **{"Content-Type": "application/x-www-form-urlencoded"})


def order(items: int = 8) -> dict[str, object]:
    """An order of 1.2 KB with 8 items."""
    return {
        "customer": {"id": 48213, "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+44 20 7946 0958"},
        "address": {"street": "12 St James's Square", "city": "London", "postcode": "SW1Y 4JH", "country": "GB"},
        "items": [
            {
                "sku": f"SKU-{1000 + n}",
                "title": f"Difference engine, part {n}",
                "quantity": n % 3 + 1,
                "price": 19.9 + n,
                "currency": "GBP",
                "gift": n % 2 == 0,
            }
            for n in range(items)
        ],
        "note": "Please leave the parcel with the porter; ring twice.",
        "newsletter": False,
    }


def order_with_secrets(items: int = 8) -> dict[str, object]:
    """The same order with a password and a card's check digits in it."""
    return dict(order(items), account={"password": "correct horse battery staple", "remember": True}, cvv=123)


_form = urlencode(
    {
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "street": "12 St James's Square",
        "message": "Where is my parcel? I have been waiting for it since Tuesday. " * 4,
        "topic": "delivery",
    }
)

WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("hello", "hello world", "GET", "/", _USUAL),
        Workload("json", "JSON POST, 1.2 KB in, 0.9 KB out", "POST", "/orders", _JSON, json.dumps(order())),
        Workload("json20k", "20 KB JSON response", "GET", "/catalogue?page=2&sort=price", _USUAL),
        Workload("stream", "200 KB streamed in 25 chunks", "GET", "/export", _USUAL),
        Workload("form", "form post", "POST", "/contact", _FORM, _form),
    )
}
_CREDENTIALS = {
    "Authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0ODIxMyJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg",
    "Cookie": "session=eyJjYXJ0IjpbMSwyXX0.Zx; theme=dark",
}
WORKLOADS["auth"] = WORKLOADS["json"]._replace(
    name="auth",
    what="JSON POST with a bearer token and a session cookie",
    headers=dict(_JSON, **_CREDENTIALS),
)
SECRETS = Workload(
    "secrets",
    "JSON POST with secrets in it",
    "POST",
    "/orders",
    dict(_JSON, **_CREDENTIALS),
    json.dumps(order_with_secrets()),
)
WORKLOADS["secrets"] = SECRETS


def sized(sent: int, answered: int, secrets: bool = False, headers: int = 0) -> Workload:
    """A JSON text of `sent` bytes in, `answered` bytes of text out; with a password in each item, and more headers."""
    item = {"sku": "SKU-1000", "title": "Difference engine", "quantity": 2, "price": 19.9, "note": "brass"}
    if secrets:
        item["password"] = "correct horse"
    one = json.dumps(item)
    body = "[" + ", ".join([one] * max(1, sent // (len(one) + 2))) + "]" if sent else "[]"
    more = {f"X-Custom-{n}": f"value number {n}" for n in range(headers)}
    return Workload(f"{sent} in, {answered} out", "sized", "POST", f"/sized/{answered}", dict(_JSON, **more), body)


def routed(number: int) -> Workload:
    """Each of `number` routes in its turn."""
    return Workload(f"{number} routes", "routes", "GET", "/r0/ada", _USUAL, routes=number)


ROWS = ("auth", "json", "hello", "json20k", "stream", "form")  # what `overhead` measures unless told otherwise
