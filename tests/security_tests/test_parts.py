"""The pure parts: whose a request was, inputs, refusals, comparisons, reports."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from werkzeug.http import parse_cookie

from metlo_auto.collector.security_tests import command
from metlo_auto.collector.security_tests.compare import is_alike, is_refusal, is_same, reading
from metlo_auto.collector.security_tests.identities import BadIdentity, Identity, Login, Scrubber, parse_identities
from metlo_auto.collector.security_tests.inputs import cookie_input, filled, inputs_of, path_values
from metlo_auto.collector.security_tests.kinds import KINDS
from metlo_auto.collector.security_tests.kinds.personal import secrets
from metlo_auto.collector.security_tests.kinds.xss import runs
from metlo_auto.collector.security_tests.outputs.junit import as_junit
from metlo_auto.collector.security_tests.outputs.sarif import as_sarif
from metlo_auto.collector.security_tests.ownership import callers, other_cookies
from metlo_auto.collector.security_tests.results import Checked, Finding, Result, Skip
from metlo_auto.collector.security_tests.safety import ends_session, is_loopback
from metlo_auto.collector.security_tests.values import Answer, Request, parse_origin
from metlo_auto.redact import Redactor

JSON = (("Content-Type", "application/json"),)
HTML = (("Content-Type", "text/html; charset=utf-8"),)


def answer(body: Any, status: int = 200, headers: Any = JSON) -> Answer:
    return Answer(status, headers, body if isinstance(body, str) else json.dumps(body))


@pytest.mark.parametrize(
    "header, other",
    [
        ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer other"),
        ("Authorization: Basic YWxpY2U6c2VjcmV0LXB3", "Authorization: Basic Ym9iOnNlY3JldA=="),
        ("X-Api-Key: 0123456789abcdef", "X-Api-Key: fedcba9876543210"),
        ("Cookie: theme=dark; session=eyJhbGciOi.x.y", "Cookie: theme=dark; session=else"),
        ("X-Person: alice", "X-Person: bob"),
        ("Cookie: connect.sid=s%3Aabcdef", "Cookie: connect.sid=s%3Axyz"),
    ],
)
def test_a_stored_request_is_known_by_the_mask_of_its_credential(header: str, other: str) -> None:
    people = parse_identities([f"alice={header}", f"bob={other}"])
    redactor = Redactor("the-key")

    def stored(text: str) -> Any:
        name, _, value = text.partition(": ")
        return (("Accept", "*/*"), (name, redactor.header(name, value)))

    known = callers("the-key", list(people.values()))
    assert known.caller(stored(header)) == "alice" and known.caller(stored(other)) == "bob"
    assert known.caller((("Accept", "*/*"), ("Cookie", "_ga=redacted-abcdefghijkl"))) == ""
    assert known.caller((("Authorization", "Bearer redacted-aaaaaaaaaaaa"),))[:1] == "?"
    assert callers("another-key", list(people.values())).caller(stored(header)) != "bob"


def test_what_all_identities_send_tells_nobody_apart() -> None:
    people = parse_identities(["alice=X-Tenant: acme", "alice=Authorization: Bearer aaaaaaaaaaaa", "bob=X-Tenant: acme",
                               "bob=Authorization: Bearer bbbbbbbbbbbb"])  # fmt: skip
    redactor = Redactor("k")
    stored = (("X-Tenant", "acme"), ("Authorization", redactor.header("Authorization", "Bearer bbbbbbbbbbbb")))
    assert callers("k", list(people.values())).caller(stored) == "bob"


@pytest.mark.parametrize("text", ["alice", "alice=", "alice=Authorization", "=A: b", "a b=C: d", "x=A: b\nC: d"])
def test_an_identity_that_is_none_is_refused_without_its_value(text: str) -> None:
    with pytest.raises(BadIdentity) as caught:
        parse_identities([text])
    assert "NAME=HEADER:VALUE" in str(caught.value)


@pytest.mark.parametrize("body", ['{"login": "administrator", "password": "hunter2"}', "login=administrator&password=hunter2"])
def test_what_proves_a_login_is_scrubbed_and_words_of_it_are_not(body: str) -> None:
    login = Login("POST", "/login", (("Authorization", "Basic YXBwOmFwcA=="),), body, (), ())
    clean = Scrubber([Identity("alice", (), login)]).clean
    assert clean(f"{body} hunter2 YXBwOmFwcA==") == " ".join(["<alice's credential>"] * 3)
    assert clean("the password of the administrator") == "the password of the administrator"


def test_reports_are_scrubbed() -> None:
    people = parse_identities(["alice=Authorization: Bearer abc-def-ghi", "alice=Cookie: sid=s3cr3t-cookie; b=c"])
    clean = Scrubber(list(people.values())).clean
    shown = clean({"a": ["x abc-def-ghi y", "sid=s3cr3t-cookie"]})
    assert "abc-def-ghi" not in str(shown) and "s3cr3t" not in str(shown) and "alice's credential" in str(shown)


@pytest.mark.parametrize(
    "refuses, given",
    [
        (True, answer({}, 401)), (True, answer({}, 404)), (True, answer({}, 500)), (True, answer("", 0)),
        (True, answer({"error": "not yours"})), (True, answer({"success": False, "message": "no"})),
        (True, answer({"status": "denied"})), (True, answer({"message": "You are not allowed to see this"})),
        (True, answer({"code": 403, "data": None})), (True, answer("Access denied", headers=HTML)),
        (True, answer("<form><input type=password></form>", headers=HTML)),
        (False, answer("<a href=/auth/logout>x</a><form action=/password><input type=password></form>", headers=HTML)),
        (False, answer("<form action='/sign-out'></form><form><input type=password></form>", headers=HTML)),
        (True, Answer(302, (("Location", "/login?next=/x"),))),
        (False, Answer(302, (("Location", "/products"),))), (False, answer({"id": 1, "message": "hello there"})),
        (False, answer({"errors": [], "items": [1]})), (False, answer({"status": "paid", "total": 5})),
        (False, answer("<h1>Welcome</h1>", headers=HTML)), (False, answer([])),
    ],
)  # fmt: skip
def test_refusals(refuses: bool, given: Answer) -> None:
    assert is_refusal(given) is refuses


@pytest.mark.parametrize(
    "path, expected",
    [("/logout", True), ("/auth/log-out/", True), ("/doSignOut", True), ("/sign_off", True), ("/session/end-session", True),
     ("/catalog-offers", False), ("/blog-output", False), ("/design-office", False), ("/login", False)],
)  # fmt: skip
def test_paths_that_end_a_session(path: str, expected: bool) -> None:
    assert ends_session(path) is expected


def test_answers_are_alike_by_shape_and_the_same_without_what_was_said() -> None:
    one, other = answer({"id": 1, "name": "a", "tags": ["x"]}), answer({"id": 2, "name": "b", "tags": ["y", "z"]})
    assert is_alike(one, other) and not is_alike(one, answer({"error": "x"}))
    said = answer({"q": "tea' AND 1=1", "items": []}), answer({"q": "tea", "items": []})
    assert is_same(reading(said[0], said=["tea' AND 1=1"]), reading(said[1], said=["tea"]))
    assert not is_same(reading(one), reading(other))


def test_inputs_are_found_and_replaced_alone() -> None:
    request = Request("POST", "/a/7/b%20c", (("q", "x"), ("q", "y"), ("p", "1")), (("Content-Type", "application/json"), ("X-T", "v")),
                      '{"n": {"m": [1, "two"]}}')  # fmt: skip
    found = {item.place: item for item in inputs_of(request, "/a/{id}/{name}")}
    assert set(found) == {"path id", "path name", "query q", "query p", "json /n/m/0", "json /n/m/1", "header X-T"}
    assert found["path name"].sent("../x").path == "/a/7/..%2Fx"
    assert found["path id"].sent("8").path == "/a/8/b%20c"
    assert found["query p"].sent("a&b").target.endswith("q=x&q=y&p=a%26b")
    assert json.loads(found["json /n/m/1"].sent("z").body) == {"n": {"m": [1, "z"]}}
    assert found["header X-T"].sent("a\r\nb: c").header("x-t") == "a  b: c"
    assert path_values("/f/{p}", "/f/a/b.txt") == {"p": "a/b.txt"} and path_values("/f/{p}", "/g/1") == {}
    assert filled("/f/{p}/{q}", {"p": "a b"}) == "/f/a%20b/{q}"


@pytest.mark.parametrize("value", ["1", "a b", "x' OR '1'='1", 'a"b;c,d\\e', "ü\r\nX: y"])
def test_cookies_are_written_so_that_werkzeug_reads_them(value: str) -> None:
    given = cookie_input("theme", "1", Request("GET", "/"))
    assert dict(parse_cookie(given.sent(value).header("cookie"))) == {"theme": value}


def test_cookies_that_tell_the_caller_are_no_inputs() -> None:
    names = "sid=a; session=b; csrftoken=c; _ga=d; theme=redacted-abcdefghijkl; lang=de"
    assert dict(other_cookies((("Cookie", names),))) == {"theme": "redacted-abcdefghijkl", "lang": "de"}


@pytest.mark.parametrize(
    "page, where",
    [
        ("<p>MARK<svg onload=MARK()></p>", "attribute onload"), ('<input value="MARK" onfocus=MARK() x="">', "attribute onfocus"),
        ("<a href=\"javascript:MARK()\">x</a>", "attribute href"), ("<script>a='MARK';MARK()//'</script>", "in a script"),
        ("<p>MARK&lt;svg onload=MARK()&gt;</p>", ""), ("<!-- MARK<svg onload=MARK()> -->", ""),
        ("<textarea>MARK<svg onload=MARK()></textarea>", ""), ("<script>a='MARK\\';MARK()//'</script>", ""),
        ('<script>a="MARK\';MARK()//"</script>', ""),
    ],
)  # fmt: skip
def test_only_what_a_browser_runs_is_xss(page: str, where: str) -> None:
    pytest.importorskip("html5lib")
    assert where in (runs(answer(page, headers=HTML), "MARK") or "") and bool(runs(answer(page, headers=HTML), "MARK")) is bool(where)
    assert runs(answer(page), "MARK") is None
    assert runs(answer(page, headers=(*HTML, ("Content-Disposition", "attachment"))), "MARK") is None


@pytest.mark.parametrize(
    "field, value, is_secret",
    [
        ("password_hash", "5f4dcc3b5aa765d61d8327deb882cf99", True), ("dsn", "postgres://shop:pw@db/shop", True), ("url", "https://a.example:8080/x@y", False), ("pem", "-----BEGIN PRIVATE KEY-----\nMIIE", True), ("pw", "$2b$12$" + "a" * 40, True), ("secret_key", "abcdef123", True),
        ("token", "abcdefghijklmnop", True), ("secret_access_key", "GJBvoBz3VmWbUiSXzgRYvTiBmtbarEfRdnlFvDIE", True), ("access_key_id", "AKIARZPUZDIKPMTM6NDT", False), ("note", "ghp_" + "a1B2" * 9, True), ("api_key", "********", False), ("api_key", "xxxx-xxxx", False), ("next_page_token", "b2Zmc2V0OjQw", False),
        ("password_set", True, False), ("csrf_token", "abcdefghijklmnop", False), ("name", "Alice", False),
    ],
)  # fmt: skip
def test_secrets_in_answers(field: str, value: Any, is_secret: bool) -> None:
    assert bool(list(secrets(answer({"users": [{field: value}]})))) is is_secret


@pytest.mark.parametrize("host, expected", [("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.9.9.9", True),
                                            ("10.0.0.1", False), ("example.com", False), ("127.0.0.1.example.com", False)])  # fmt: skip
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_origins() -> None:
    assert parse_origin("http://[::1]:5000/base/").url == "http://[::1]:5000/base"  # type: ignore[union-attr]
    assert [parse_origin(text) for text in ("ftp://x", "http://", "http://x:99999", "http://[")] == [None] * 4


def finding(**more: Any) -> Finding:
    shown = {"curl": "curl x", "method": "GET"}
    values: dict[str, Any] = {
        "id": "0123456789abcdef", "kind": "bola", "severity": "high", "owasp": "API1:2023 X", "cwe": "CWE-639", "method": "GET",
        "route": "/a/{id}", "service": "s", "file": "app/views.py", "line": 7, "identity": "bob", "title": "t\x00itle",
        "evidence": "e<>&", "baseline": shown, "test": shown, "advice": "a",
    }  # fmt: skip
    return Finding(**{**values, **more})


RESULT = Result("r", "http://127.0.0.1:1", 0, 0.0, 1.0, 1, 2, (finding(), finding(id="f" * 16, file="/abs/x.py"), finding(file="../x.py")),
                (Skip("POST", "/b", "all", "why"),), (Checked("GET", "/a/{id}", "bola"), Checked("GET", "/a/{id}", "auth")),
                ((finding(id="e" * 16), "known"),))  # fmt: skip


def test_sarif_has_relative_files_rules_and_stable_fingerprints() -> None:
    run = as_sarif(RESULT)["runs"][0]
    files = [place["physicalLocation"]["artifactLocation"]["uri"] for item in run["results"] for place in item["locations"]]
    assert files == ["app/views.py", "app/views.py"] and len(run["results"]) == 2
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 2
    assert run["results"][0]["partialFingerprints"] == {"metloFindingId/v1": "0123456789abcdef"}
    assert run["results"][-1]["suppressions"] == [{"kind": "external", "justification": "known"}]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[item["ruleIndex"]]["id"] == item["ruleId"] for item in run["results"]) and len(rules) == len(KINDS)


def test_junit_has_a_case_for_each_endpoint_and_kind() -> None:
    suite = ElementTree.fromstring(as_junit(RESULT).encode())[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert {(case.get("classname"), case.get("name")) for case in suite} == {
        ("security.bola", "GET /a/{id}"), ("security.auth", "GET /a/{id}"), ("security.all", "POST /b"),
    }  # fmt: skip


def test_what_is_missing_is_installed_by_its_own_name() -> None:
    """metlo-auto itself is not installed in the environment that `metlo-run --local` makes."""
    with pytest.raises(command.Misused, match="-m pip install no_such_module$"):
        command._check_packages(("no_such_module", "json"), "--fuzz needs")
