"""Nobody but who started the collector gets in, reads along or acts; each test tries to."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Callable, Iterator

import pytest
import requests

from tests.collector.collector_support import Collector, trace
from tests.collector.page.browser import expect
from tests.collector.page.conftest import fresh_address

pytestmark = pytest.mark.slow
PAGES = ("/", "/requests", "/requests/1", "/requests/1/curl", "/requests/1/pytest", "/findings", "/sensitive", "/openapi",
         "/openapi.json", "/settings", "/pulse", "/requests.har", "/requests.jsonl", "/endpoints/x", "/nothing")  # fmt: skip
ACTIONS = ("/endpoints/x/delete", "/dismiss", "/restore", "/settings", "/delete", "/openapi")


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    running = Collector(tmp_path_factory.mktemp("busy"))
    running.batch([trace("/orders/1", route="/orders/{id}", response_body='{"email": "alice@example.com"}')] * 3)
    running.settled(3)
    yield running
    running.stop()


@pytest.fixture
def session(busy: Collector) -> Iterator[requests.Session]:
    """Somebody who is signed in."""
    with requests.Session() as signed_in:
        signed_in.trust_env = False
        assert signed_in.get(fresh_address(busy), timeout=30).status_code == 200
        yield signed_in


def csrf(session: requests.Session, busy: Collector) -> str:
    page = session.get(busy.url + "/settings", timeout=30).text
    return page.split('name="csrf" value="', 1)[1].split('"', 1)[0]


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_sees_no_page(busy: Collector, path: str) -> None:
    answer = requests.get(busy.url + path, headers={"Accept": "text/html"}, timeout=30)
    assert answer.status_code == 401
    assert "orders" not in answer.text and "alice" not in answer.text and busy.key not in answer.text


@pytest.mark.parametrize("path", ACTIONS)
def test_a_stranger_does_nothing(busy: Collector, path: str) -> None:
    answer = requests.post(busy.url + path, data={"what": "all", "sure": "yes"}, timeout=30)
    assert answer.status_code == 401 and busy.status()["accepted_traces"] == 3


def test_a_printed_address_opens_once(busy: Collector) -> None:
    address = fresh_address(busy)
    first = requests.get(address, allow_redirects=False, timeout=30)
    assert (first.status_code, first.headers["Location"]) == (302, "/")
    assert requests.get(address, timeout=30).status_code == 401


def test_a_token_with_one_letter_changed_opens_nothing(busy: Collector) -> None:
    address = fresh_address(busy)
    changed = address[:-1] + ("0" if address[-1] != "0" else "1")
    assert requests.get(changed, timeout=30).status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(opened: Any, busy: Collector) -> None:
    page = opened(busy)
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"] is True and cookie["sameSite"] == "Strict"
    assert page.evaluate("document.cookie") == ""


def test_the_token_leaves_the_address_bar(opened: Any, busy: Collector) -> None:
    assert opened(busy).url == busy.url + "/"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example"]
)
def test_a_rebound_name_gets_nothing(busy: Collector, session: requests.Session, host: str) -> None:
    answer = session.get(busy.url + "/", headers={"Host": host}, timeout=30)
    assert answer.status_code == 421 and "orders" not in answer.text


@pytest.mark.parametrize("path", ACTIONS)
def test_no_action_without_the_forms_own_token(busy: Collector, session: requests.Session, path: str) -> None:
    for given in ({}, {"csrf": ""}, {"csrf": "0" * 40}):
        answer = session.post(busy.url + path, data={"what": "all", "sure": "yes", "key": "x", **given}, timeout=30)
        assert answer.status_code == 403, path
    assert busy.status()["accepted_traces"] == 3


def test_no_action_with_the_token_of_another_session(busy: Collector, session: requests.Session) -> None:
    with requests.Session() as other:
        other.get(fresh_address(busy), timeout=30)
        theirs = csrf(other, busy)
    answer = session.post(busy.url + "/delete", data={"what": "all", "sure": "yes", "csrf": theirs}, timeout=30)
    assert answer.status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://evil.example"])
def test_no_action_from_another_origin(busy: Collector, session: requests.Session, origin: str) -> None:
    data = {"what": "all", "sure": "yes", "csrf": csrf(session, busy)}
    assert session.post(busy.url + "/delete", data=data, headers={"Origin": origin}, timeout=30).status_code == 403
    assert busy.status()["accepted_traces"] == 3


def test_no_action_by_get(busy: Collector, session: requests.Session) -> None:
    for path in ("/dismiss", "/restore", "/delete"):
        answer = session.get(busy.url + path, params={"what": "all", "sure": "yes", "key": "x"}, timeout=30)
        assert answer.status_code == 405


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_policy(busy: Collector, session: requests.Session, path: str) -> None:
    for client in (session, requests):
        headers = client.get(busy.url + path, timeout=30).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy and "base-uri 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in headers


def test_no_page_shows_the_key(busy: Collector, session: requests.Session) -> None:
    for path in PAGES:
        assert busy.key not in session.get(busy.url + path, timeout=30).text


@pytest.mark.parametrize("path", ["/static/../views.py", "/static/%2e%2e/views.py", "/static//etc/passwd", "/static/"])
def test_the_static_folder_holds_nothing_else(busy: Collector, path: str) -> None:
    connection = http.client.HTTPConnection(busy.url[len("http://") :], timeout=30)
    connection.request("GET", path)
    assert connection.getresponse().status in (401, 404)
    connection.close()


class _Evil(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = self.server.page.encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def evil() -> Iterator[Callable[[str, str], str]]:
    """`evil(name, page)`: the address of another site on this machine, under the host `name`, that answers `page`."""
    server: Any = HTTPServer(("127.0.0.1", 0), _Evil)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def site(name: str, page: str) -> str:
        server.page = page
        return f"http://{name}:{server.server_port}/"

    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_form_on_another_site_does_nothing(
    opened: Any, busy: Collector, session: requests.Session, evil: Any, name: str
) -> None:
    page = opened(busy)
    form = '<form method=post action="{}/delete"><input name=what value=all><input name=sure value=yes>'
    form += '<input name=csrf value="{}"></form><script>document.forms[0].submit()</script>'
    page.complaints.origin_is_free = True
    page.complaints.expected = ("403", "401", "favicon")
    page.goto(evil(name, form.format(busy.url, csrf(session, busy))))
    expect(page.locator("h1")).to_have_text(
        ["Not done" if name == "127.0.0.1" else "This page needs the address that was printed"]
    )
    assert busy.status()["accepted_traces"] == 3


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_another_site_can_neither_frame_nor_read_nor_load(opened: Any, busy: Collector, evil: Any, name: str) -> None:
    page = opened(busy)
    page.complaints.origin_is_free = True
    page.complaints.expected = ("CORS", "frame", "Frame", "Failed to load", "ERR_")
    attack = f"""<iframe src="{busy.url}/"></iframe><script src="{busy.url}/pulse"></script><script>
    const tries = ["/", "/api/local/traces", "/api/local/endpoints", "/openapi.json"].map(path =>
        fetch("{busy.url}" + path, {{credentials: "include"}}).then(answer => answer.text(), () => "refused"));
    Promise.all(tries).then(texts => {{ document.title = texts.join(" "); }});
    </script>"""
    page.goto(evil(name, attack))
    expect(page).to_have_title("refused refused refused refused")
    frame = page.frames[1]
    assert "orders" not in frame.content()
