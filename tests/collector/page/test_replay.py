"""Copies of a request, parsed and executed: they send what was sent, and run nothing else."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import unquote

import pytest

from metlo_auto.collector.page import replay
from tests.collector.collector_support import trace

HOSTILE = "'; touch owned; $(touch owned) `touch owned` \"\n\\{__import__('os').system('touch owned')}\u2028é"
FORM = "application/x-www-form-urlencoded"


def _headers(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


CASES: dict[str, dict[str, Any]] = {
    "a header named F with quotes": trace("/f", "POST", request_headers=_headers(
        ("F", "redacted-abcdefghijkl'+__import__('os').system('touch owned')+'"), ("f2", HOSTILE))),
    "a header that is no variable": trace("/g", request_headers=_headers(
        ("1-x'y", "redacted"), ("PATH", "redacted-abcdefghijkl"), ("$(id)", "redacted"), ("X-Empty", ""))),
    "a header from a file": trace("/h", request_headers=_headers(("@/etc/passwd", "x"), ("-K", "/etc/passwd"))),
    "hostile path, query and body": trace("/a b/%27;$(touch owned)/{x}/é", "POST", parameters=[
        {"name": HOSTILE, "value": HOSTILE}], request_headers=_headers(("Content-Type", "text/plain")),
        request_body="@/etc/passwd " + HOSTILE),
    "basic credentials": trace("/b", request_headers=_headers(("Authorization", "Basic redacted-abcdefghijkl"))),
    "basic credentials that arrived": trace("/b", request_headers=_headers(("Authorization", "Basic dXNlcjpwYXNz"))),
    "a password in JSON": trace("/j", "POST", request_body=json.dumps(
        {"user": "x'y\"", "password": "redacted-abcdefghijkl", "pin": 4711, "mail": "ann@example.com"})),
    "a password in a form": trace("/k", "POST", request_headers=_headers(("Content-Type", FORM)),
                                  request_body="user=a%20b&password=redacted&mail=ann%40example.com"),
    "a password in a text": trace("/l", "POST", request_headers=_headers(("Content-Type", "text/plain")),
                                  request_body="login password=redacted; then 'x'"),
    "a head": trace("/head", "HEAD"),
    "an upload whose body was not kept": trace("/up", "PUT", request_headers=_headers(("Content-Type", "image/png")),
                                               meta={"requestBody": {"size": 9, "captured": 0, "omitted": "binary"}}),
    "a refused one": trace("/no", status=401, request_headers=_headers(("Authorization", "Bearer redacted"))),
    "one that was not found": trace("/none/../x", status=404),
    "no content type": trace("/m", "POST", request_headers=[], request_body="a=b"),
    "mail in path and query": trace("/u/ann@example.com", parameters=[{"name": "q", "value": "ann@example.com"}]),
    "lone surrogates": trace("/s", "POST", request_headers=_headers(("X", "\ud800")), request_body="\ud800"),
}  # fmt: skip
VARIABLES = {"PASSWORD": 'p"w\'', "PIN": "4711", "MAIL": "ann@example.com", "Q": "ann@example.com", "BODY_FILE": "body.bin"}


class _Echo(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response({"/no": 401, "/none/../x": 404}.get(unquote(self.path), 200))
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_HEAD = _answer

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _to(server: Any, sent: dict[str, Any]) -> dict[str, Any]:
    url = {**sent["request"]["url"], "host": f"127.0.0.1:{server.server_port}"}
    return {**sent, "request": {**sent["request"], "url": url}}


def _environment(folder: Path, *codes: str) -> dict[str, str]:
    """Every variable that the copies ask for."""
    (folder / "body.bin").write_bytes(b"\x00file")
    asked = set(re.findall(r"\$\{(\w+):\?\}|environ\['(\w+)'\]", "\n".join(codes)))
    names = {name for pair in asked for name in pair if name}
    return {**dict.fromkeys(names, "filled"), **VARIABLES, "PATH": os.environ["PATH"], "HOME": str(folder)}


def _check(seen: list[Any], folder: Path) -> None:
    """What the server received from all copies, by path."""
    by_path = {path: (method, headers, body) for method, path, headers, body in seen}
    assert by_path["/b"][1]["Authorization"] == "Basic filled"
    assert json.loads(by_path["/j"][2]) == {
        "user": "x'y\"", "password": "p\"w'", "pin": 4711, "mail": "ann@example.com"}  # fmt: skip
    assert by_path["/k"][2].startswith(b"user=a%20b&password=p") and b"&mail=ann" in by_path["/k"][2]
    assert by_path["/l"][2] == b"login password=p\"w'; then 'x'"
    assert by_path["/head"][0] == "HEAD"
    assert by_path["/up"][2] == b"\x00file"
    assert by_path["/g"][1].get("PATH") == "filled"
    assert by_path["/m"][2] == b"a=b" and "Content-Type" not in by_path["/m"][1]
    [hostile] = [path for path in by_path if path.startswith("/a%20b/")]
    assert by_path[hostile][2].decode() == "@/etc/passwd " + HOSTILE
    assert "/none/../x" in map(unquote, by_path)
    assert any(path.startswith("/u/") and "ann" in path or "filled" in path for path in by_path)
    assert not list(folder.rglob("owned"))


def test_pytest_copies_pass_against_the_app_that_responded(echo: Any, tmp_path: Path) -> None:
    codes = []
    for number, sent in enumerate(CASES.values()):
        codes.append(replay.as_pytest(_to(echo, sent), "/x"))
        ast.parse(codes[-1])
        (tmp_path / f"test_{number}.py").write_text(codes[-1], "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    env = _environment(tmp_path, *codes)
    env["PIN"] = "4711"
    done = subprocess.run(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, timeout=60)
    assert done.returncode == 0, done.stdout.decode()
    seen = [(method, path, headers, body) for method, path, headers, body in echo.seen]
    _check(seen, tmp_path)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_copies_send_the_same(echo: Any, tmp_path: Path) -> None:
    commands = [replay.as_curl(_to(echo, sent)) for sent in CASES.values()]
    for command in commands:
        env = _environment(tmp_path, *commands)
        env["PASSWORD"] = "p\\\"w'" if '{"' in command.partition("--data-raw")[2] else VARIABLES["PASSWORD"]
        done = subprocess.run(["sh", "-ec", command], cwd=tmp_path, env=env, stderr=subprocess.PIPE, timeout=30)
        assert done.returncode == 0, (command, done.stderr)
    _check(echo.seen, tmp_path)


@pytest.mark.parametrize("name", sorted(CASES))
def test_nothing_hidden_stands_in_a_copy(name: str) -> None:
    for code in (replay.as_pytest(CASES[name], "/x"), replay.as_curl(CASES[name])):
        assert "redacted" not in code and "ann@example" not in code and "dXNlcjpwYXNz" not in code


def test_values_that_a_person_chose_to_show_are_literals() -> None:
    code = replay.as_pytest(CASES["a password in JSON"], "/x", revealed=True)
    assert "ann@example.com" in code and "os.environ['PASSWORD']" in code


def test_a_copy_says_what_it_cannot_do() -> None:
    assert "status 401" in replay.as_curl(CASES["a refused one"])
    assert "BODY_FILE" in replay.as_pytest(CASES["an upload whose body was not kept"], "/x")
    assert "left out" in replay.as_curl(CASES["a header from a file"])
