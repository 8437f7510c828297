"""Two days of a shop's traffic as an agent would have reported it, the same on every run."""

from __future__ import annotations

import json
import math
import random
from datetime import datetime, timezone
from typing import Any, Callable, Iterator, NamedTuple, Optional, Union

Json = Union[dict[str, Any], list[Any], str, None]
HOST = "shop.example.com"
FIRST = ("Alice", "Bob", "Carol", "Dan", "Erin", "Frank", "Grace", "Heidi", "Ivan", "Judy")
LAST = ("Ahlström", "Berg", "Carlsen", "Dahl", "Ek", "Fors", "Grahn", "Holm", "Isaksson", "Jansson")
THINGS = ("Teapot", "Kettle", "Cast-iron pan", "Chef's knife", "Mortar", "Whisk", "Tea cosy", "Apron", "Mug", "Jar")
TAGS = ("kitchen", "tea", "steel", "wool", "gift")


class Answer(NamedTuple):
    """What one call asked and got; `session`: none, `cookie` or `bearer`."""

    path: str
    status: int = 200
    response: Json = None
    request: Json = None
    parameters: tuple[tuple[str, str], ...] = ()
    session: str = ""
    media: str = "application/json"
    meta: Optional[dict[str, Any]] = None


class Route(NamedTuple):
    method: str
    template: str
    weight: float  # calls an hour at noon
    milliseconds: float
    call: Callable[[random.Random], Answer]
    hours: int = 1_000_000  # since when it is there


def product(r: random.Random, number: Optional[int] = None) -> dict[str, Any]:
    number = number or r.randint(1, 60)
    found: dict[str, Any] = {
        "id": number,
        "name": THINGS[number % len(THINGS)],
        "price": round(4 + number * 1.75, 2),
        "stock": r.randint(0, 40),
        "status": r.choice(("available", "available", "sold_out")),
        "tags": r.sample(TAGS, r.randint(1, 3)),
    }
    if r.random() < 0.4:
        found["discount"] = {"percent": r.choice((5, 10, 20)), "until": "2026-12-24"}
    return found


def person(r: random.Random) -> dict[str, Any]:
    first, last = r.choice(FIRST), r.choice(LAST)
    return {
        "id": r.randint(1, 900),
        "name": f"{first} {last}",
        "email": f"{first.lower()}.{r.randint(1, 99)}@example.com",
        "phone": f"+46 70 {r.randint(100, 999)} {r.randint(10, 99)} {r.randint(10, 99)}",
        "created": f"2026-03-{r.randint(1, 28):02d}T09:{r.randint(0, 59):02d}:00Z",
    }


def order(r: random.Random) -> dict[str, Any]:
    lines = [{"product_id": r.randint(1, 60), "quantity": r.randint(1, 4)} for _ in range(r.randint(1, 3))]
    return {
        "id": r.randint(1000, 9999),
        "state": r.choice(("new", "paid", "sent", "delivered")),
        "total": round(r.uniform(10, 300), 2),
        "lines": lines,
        "iban": r.choice(("SE4550000000058398257466", "DE89370400440532013000")),
        "note": r.choice((None, "Leave it with the neighbour")),
    }


def _error(r: random.Random, path: str, session: str = "") -> Answer:
    meta = {"exception": "sqlalchemy.exc.OperationalError"}
    return Answer(path, 500, {"error": "internal error"}, session=session, meta=meta)


def search(r: random.Random) -> Answer:
    found = [product(r) for _ in range(r.randint(0, 3))]
    asked = (("q", r.choice(("tea", "pan", "knife"))), ("page", str(r.randint(1, 4))))
    return Answer("/search", response={"items": found, "total": len(found)}, parameters=asked)


def login(r: random.Random) -> Answer:
    asked = {"email": person(r)["email"], "password": "redacted"}
    if r.random() < 0.12:
        return Answer("/login", 401, {"error": "wrong password"}, asked)
    return Answer("/login", 200, {"access_token": "redacted-abcdefghijkl", "expires": 3600}, asked)


def checkout(r: random.Random) -> Answer:
    card = r.choice(("4111111111111111", "5555555555554444", "378282246310005"))
    asked = {"order_id": r.randint(1000, 9999), "card": {"number": card, "cvv": "redacted", "name": "A. Ahlström"}}
    if r.random() < 0.09:
        return _error(r, "/checkout", "cookie")._replace(request=asked)
    return Answer("/checkout", 201, {"receipt": r.randint(10**6, 10**7), "state": "paid"}, asked, session="cookie")


def customer(r: random.Random) -> Answer:
    found = person(r)
    path = "/customers/" + found["name"].split()[0].lower()
    if r.random() < 0.06:
        return Answer(path, 404, {"error": "no such customer"})
    return Answer(path, response=found, session=r.choice(("", "", "cookie")))


def order_of(r: random.Random) -> Answer:
    found = order(r)
    path = f"/orders/{found['id']}"
    return Answer(path, response=found, session="cookie") if r.random() > 0.03 else _error(r, path, "cookie")


def reset(r: random.Random) -> Answer:
    return Answer("/password/reset", 204, parameters=(("token", "redacted-bcdefghijklm"), ("lang", "sv")))


ROUTES = (
    Route("GET", "/", 40, 2, lambda r: Answer("/", 302)),
    Route("GET", "/products", 90, 14, lambda r: Answer(
        "/products", response={"items": [product(r) for _ in range(3)], "page": 1, "pages": 20},
        parameters=(("page", str(r.randint(1, 20))), ("size", "3")))),
    Route("GET", "/products/{product_id}", 140, 6, lambda r: (lambda p: Answer(
        f"/products/{p['id']}", response=p))(product(r))),
    Route("POST", "/products", 2, 22, lambda r: Answer(
        "/products", 201, product(r), {"name": "Tea cosy", "price": 12.5, "tags": ["tea"]}, session="bearer")),
    Route("PATCH", "/products/{product_id}", 3, 18, lambda r: (lambda p: Answer(
        f"/products/{p['id']}", 200, p, {"stock": p["stock"]}, session="bearer"))(product(r))),
    Route("DELETE", "/products/{product_id}", 0.6, 15, lambda r: Answer(
        f"/products/{r.randint(1, 60)}", 204, session="bearer")),
    Route("GET", "/products/{product_id}/image", 60, 3, lambda r: Answer(
        f"/products/{r.randint(1, 60)}/image", media="image/png",
        meta={"responseBody": {"size": 48211, "captured": 0, "omitted": "binary"}})),
    Route("GET", "/search", 70, 41, search),
    Route("POST", "/login", 24, 180, login),
    Route("POST", "/logout", 8, 4, lambda r: Answer("/logout", 204, session="cookie")),
    Route("GET", "/me", 30, 7, lambda r: Answer("/me", response=person(r), session="cookie")),
    Route("GET", "/customers/{username}", 12, 9, customer),
    Route("POST", "/orders", 14, 35, lambda r: Answer(
        "/orders", 201, order(r), {"address": "Storgatan 1, 211 42 Malmö", "lines": order(r)["lines"]}, session="cookie")),
    Route("GET", "/orders", 20, 26, lambda r: Answer("/orders", response=[order(r) for _ in range(3)], session="cookie")),
    Route("GET", "/orders/{order_id}", 26, 11, order_of),
    Route("DELETE", "/orders/{order_id}", 2, 19, lambda r: Answer(f"/orders/{r.randint(1000, 9999)}", 204, session="cookie")),
    Route("POST", "/checkout", 12, 420, checkout),
    Route("POST", "/password/reset", 6, 95, reset, 5),
    Route("GET", "/export/products.csv", 0.5, 640, lambda r: Answer("/export/products.csv", media="text/csv",
        response="id,name,price\n1,Teapot,24.50\n2,Kettle,39.00\n", session="bearer")),
    Route("GET", "/admin/users", 3, 31, lambda r: Answer(
        "/admin/users", response=[{**person(r), "password_hash": "pbkdf2:sha256:600000$Kq2v$9d0c"} for _ in range(2)],
        session="bearer") if r.random() > 0.1 else Answer("/admin/users", 403, {"error": "administrators only"}, session="cookie")),
    Route("GET", "/admin/users/{user_id}", 3, 8, lambda r: (lambda p: Answer(
        f"/admin/users/{p['id']}", response=p, session="bearer"))(person(r))),
    Route("GET", "/admin/stats", 4, 210, lambda r: Answer(
        "/admin/stats", response={"orders": r.randint(100, 900), "visitors": {"today": r.randint(10, 99)}}, session="bearer"), 7),
    Route("GET", "/health", 12, 0.6, lambda r: Answer("/health", response={"status": "ok"})),
)  # fmt: skip

_SESSIONS = {
    "": [],
    "cookie": [{"name": "Cookie", "value": "session=redacted-cdefghijklmn; theme=dark"}],
    "bearer": [{"name": "Authorization", "value": "Bearer redacted-defghijklmno"}],
}


def trace(route: Route, answer: Answer, at: float, milliseconds: float, number: int) -> dict[str, Any]:
    """One exchange in Metlo's format."""
    asked, got = _body(answer.request), _body(answer.response)
    own = [{"name": "Content-Type", "value": "application/json"}] if asked else []
    agent = {"name": "User-Agent", "value": "Mozilla/5.0 (X11; Linux x86_64)"}
    return {
        "request": {
            "url": {
                "host": HOST,
                "path": answer.path,
                "endpointPath": route.template,
                "parameters": [{"name": name, "value": value} for name, value in answer.parameters],
            },
            "headers": [{"name": "Host", "value": HOST}, agent, *_SESSIONS[answer.session], *own],
            "method": route.method,
            "body": asked,
        },
        "response": {
            "url": f"{HOST}:443",
            "status": answer.status,
            "headers": [
                {"name": "Content-Type", "value": answer.media},
                {"name": "Content-Length", "value": str(len(got.encode()))},
            ],
            "body": got,
        },
        "meta": {
            "environment": "production",
            "incoming": True,
            "source": f"203.0.113.{number % 200 + 1}",
            "sourcePort": "",
            "destination": "10.0.0.4",
            "destinationPort": "8000",
            "metloSource": "python/flask",
            "requestTimestamp": _time(at),
            "responseTimestamp": _time(at + milliseconds / 1000),
            "durationMs": round(milliseconds, 2),
            "traceId": f"{number:012x}",
            "agent": "metlo-auto/1.0",
            **(answer.meta or {}),
        },
    }


def _body(value: Json) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _time(at: float) -> str:
    moment = datetime.fromtimestamp(at, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def traces(now: float, hours: int = 48, share: float = 1.0) -> Iterator[dict[str, Any]]:
    """Traffic of the `hours` before `now`, oldest first; busier by day than by night."""
    r = random.Random(7)
    number = 0
    for age in range(hours, 0, -1):
        day = 0.25 + 0.75 * max(0.0, math.sin(math.pi * ((now / 3600 - age) % 24) / 24)) ** 2
        moments = []
        for route in ROUTES:
            calls = route.weight * day * share * r.uniform(0.6, 1.4)
            if age > route.hours:
                continue
            least = age == min(hours, route.hours)  # every route is called at least once
            for _ in range(max(least, int(calls) + (r.random() < calls % 1))):
                moments.append((now - age * 3600 + r.uniform(0, 3600), route))
        for at, route in sorted(moments, key=lambda pair: pair[0]):
            number += 1
            yield trace(route, route.call(r), at, route.milliseconds * r.lognormvariate(0, 0.5), number)


def declared() -> dict[str, Any]:
    """What the shop's agent announces of its routes."""
    files = {"products": "catalogue", "orders": "orders", "admin": "admin", "export": "exports", "checkout": "orders"}
    listed = []
    for line, route in enumerate(ROUTES):
        module = files.get(route.template.split("/")[1], "service")
        rule = route.template.replace("{", "<").replace("}", ">")
        listed.append({
            "methods": [route.method], "rule": rule, "endpoint": f"{module}.view{line}",
            "file": f"shop/{module}.py", "line": 14 + 9 * line,
        })  # fmt: skip
    listed.append(
        {"methods": ["POST"], "rule": "/refunds", "endpoint": "orders.refund", "file": "shop/orders.py", "line": 88}
    )
    return {"app": "shop", "routes": listed}


def move(exchange: dict[str, Any], at: float) -> None:
    """Let an exchange have begun at `at`."""
    meta = exchange["meta"]
    meta["requestTimestamp"] = _time(at)
    meta["responseTimestamp"] = _time(at + meta["durationMs"] / 1000)
