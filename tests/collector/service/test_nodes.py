"""Several nodes are one collector: no folder, one key, one login; they wait for their store, and end without losing a post."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from typing import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from tests.collector.collector_support import run, trace, until
from tests.collector.node_support import KEY, AnalyserProcess, Node, node_environment
from tests.collector.postgres_support import Server


@pytest.fixture
def two_nodes(postgres: str) -> Iterator[list[Node]]:
    nodes = [Node(postgres, "--no-analyser") for _ in range(2)]
    yield nodes
    for node in nodes:
        node.stop()


def test_one_login_opens_every_node_and_a_form_of_one_is_taken_by_the_other(two_nodes: list[Node]) -> None:
    first, second = two_nodes
    browser = requests.Session()
    assert browser.get(first.page, timeout=10).status_code == 200
    page = browser.get(second.url + "/settings", timeout=10)
    assert page.status_code == 200
    [csrf] = set(re.findall(r'name="csrf" value="([^"]+)"', page.text))
    form = {"csrf": csrf, "samples": "7", "megabytes": "8", "days": "9"}
    assert browser.post(first.url + "/settings", data=form, timeout=10).status_code == 200
    assert 'value="7"' in browser.get(second.url + "/settings", timeout=10).text
    spent = urlsplit(first.page).query
    assert requests.get(f"{second.url}/?{spent}", timeout=10).status_code == 401


def test_what_one_node_takes_an_analyser_elsewhere_counts_and_every_node_shows(
    two_nodes: list[Node], postgres: str
) -> None:
    first, second = two_nodes
    analyser = AnalyserProcess(postgres)
    try:
        assert first.batch([trace("/a", route="/a")] * 2, "one").text == "OK"
        assert second.batch([trace("/a", route="/a")] * 2, "one").text == "OK"
        assert second.settled(2)["duplicate_batches"] == 1
        for node in two_nodes:
            assert [e["calls"] for e in node.get("/api/local/endpoints")] == [2]
    finally:
        assert analyser.stop() == 0


def test_a_node_starts_before_its_store_and_comes_by_itself(postgres_server: Server) -> None:
    node = Node(postgres_server.url)
    try:
        assert requests.get(node.url + "/livez", timeout=10).status_code == 200
        assert requests.get(node.url + "/readyz", timeout=10).status_code == 503
        for answer in (node.batch([trace()]), requests.get(node.url + "/", headers={"Authorization": KEY}, timeout=10)):
            assert answer.status_code == 503 and float(answer.headers["Retry-After"]) > 0
        postgres_server.start()
        until(lambda: requests.get(node.url + "/readyz", timeout=10).status_code == 200)
        assert node.batch([trace()]).status_code == 200
        assert node.settled(1)["applied_traces"] == 1
    finally:
        node.stop()


def test_an_analyser_starts_before_its_store_and_ends_on_sigterm_without_it(postgres_server: Server) -> None:
    analyser = AnalyserProcess(postgres_server.url)
    try:
        assert "waiting for it" in analyser.process.stderr.readline()
    finally:
        assert analyser.stop() == 0


def test_sigterm_answers_what_is_on_its_way_and_takes_nothing_new(two_nodes: list[Node]) -> None:
    node, other = two_nodes
    address = urlsplit(node.url)
    idle = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    idle.request("GET", "/livez")
    assert idle.getresponse().read() == b"ok\n"
    body = json.dumps([trace("/late", route="/late")]).encode()
    with socket.create_connection((address.hostname, address.port), timeout=20) as slow:
        head = f"POST /api/v1/log-request/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {KEY}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        slow.sendall(head.encode() + body[:20])
        until(lambda: _is_connected(node))
        node.process.send_signal(signal.SIGTERM)
        until(lambda: not _is_connected(node))
        assert node.process.poll() is None
        slow.sendall(body[20:])
        answer = slow.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert node.process.wait(20) == 0
    assert idle.sock.recv(10) == b""
    assert other.status()["accepted_traces"] == 1


def _is_connected(node: Node) -> bool:
    try:
        return requests.get(node.url + "/livez", timeout=10).status_code == 200
    except requests.ConnectionError:
        return False


def test_gunicorn_runs_a_node_by_the_named_factory(postgres: str) -> None:
    pytest.importorskip("gunicorn", reason="gunicorn is not installed")
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "2", "--threads", "4", "--preload"]
    command += ["--worker-tmp-dir", "/dev/shm", "--no-control-socket", "metlo_auto.collector.service.wsgi:create_app()"]
    environ = {**node_environment(), "METLO_COLLECTOR_STORE": postgres, "METLO_COLLECTOR_KEY": KEY}
    options = {"cwd": "/", "env": environ, "stderr": subprocess.PIPE, "universal_newlines": True}
    analyser = AnalyserProcess(postgres)
    with subprocess.Popen(command, **options) as server:  # type: ignore[call-overload]
        try:
            found = next(filter(None, (re.search(r"Listening at: (\S+)", line) for line in server.stderr)))
            url, headers = found.group(1), {"Authorization": KEY, "Content-Type": "application/json"}
            for _ in range(10):
                answer = requests.post(url + "/api/v1/log-request/batch", "[%s]" % json.dumps(trace()), headers=headers, timeout=20)
                assert (answer.status_code, answer.text) == (200, "OK")
            until(lambda: requests.get(url + "/api/local/status", headers=headers, timeout=20).json()["applied_traces"] == 10)
            assert requests.get(url + "/readyz", timeout=20).status_code == 200
        finally:
            server.terminate()
            server.stderr.read()
            analyser.stop()


@pytest.mark.parametrize(
    ("environ", "arguments", "said"),
    [
        ({}, ["serve", "--key-env", "NONE", "--store", "postgresql://x"], "NONE is not set"),
        ({"K": "short"}, ["serve", "--key-env", "K", "--store", "postgresql://x"], "K has fewer than 16 characters"),
        ({"K": KEY}, ["serve", "--key-env", "K"], "--key-env needs a store"),
        ({}, ["analyse"], "say which store"),
        ({}, ["analyse", "--store", "sqlite:///x.db"], "SQLite takes one analyser"),
    ],
)
def test_what_a_node_lacks_is_said_in_one_line(tmp_path, environ, arguments, said) -> None:  # type: ignore[no-untyped-def]
    found = run(tmp_path, *arguments, env=environ)
    assert found.returncode in (1, 2) and said in found.stderr and found.stderr.count("\n") == 1


def test_status_of_a_node_has_an_address_for_any_of_them(two_nodes: list[Node], tmp_path) -> None:  # type: ignore[no-untyped-def]
    found = run(tmp_path, "status", "--key-env", "K", "--store", two_nodes[0]._arguments[1], env={"K": KEY})
    path = found.stdout.splitlines()[0].rpartition(" ")[2]
    assert requests.Session().get(two_nodes[1].url + path, timeout=10).status_code == 200
    assert not list(tmp_path.iterdir())
