"""What is found in traffic and what is not, case by case: each claim has its evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metlo_auto.collector.analysis import credentials
from metlo_auto.collector.inventory import queries, routes
from metlo_auto.collector.inventory.endpoint_facts import read_notes
from tests.collector.analysed import HTML, analysed, kinds
from tests.collector.collector_support import trace

MASK = "redacted-abcdefghijkl"
ANN = json.dumps({"email": "ann@shop.example"})
JSON = {"name": "Content-Type", "value": "application/json"}


def _headers(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [JSON, *({"name": name, "value": value} for name, value in pairs)]


def _me(*pairs: tuple[str, str], **more: Any) -> dict[str, Any]:
    return trace("/me", route="/me", request_headers=_headers(*pairs), response_body=ANN, **more)


def _post(path: str, body: dict[str, Any], answer: dict[str, Any], status: int = 200, **more: Any) -> dict[str, Any]:
    texts = {"request_body": json.dumps(body), "response_body": json.dumps(answer)}
    return trace(path, "POST", status, route=path, **texts, **more)


def _query(**pairs: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs.items()]


def _page(body: str, status: int = 200, **more: Any) -> dict[str, Any]:
    return trace("/p", "GET", status, route="/p", response_headers=HTML, response_body=body, **more)


PEOPLE = json.dumps([{"id": i, "email": f"u{i}@shop.example"} for i in range(150)])
LOGIN = {"email": "ann@shop.example", "password": "redacted"}
FOUND: list[tuple[str, list[dict[str, Any]], str]] = [
    ("data for anybody", [_me()], "anonymous-data"),
    ("an analytics cookie is no credential", [_me(("Cookie", f"_ga={MASK}; theme={MASK}"))], "anonymous-data"),
    ("a CSRF token is no credential", [_me(("X-CSRF-Token", MASK))], "anonymous-data"),
    ("a masked address in Referer is no credential", [_me(("Referer", f"https://h/r/{MASK}"))], "anonymous-data"),
    ("others than the one asked for", [trace("/f", route="/f", parameters=_query(email="ann@shop.example"), response_body='{"email": "ann@shop.example", "phone": "+1 415 555 2671"}')], "anonymous-data"),
    ("a person beside an office", [trace("/c", route="/c", response_body='{"who": "info@shop.example, ann.smith@shop.example"}')], "anonymous-data"),
    ("a person whose name begins like an office", [trace("/c", route="/c", response_body='{"who": "salesman.bob@shop.example"}')], "anonymous-data"),
    ("a password", [trace("/u", route="/u", response_body='{"password": "hunter2"}')], "secret-in-response"),
    ("a masked password", [trace("/u", route="/u", response_body='{"password": "redacted"}')], "secret-in-response"),
    ("a token in the query", [trace("/t", route="/t", parameters=_query(api_key="k"))], "credential-in-url"),
    ("a traceback", [_page("Traceback (most recent call last):\n File", 500)], "traceback"),
    ("a traceback in JSON", [trace("/p", route="/p", status=500, response_body=json.dumps({"error": "Traceback (most recent call last):\n  File \"a.py\""}))], "traceback"),
    ("a traceback of Java", [_page("java.lang.NullPointerException\n\tat com.shop.Order.total(Order.java:42)", 500)], "traceback"),
    ("a traceback of Node", [_page("TypeError: x\n    at Object.handle (/srv/app/index.js:10:5)", 500)], "traceback"),
    ("a debugger page", [_page("<title>ZeroDivisionError // Werkzeug Debugger</title>", 500)], "debugger"),
    ("an error of SQLite", [_page('sqlite3.OperationalError: near "x": syntax error', 500)], "sql-error"),
    ("an error of MySQL", [_page("You have an error in your SQL syntax; check the manual", 500)], "sql-error"),
    ("an error of PostgreSQL", [_page('ERROR: syntax error at or near "SELEC"', 500)], "sql-error"),
    ("markup that comes back", [_page("Results for <script>alert(1)</script>", parameters=_query(q="<script>alert(1)</script>"))], "reflected-input"),
    ("a query with an address", [trace("/s", route="/s", parameters=_query(email="ann@shop.example"))], "personal-in-url"),
    ("an error answer with another's address", [trace("/s", route="/s", status=409, response_body='{"taken_by": "bob@shop.example"}')], "personal-in-error"),
    ("a hundred people at once", [trace("/all", route="/all", request_headers=_headers(("Authorization", f"Bearer {MASK}")), response_body=PEOPLE)], "bulk-personal-data"),
    ("a DELETE of anybody", [trace("/u/1", "DELETE", 204, route="/u/{id}")], "anonymous-delete"),
    ("failed logins", [_post("/login", LOGIN, {"error": "no"}, 401) for _ in range(12)], "failed-logins"),
    ("CORS for all with credentials", [_me(response_headers=_headers(("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true")))], "cors-credentials"),
    ("a session cookie that scripts read", [_me(response_headers=_headers(("Set-Cookie", f"session={MASK}; Path=/")))], "cookie-flags"),
    ("an address in a header's place", [_me(("X-Forwarded-Proto", "http"))], "plain-http"),
]  # fmt: skip
NOT_FOUND: list[tuple[str, list[dict[str, Any]], str]] = [
    ("order numbers that look like cards now and then", [trace("/o", route="/o", response_body=json.dumps({"ref": str(4111111111111111 - 7 * i)})) for i in range(40)], "anonymous-data"),
    ("addresses of offices", [trace("/contact", route="/contact", response_body='{"support": "support@shop.example", "press": "Press+de@shop.example"}')], "anonymous-data"),
    ("many addresses of offices", [trace("/c", route="/c", response_body=json.dumps([{"mail": f"info@shop{n}.example"} for n in range(150)]))], "bulk-personal-data"),
    ("a login", [_post("/login", LOGIN, {"email": "ann@shop.example", "phone": "+1 415 555 2671", "token": MASK})], "anonymous-data"),
    ("a form that is told what it said", [_post("/news", {"email": "ann@shop.example"}, {"message": "thanks, ann@shop.example"}, 201)], "anonymous-data"),
    ("an address asked for by itself", [trace("/f", route="/f", parameters=_query(email="ann@shop.example"), response_body=ANN)], "anonymous-data"),
    ("a refused form that repeats its input", [_post("/news", {"email": "ann@shop.example"}, {"errors": {"email": "ann@shop.example is taken"}}, 422)], "personal-in-error"),
    ("stars", [trace("/u", route="/u", response_body='{"password": "********", "secret": "xxxx"}')], "secret-in-response"),
    ("the text of an error", [trace("/u", "POST", 422, route="/u", response_body='{"errors": {"password": ["Too short."]}}')], "secret-in-response"),
    ("the type in a schema", [trace("/u", route="/u", response_body='{"properties": {"password": {"type": "string"}}}')], "secret-in-response"),
    ("a postcode", [trace("/u", route="/u", response_body='{"pin": "560001"}')], "secret-in-response"),
    ("a paging token", [trace("/u", route="/u", response_body='{"next_token": "abcdefghijkl", "pageToken": "x"}')], "secret-in-response"),
    ("a new key, told once", [_post("/keys", {"name": "ci"}, {"api_key": MASK}, 201, request_headers=_headers(("Authorization", f"Bearer {MASK}")))], "secret-in-response"),
    ("a form's password that is echoed", [_post("/r", {"password": "hunter2"}, {"form": {"password": "hunter2"}})], "secret-in-response"),
    ("a presigned URL", [trace("/u", route="/u", response_body=json.dumps({"url": "https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260101%2Fus-east-1&X-Amz-Signature=ab"}))], "anonymous-data"),
    ("a signed query", [trace("/d", route="/d", parameters=_query(**{"X-Amz-Signature": "redacted", "Expires": "1"}))], "credential-in-url"),
    ("a paging token in the query", [trace("/d", route="/d", parameters=_query(pageToken="x", next_token="y", cursor="z"))], "credential-in-url"),
    ("a page on tracebacks", [_page("x" * 500 + "Traceback (most recent call last):")], "traceback"),
    ("escaped markup", [_page("&lt;script&gt;", parameters=_query(q="<script>"))], "reflected-input"),
    ("a comparison", [_page("a < b", parameters=_query(q="a < b"))], "reflected-input"),
    ("markup in JSON", [trace("/p", route="/p", response_body='{"q": "<b>"}', parameters=_query(q="<b>x"))], "reflected-input"),
    ("a DELETE with a key", [trace("/u/1", "DELETE", 204, route="/u/{id}", request_headers=_headers(("X-Vault-Token", MASK)))], "anonymous-delete"),
    ("a refused DELETE", [trace("/u/1", "DELETE", 401, route="/u/{id}")], "anonymous-delete"),
    ("a few mistyped passwords", [_post("/login", LOGIN, {"error": "no"}, 401) for _ in range(3)], "failed-logins"),
    ("CORS for all", [_me(response_headers=_headers(("Access-Control-Allow-Origin", "*")))], "cors-credentials"),
    ("a theme cookie", [_me(response_headers=_headers(("Set-Cookie", "theme=dark")))], "cookie-flags"),
    ("a session cookie with its flags", [_me(response_headers=_headers(("Set-Cookie", "session=x; HttpOnly; Secure; SameSite=Lax")))], "cookie-flags"),
    ("twenty people", [trace("/all", route="/all", response_body=json.dumps(json.loads(PEOPLE)[:20]))], "bulk-personal-data"),
]  # fmt: skip


@pytest.mark.parametrize("traces, kind", [case[1:] for case in FOUND], ids=[case[0] for case in FOUND])
def test_found(tmp_path: Path, traces: list[dict[str, Any]], kind: str) -> None:
    with analysed(tmp_path, traces) as connection:
        assert kind in kinds(connection)


@pytest.mark.parametrize("traces, kind", [case[1:] for case in NOT_FOUND], ids=[case[0] for case in NOT_FOUND])
def test_not_found(tmp_path: Path, traces: list[dict[str, Any]], kind: str) -> None:
    with analysed(tmp_path, traces) as connection:
        assert kind not in kinds(connection)


@pytest.mark.parametrize("agent, expected", [("metlo-auto/0.1.0", ["/known"]), ("", ["/known", "/wp-login.php"])])
def test_a_refusal_where_no_route_matched_is_no_endpoint(tmp_path: Path, agent: str, expected: list[str]) -> None:
    traces = [
        trace("/wp-login.php", status=401, meta={"agent": agent}),
        trace("/known", status=401, route="/known", meta={"agent": agent}),
    ]
    with analysed(tmp_path, traces) as connection:
        assert [endpoint.template for endpoint in queries.list_endpoints(connection)] == expected


def test_guesses_are_found_on_request_only(tmp_path: Path) -> None:
    read = [
        trace("/o/1", route="/o/{id}", request_headers=_headers(("Authorization", f"Bearer redacted-{who * 12}")))
        for who in "ab"
    ]
    with analysed(tmp_path, read) as connection:
        assert "shared-object" in kinds(connection, guesses=True) and "shared-object" not in kinds(connection)


CREDENTIALS = """
Authorization: Bearer redacted-abcdefghijkl|apikey: x|api-key: x|X-Api-Key: x|Private-Token: x|Job-Token: x|X-Vault-Token: x|X-Goog-IAP-JWT-Assertion: x
Cf-Access-Jwt-Assertion: x|X-Amzn-Oidc-Data: x|X-Goog-Api-Key: x|Ocp-Apim-Subscription-Key: x|X-Functions-Key: x|DD-API-KEY: x|DD-APPLICATION-KEY: x
X-Shopify-Access-Token: x|X-Auth-Token: x|X-Auth-Key: x|X-Access-Token: x|X-Amz-Security-Token: x|X-Figma-Token: x|X-Plex-Token: x|X-TrackerToken: x
X-Parse-Session-Token: x|X-RapidAPI-Key: x|X-Algolia-API-Key: x|Circle-Token: x|X-Gitlab-Token: x|X-Postmark-Server-Token: x|X-Session-Id: x|Token: x
Stripe-Signature: x|X-Hub-Signature-256: x|X-Slack-Signature: x|X-Twilio-Signature: x|X-Forwarded-Client-Cert: x|X-Remote-User: x|DPoP: x|X-PAN-KEY: x
X-Insert-Key: x|X-Redmine-API-Key: x|X-JWT: x|X-Authorization: x|X-Forwarded-Access-Token: x|X-MS-CLIENT-PRINCIPAL: x|X-Anything: redacted-abcdefghijkl
Cookie: session=redacted|Cookie: connect.sid=x|Cookie: PHPSESSID=x|Cookie: sessionid=x|Cookie: remember_token=x|Cookie: laravel_session=x
Cookie: __Host-sid=x|Cookie: __Secure-next-auth.session-token=x|Cookie: .AspNetCore.Identity.Application=x|Cookie: JSESSIONID=x|Cookie: theme=a; id_token=x
"""
NO_CREDENTIALS = """
Accept: */*|User-Agent: redacted|Referer: https://h/redacted|X-CSRF-Token: redacted-abcdefghijkl|X-XSRF-TOKEN: x|X-Request-Id: x|Idempotency-Key: x
Sec-WebSocket-Key: x|If-None-Match: x|X-Page-Token: x|X-Sort-Key: x|X-Forwarded-For: 1.2.3.4|X-Token-Count: 3|X-Next-Token: x|Cache-Control: no-cache
Cookie: _ga=redacted|Cookie: theme=redacted|Cookie: _gid=x; _fbp=y|Cookie: csrftoken=x|Cookie: XSRF-TOKEN=x|Cookie: lang=de|Cookie: cookie_consent=yes
Cookie: __cf_bm=x|Cookie: _hjSessionUser_1=x|Cookie: AWSALB=x|Cookie: ajs_anonymous_id=x|Cookie: cart=3|Cookie: session=|Cookie: _uetsid=x|Cookie: timezone=x
"""


def _request(line: str) -> dict[str, Any]:
    name, _, value = line.partition(": ")
    found: dict[str, Any] = trace(request_headers=[{"name": name, "value": value}])["request"]
    return found


def _lines(text: str) -> list[str]:
    return text.strip().replace("\n", "|").split("|")


@pytest.mark.parametrize("line", _lines(CREDENTIALS))
def test_a_header_that_identifies_its_sender(line: str) -> None:
    assert list(credentials.schemes(_request(line), "/"))


@pytest.mark.parametrize("line", _lines(NO_CREDENTIALS))
def test_a_header_that_identifies_nobody(line: str) -> None:
    assert not list(credentials.schemes(_request(line), "/"))


@pytest.mark.parametrize("name", ["api_key", "access_token", "key", "sig", "password", "auth", "X-Amz-Signature", "subscription-key"])
def test_a_query_that_identifies_its_sender(name: str) -> None:
    value = MASK if name == "key" else "x"
    assert list(credentials.schemes(trace(parameters=_query(**{name: value}))["request"], "/"))


def test_a_redirect_makes_no_endpoint_and_a_form_that_is_answered_by_one_does(tmp_path: Path) -> None:
    moved = [trace("/old", status=status) for status in (301, 302, 303, 307, 308)]
    with analysed(tmp_path, [*moved, trace("/form", "POST", 302), trace("/same", status=304)]) as connection:
        assert {e.template for e in queries.list_endpoints(connection)} == {"/form", "/same"}


def test_only_accepted_calls_say_what_lets_a_caller_in(tmp_path: Path) -> None:
    with analysed(tmp_path, [_me(("Authorization", f"Bearer {MASK}")), _me(("X-Api-Key", "x"), status=401), _me(status=401)]) as connection:
        [notes] = read_notes(connection).values()
    assert (notes.schemes, notes.accepted) == ({"http bearer": 1}, {"with credentials": 1})


def _declared(app: str, *rules: str, **more: Any) -> routes.Declaration:
    listed = [{"methods": ["GET"], "rule": rule, "endpoint": rule, "file": f"{app}.py", "line": 1} for rule in rules]
    parsed = routes.parse({"app": app, "routes": listed, **more})
    assert parsed is not None
    return parsed


def _compared(folder: Path, traces: list[dict[str, Any]], *declared: routes.Declaration) -> tuple[set[str], set[str]]:
    from metlo_auto.collector.store.database import open_store, writing

    with analysed(folder, traces) as connection:
        endpoints = queries.list_endpoints(connection)
    engine = open_store(f"sqlite:///{folder}/c.db")
    with writing(engine) as connection:
        for declaration in declared:
            routes.replace(connection, declaration, 1.0)
        found = routes.compare(routes.read(connection), endpoints)
    engine.dispose()
    return {r.template for r in found.never_called}, {e.host + e.template for e in found.not_declared}


def test_an_app_that_says_where_it_is_mounted_is_told_from_another_with_the_same_rules(tmp_path: Path) -> None:
    apps = (_declared("shop", "/users", "/"), _declared("shop", "/users", "/", instance=1, mount="/admin"))
    called = [trace("/admin/users", route="/admin/users")]
    assert _compared(tmp_path, called, *apps) == ({"/users", "/", "/admin/"}, set())


def test_two_apps_of_one_name_keep_their_routes(tmp_path: Path) -> None:
    apps = (_declared("shop", "/a"), _declared("shop", "/b", instance=1))
    assert _compared(tmp_path, [trace("/a", route="/a"), trace("/b", route="/b")], *apps) == (set(), set())


def test_an_app_below_a_path_that_it_did_not_say_is_declared(tmp_path: Path) -> None:
    called = [trace("/t/one/users/1", route="/t/one/users/{id}"), trace("/t/one/", route="/t/one/")]
    assert _compared(tmp_path, called, _declared("shop", "/users/<int:id>", "/", "/never")) == ({"/never"}, set())


def test_a_host_whose_app_declares_nothing_has_nothing_undeclared(tmp_path: Path) -> None:
    called = [trace("/a", route="/a"), trace("/stray"), trace("/other", host="node.example")]
    assert _compared(tmp_path, called, _declared("shop", "/a")) == (set(), {"shop.example/stray"})
