"""Attempts to get in, and what of them is answered."""

from __future__ import annotations

import os
import socket
import stat
import time
from pathlib import Path

import pytest
import requests

from metlo_auto.collector.service import signed_tokens
from tests.collector.collector_support import Collector, run, trace


def _browser(collector: Collector) -> requests.Session:
    """A session that has opened the printed address."""
    session = requests.Session()
    session.trust_env = False
    answer = session.get(collector.page, timeout=10)
    assert answer.status_code == 200
    return session


PAGES = ["/", "/api/local/endpoints", "/api/local/traces", "/api/local/status", "/api/local/findings"]


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_shown_without_token_cookie_or_key(shared: Collector, path: str) -> None:
    for headers in ({}, {"Authorization": "wrong"}, {"Cookie": "metlo-collector=1.2.3"}):
        assert requests.get(shared.url + path, headers=headers, timeout=10).status_code == 401


def test_the_printed_address_opens_once(collector: Collector) -> None:
    session = _browser(collector)
    assert session.get(collector.url + "/", timeout=10).status_code == 200
    assert requests.get(collector.page, timeout=10).status_code == 401


def _session(browser: requests.Session) -> str:
    """The value of the one cookie that a collector sets."""
    [value] = browser.cookies.values()
    return str(value)


def test_the_token_leaves_the_address_and_the_cookie_is_locked_down(collector: Collector) -> None:
    answer = requests.get(collector.page, timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie


def test_the_cookie_outlives_a_restart_and_the_token_does_not_come_back(collector: Collector) -> None:
    session = _browser(collector)
    spent = collector.page.partition("?")[2]
    collector.stop()
    collector.start()
    assert session.get(collector.url + "/", timeout=10).status_code == 200
    assert requests.get(collector.url + "/?" + spent, timeout=10).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "[::2]:80"])
def test_a_rebound_name_is_not_answered(collector: Collector, host: str) -> None:
    session = _browser(collector)
    answer = session.get(collector.url + "/", headers={"Host": host}, timeout=10)
    assert answer.status_code in (400, 421)
    assert "Endpoint" not in answer.text


def test_a_form_needs_its_own_origin_and_token(collector: Collector) -> None:
    session = _browser(collector)
    address = collector.url + "/api/local/routes"
    body = {"routes": []}
    assert session.post(address, json=body, timeout=10).status_code == 403
    assert session.post(address, json=body, headers={"X-CSRF-Token": "x"}, timeout=10).status_code == 403
    secret = (collector.data_dir / "page-secret").read_text().strip().encode()
    csrf = {"X-CSRF-Token": signed_tokens.derive(secret, "csrf", _session(session))}
    for origin in ("https://evil.example", "null", collector.url.replace("127.0.0.1", "127.0.0.2")):
        headers = {**csrf, "Origin": origin}
        assert session.post(address, json=body, headers=headers, timeout=10).status_code == 403
    assert session.post(address, json=body, headers={**csrf, "Origin": collector.url}, timeout=10).status_code == 200


def test_every_page_is_hardened(collector: Collector) -> None:
    session = _browser(collector)
    for path in ("/", "/api/local/status", "/nothing"):
        headers = session.get(collector.url + path, timeout=10).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] in ("no-referrer", "same-origin")
        assert headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in headers


def test_captured_text_is_shown_as_text(collector: Collector) -> None:
    bait = "<script>alert(1)</script>"
    quoted = bait.replace("<", "%3C").replace(">", "%3E")
    hostile = trace(
        "/" + quoted, host=bait, route="/" + bait, parameters=[{"name": bait, "value": bait}], trace_id=bait
    )
    collector.batch([hostile, trace("/x", route="/x", method="GET", host='"><img src=x onerror=alert(1)>')])
    collector.settled(2)
    page = _browser(collector).get(collector.url + "/", timeout=10).text
    assert bait not in page and "<img src=x" not in page
    assert "&lt;script&gt;" in page or "&lt;img" in page


def test_only_this_user_can_read_the_folder(collector: Collector) -> None:
    collector.batch([trace()])
    collector.settled(1)
    assert stat.S_IMODE(os.stat(collector.data_dir).st_mode) == 0o700
    for file in collector.data_dir.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_folder_that_was_open_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    (folder / "api-key").write_text("known-to-others")
    (folder / "api-key").chmod(0o644)
    assert run(folder, "status").returncode == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs root to make another user's folder")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    done = run(tmp_path, "status")
    os.chown(tmp_path, 0, 0)
    assert done.returncode == 1
    assert "belongs to another user" in done.stderr and done.stderr.count("\n") == 1


def test_it_listens_on_loopback_only(collector: Collector) -> None:
    port = int(collector.url.rpartition(":")[2])
    with socket.socket() as other, pytest.raises(OSError):
        other.settimeout(2)
        other.connect(("127.0.0.2", port))


def test_listening_off_loopback_has_to_be_asked_for(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 1
    assert "--allow-remote" in done.stderr and done.stderr.count("\n") == 1


def test_off_loopback_addresses_and_allowed_names_are_answered(tmp_path: Path) -> None:
    collector = Collector(tmp_path, "--host", "0.0.0.0", "--allow-remote", "--allow-name", "box.example")
    try:
        session = _browser(collector)
        for host, status in (
            ("192.0.2.1:80", 200),
            ("box.example", 200),
            ("[2001:db8::1]:80", 200),
            ("evil.example", 421),
        ):
            headers = {"Host": host, "Cookie": "; ".join(f"{name}={value}" for name, value in session.cookies.items())}
            assert requests.get(collector.url + "/", headers=headers, timeout=10).status_code == status
    finally:
        collector.stop()


SECRET = b"secret"


def test_signed_texts_hold_for_their_purpose_their_time_and_their_secret() -> None:
    now = time.time()
    text = signed_tokens.make(SECRET, "session", now)
    assert signed_tokens.check(SECRET, "session", text, now + 10, 60)
    assert not signed_tokens.check(SECRET, "token", text, now, 60)
    assert not signed_tokens.check(b"other", "session", text, now, 60)
    assert not signed_tokens.check(SECRET, "session", text, now + 61, 60)
    assert not signed_tokens.check(SECRET, "session", text, now - 3600, 60)


@pytest.mark.parametrize("text", [None, "", ".", "..", "a.b.c", "zz.b.c", "é", "1" * 10_000])
def test_what_nobody_signed_is_refused_without_an_error(text: str) -> None:
    assert not signed_tokens.check(SECRET, "session", text, time.time(), 60)
