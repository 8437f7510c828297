"""A database that goes silent without closing a connection: nodes say that they are not ready, and come back by themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from typing import Iterator

import pytest
import requests

from tests.collector import postgres_support
from tests.collector.collector_support import trace, until
from tests.collector.node_support import AnalyserProcess, Node
from tests.collector.postgres_support import Server

SILENT = 40.0  # seconds: longer than what notices a connection without an answer
BACK_WITHIN = 30.0


class Network:
    """A network namespace beside this machine's, from which packets come or do not."""

    def __init__(self) -> None:
        number = os.getpid() % 16_000
        self._name, self._link = f"metlo-{number}", f"mt{number}"
        first = f"10.213.{number // 64}.{number % 64 * 4}"
        base, _, last = first.rpartition(".")
        self._here, self.there = f"{base}.{int(last) + 1}", f"{base}.{int(last) + 2}"
        self.inside = ("ip", "netns", "exec", self._name)
        _run("ip", "netns", "add", self._name)
        _run("ip", "link", "add", self._link, "type", "veth", "peer", "name", "inner", "netns", self._name)
        _run("ip", "addr", "add", f"{self._here}/30", "dev", self._link)
        _run("ip", "link", "set", self._link, "up")
        _run(*self.inside, "ip", "addr", "add", f"{self.there}/30", "dev", "inner")
        _run(*self.inside, "ip", "link", "set", "inner", "up")

    def be_silent(self) -> None:
        _run(*self.inside, "ip", "route", "add", "blackhole", f"{self._here}/32")

    def speak(self) -> None:
        _run(*self.inside, "ip", "route", "del", "blackhole", f"{self._here}/32")

    def remove(self) -> None:
        _run("ip", "netns", "del", self._name)
        subprocess.run(["ip", "link", "del", self._link], check=False, stderr=subprocess.DEVNULL)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


@pytest.fixture
def network() -> Iterator[Network]:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    if os.getuid() != 0 or shutil.which("ip") is None or postgres_support.binaries() is None:
        pytest.skip("needs root, iproute2 and PostgreSQL")
    try:
        made = Network()
    except subprocess.CalledProcessError:
        pytest.skip("no network namespace can be made here")
    yield made
    made.remove()


def _is_ready(node: Node) -> bool:
    return requests.get(node.url + "/readyz", timeout=10).status_code == 200


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_node_is_back_after_a_silent_database_and_says_no_meanwhile(network: Network) -> None:
    server = Server(network.there, network.inside)
    server.start()
    analyser = AnalyserProcess(server.url, quiet=True)
    nodes = [Node(server.url, "--no-analyser", quiet=True) for _ in range(3)]
    accepted = 0
    try:
        for number, node in enumerate(nodes):
            assert node.batch([trace("/a", route="/a")] * 2, f"before-{number}").status_code == 200
            accepted += 2
            assert _is_ready(node)
        network.be_silent()
        end = time.monotonic() + SILENT
        while time.monotonic() < end:
            for node in nodes:
                assert not _is_ready(node)
                assert requests.get(node.url + "/livez", timeout=10).status_code == 200
            answer = nodes[0].batch([trace("/a", route="/a")] * 2, "meanwhile")
            assert answer.status_code == 503 and answer.headers["Retry-After"]
        network.speak()
        until(lambda: all(_is_ready(node) for node in nodes), BACK_WITHIN)
        for node in nodes:  # the same batch again and again: once it counts
            until(lambda node=node: node.batch([trace("/a", route="/a")] * 2, "meanwhile").status_code == 200, BACK_WITHIN)
        status = nodes[0].settled(accepted + 2)
        assert status["accepted_traces"] == status["applied_traces"] == accepted + 2
    finally:
        for node in nodes:
            node.stop()
        analyser.stop()
        server.remove()
