"""Metlo's YAML test files: every key, what is wrong with a file, verdicts and exit statuses."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from metlo_auto.collector.security_tests.metlo_yaml.document import BadFile, read_document
from metlo_auto.collector.security_tests.metlo_yaml.expression import BadExpression, evaluate, is_true
from metlo_auto.collector.security_tests.metlo_yaml.payloads import PAYLOADS
from metlo_auto.collector.security_tests.metlo_yaml.selecting import BadSelector, selected
from metlo_auto.collector.security_tests.metlo_yaml.templates import UnknownVariable, filled_in
from tests.security_tests.scene import run

RESP = {"status": 201, "headers": {"x-a": "bc"}, "data": {"token": "t1", "items": [{"id": 7}], "ok": True}, "body": "hello", "duration": 12.5}


class Echo(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, dict[str, str]]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Echo

    def any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.asked.append((self.command, self.path, body, dict(self.headers)))
        parts = urlsplit(self.path)
        answer = json.dumps({"query": parse_qs(parts.query), "cookie": self.headers.get("Cookie", ""), "token": "t-77",
                             "items": [{"id": 5}]}).encode()  # fmt: skip
        if parts.path == "/page":
            answer = b"<form><input name=csrf class='a b' value=c-99></form>"
        self.send_response(302 if parts.path == "/moved" else 200)
        if parts.path == "/moved":
            self.send_header("Location", "/elsewhere")
        self.send_header("Set-Cookie", "sid=abc; Path=/")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = any

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    server = Echo()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def ran(folder: Path, echo: Echo, text: str, *more: str, **environ: str) -> Any:
    echo.asked.clear()
    (folder / "t.yaml").write_text(text)
    return run(folder, "test", echo.url, "--run", "t.yaml", "--rate", "500", *more, **environ)


WHOLE = """
id: whole
meta: {name: Every key, severity: HIGH, tags: [a, b]}
options: {stopOnFailure: false}
env: [{name: WORD, value: "a&b=c"}]
test:
  - request:
      method: GET
      url: "{{BASE_URL}}/first?x=1"
      headers: [{name: X-Who, value: "{{default WHO \\"nobody\\"}}"}]
      query: [{name: q, value: "{{WORD}}"}]
    extract:
      - {name: TOKEN, type: VALUE, value: resp.data.token}
      - {name: FIRST, type: JS, value: "resp.data.items[0].id"}
      - {name: DIGITS, type: REGEXP, value: "t-(\\\\d+)"}
    assert:
      - resp.status == 200 && !(resp.duration > 60000)
      - {type: EQ, key: "resp.data.query.q[0]", value: "{{WORD}}", description: values are encoded}
      - {type: REGEXP, key: resp.data.token, value: "^t-"}
      - {type: JS, value: "resp.headers['set-cookie'].includes('sid')"}
  - request: {method: GET, url: /page}
    extract: [{name: CSRF, type: HTML, value: "form input.b[name=csrf]"}]
  - request:
      method: POST
      url: /form
      form: [{name: csrf, value: "{{CSRF}}"}, {name: token, value: "{{TOKEN}}/{{FIRST}}/{{DIGITS}}"}]
    assert: [resp.data.cookie == 'sid=abc']
  - request: {method: POST, url: /graphql, graphql: "{ viewer { id } }"}
  - request: {method: PUT, url: /data, data: '{"a": 1}'}
  - request: {method: GET, url: /moved}
    assert: [resp.status == 302]
"""


def test_every_key_does_what_it_says(tmp_path: Path, echo: Echo) -> None:
    done = ran(tmp_path, echo, WHOLE, "--allow-writes")
    assert done.returncode == 0, done.stdout + done.stderr
    first, page, form, graphql, data, moved = echo.asked
    assert first[1] == "/first?x=1&q=a%26b%3Dc" and first[3]["X-Who"] == "nobody"
    assert "c-99" in form[2] and "t-77/5/77" in form[2] and form[3]["Content-Type"].startswith("multipart/form-data")
    assert json.loads(graphql[2]) == {"query": "{ viewer { id } }"} and data[3]["Content-Type"] == "application/json"
    assert moved[1] == "/moved" and page[3]["Cookie"] == "sid=abc"
    assert ran(tmp_path, echo, WHOLE, "--allow-writes", WHO="me").returncode == 0 and echo.asked[0][3]["X-Who"] == "me"


def test_each_payload_is_one_request_and_products_are_all_made(tmp_path: Path, echo: Echo) -> None:
    text = (
        "id: p\ntest:\n- request: {method: GET, url: /p, query: [{name: a, value: '{{A}}'}, {name: b, value: '{{B}}'}, {name: c, value: '{{C}}'}]}\n"
        "  payload: [{key: A, value: XSS}, {key: B, value: SQLI_TIME}, {key: C, value: SQLI_TIME}]\n"
        "  assert: [resp.status == 200]\n"
    )
    done = ran(tmp_path, echo, text)
    asked = [tuple(value for _, value in parse_qsl(urlsplit(path).query)) for _, path, *_ in echo.asked]
    assert done.returncode == 0 and len(asked) >= 250
    assert asked == list(product(PAYLOADS["XSS"], PAYLOADS["SQLI_TIME"], PAYLOADS["SQLI_TIME"]))


STEP = "id: a\ntest:\n- request: {method: GET, url: /x}\n"


@pytest.mark.parametrize(
    "text, status, said",
    [
        (STEP + "  assert: [resp.status == 404]\n", 1, "resp.status == 404 does not hold"),
        (STEP + "  assert:\n  - {type: EQ, key: resp.status, value: 201}\n", 1, "t.yaml:5: GET /x: resp.status is 200, not 201"),
        (STEP + "  extract: [{name: A, type: VALUE, value: resp.data.nothing}]\n", 1, "has nothing at"),
        (STEP + "  asserts: []\n", 2, "t.yaml:4: unknown key asserts"),
        (STEP + "  payload: [{key: A, value: XXE}]\n", 2, "value XXE is not known"),
        (STEP + "  assert: ['process.exit(0)']\n", 2, "'process' is not known"),
        (STEP.replace("/x", "'/{{NOBODY}}'"), 2, "the variable NOBODY has no value"),
        (STEP.replace("/x", "http://192.0.2.1/x"), 2, "nothing else is asked"),
        (STEP.replace("GET", "POST"), 2, "POST is sent with --allow-writes only"),
        (STEP.replace("GET", "FETCH"), 2, "method FETCH is not known"),
        ("id: a\ntest: []\n", 3, "nothing ran"),
        ("id: a\n", 2, "test is missing"),
        ("id: a\ntest: [\n", 2, "t.yaml:"),
        ("", 2, "the file is empty"),
    ],
)
def test_verdicts(tmp_path: Path, echo: Echo, text: str, status: int, said: str) -> None:
    done = ran(tmp_path, echo, text)
    assert done.returncode == status and said in done.stdout + done.stderr, done.stdout + done.stderr


def test_every_file_runs_before_the_command_ends(tmp_path: Path, echo: Echo) -> None:
    (tmp_path / "bad.yaml").write_text("id: a\nwrong: 1\n")
    (tmp_path / "fails.yaml").write_text(STEP + "  assert: [resp.status == 1]\n")
    (tmp_path / "t.yaml").write_text(STEP)
    echo.asked.clear()
    report = tmp_path / "r.xml"
    done = run(tmp_path, "test", echo.url, "--run", "bad.yaml", "fails.yaml", "t.yaml", "--junit", str(report))
    assert done.returncode == 2 and len(echo.asked) == 2 and "bad.yaml:2: unknown key wrong" in done.stderr
    assert 'failures="1" errors="1"' in report.read_text()


def test_an_app_that_is_not_there_gives_3(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(STEP)
    assert run(tmp_path, "test", "http://127.0.0.1:1", "--run", "t.yaml").returncode == 3


@pytest.mark.parametrize(
    "text, value",
    [
        ("resp.status < 300", True),
        ("resp.status === 201 && resp.data.ok", True),
        ("!resp.data.missing", True),
        ("resp.data.items[0].id == '7'", True),
        ("resp.data.items.length", 1),
        ("resp.headers['x-a'].indexOf('c')", 1),
        ("resp.data.missing.deeper.still", None),
        ("resp.body.toUpperCase().startsWith('HEL') || false", True),
        ("(resp.status > 300 || resp.status == 201) && resp.duration <= 12.5", True),
        ("'a\\'b'", "a'b"),
        ("-1 < 0", True),
        ("resp.status !== '201'", True),
    ],
)
def test_expressions(text: str, value: Any) -> None:
    assert evaluate(text, {"resp": RESP}) == value


@pytest.mark.parametrize(
    "text",
    ["", "resp.", "resp.status =", "resp.status = 1", "alert(1)", "resp.constructor('x')", "(" * 500, "!" * 500, "1 +", "a ? b : c",
     "resp.data.items.map(x)", "`x`", "resp['a'", "resp.includes()", "[]"],
)  # fmt: skip
def test_anything_else_is_an_error(text: str) -> None:
    with pytest.raises(BadExpression):
        evaluate(text, {"resp": RESP})


def test_truth_is_javascripts() -> None:
    assert [is_true(value) for value in (0, "", None, False, [], {}, "0", 1)] == [False] * 4 + [True] * 4


def test_variables() -> None:
    values = {"A": "1", "b.c": "2"}
    assert filled_in("x{{A}}{{ b.c }}{{default D \"d e\"}}{{default A 'no'}}", values) == "x12d e1"
    assert filled_in("{{A}}", {"A": "{{A}}"}) == "{{A}}"
    for text in ("{{NO}}", "{{default X}}", "{{A B}}"):
        with pytest.raises(UnknownVariable):
            filled_in(text, values)


def test_selectors() -> None:
    page = "<div id=a><p class='x y'>one</p><p class=y>two</p></div><meta name=t content=c>"
    assert [selected(page, s) for s in ("#a .y", "p.x", "div p", "[name=t]", "section")] == ["one", "one", "one", "c", None]
    with pytest.raises(BadSelector):
        selected(page, "p > a")


def test_written_files_are_read_again(tmp_path: Path, clinic_app: Any) -> None:
    done = run(clinic_app.collector.data_dir, "test", clinic_app.url, "--write", str(tmp_path / "w"))
    paths = sorted((tmp_path / "w").glob("*.yaml"))
    assert done.returncode == 0 and len(paths) > 8
    assert all(read_document(path).steps for path in paths)
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("- a\n")
    with pytest.raises(BadFile):
        read_document(wrong)
