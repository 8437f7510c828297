"""A PostgreSQL whose host vanishes without a word: packets are dropped between two network namespaces."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest
import requests
from sqlalchemy.engine import make_url

from tests.collector.collector_support import Collector, trace, until

RELAY = """
import socket, sys, threading
def pump(one, other):
    while True:
        data = one.recv(65536)
        if not data:
            return other.shutdown(socket.SHUT_WR)
        other.sendall(data)
listener = socket.create_server((sys.argv[1], 5432))
print("ready", flush=True)
while True:
    client, _ = listener.accept()
    server = socket.socket(socket.AF_UNIX)
    server.connect(sys.argv[2])
    for pair in ((client, server), (server, client)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
"""


class Host:
    """A network namespace at the other end of a cable; `vanish` drops what is sent to it."""

    def __init__(self) -> None:
        number = os.getpid() % 60_000
        self.name = f"metlo{number}"
        self._near, self._far = f"mn{number}", f"mf{number}"
        net = f"10.{180 + number // 65_000}.{number // 250}.{number % 250}"
        prefix = net.rpartition(".")[0]
        self.address, own = f"{prefix}.254", f"{prefix}.253"
        _ip("netns", "add", self.name)
        try:
            _ip("link", "add", self._near, "type", "veth", "peer", "name", self._far, "netns", self.name)
            _ip("addr", "add", f"{own}/30", "dev", self._near)
            _ip("link", "set", self._near, "up")
            self._inside("link", "set", self._far, "up")
            self.come_back()
            far = Path("/sys/class/net") / self._far / "address"
            known = subprocess.run(["ip", "netns", "exec", self.name, "cat", str(far)], stdout=subprocess.PIPE, check=True)
            mac = known.stdout.decode().strip()
            _ip("neigh", "replace", self.address, "lladdr", mac, "dev", self._near, "nud", "permanent")
        except BaseException:
            self.remove()
            raise

    def _inside(self, *arguments: str) -> None:
        _ip("-n", self.name, *arguments)

    def come_back(self) -> None:
        self._inside("addr", "add", f"{self.address}/30", "dev", self._far)

    def vanish(self) -> None:
        self._inside("addr", "del", f"{self.address}/30", "dev", self._far)

    def remove(self) -> None:
        subprocess.run(["ip", "netns", "del", self.name], check=False)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, stderr=subprocess.PIPE)


@pytest.fixture
def far_postgres(postgres: str) -> Iterator[tuple[Host, str]]:
    """A host that can vanish, and the URL of a PostgreSQL on it."""
    if os.getuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and iproute2")
    url = make_url(postgres)
    (socket_path,) = Path("/tmp").glob(f"metlo-pg-*/.s.PGSQL.{url.port}")
    try:
        host = Host()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespace can be made here: {error.stderr}")
    command = ["ip", "netns", "exec", host.name, sys.executable, "-c", RELAY, host.address, str(socket_path)]
    relay = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert relay.stdout is not None and relay.stdout.readline() == b"ready\n"
        yield host, f"postgresql://{url.username}@{host.address}:5432/{url.database}"
    finally:
        relay.kill()
        relay.wait()
        host.remove()


@pytest.mark.slow
def test_a_node_says_that_it_is_not_ready_and_comes_back(far_postgres: tuple[Host, str], tmp_path: Path) -> None:
    host, url = far_postgres
    collector = Collector(tmp_path, "--store", url)
    try:
        assert collector.batch([trace()], "one").status_code == 200
        collector.settled(1)
        host.vanish()
        assert requests.get(collector.url + "/readyz", timeout=10).status_code == 503
        assert requests.get(collector.url + "/livez", timeout=10).status_code == 200
        refused = collector.session.post(
            collector.url + "/api/v1/log-request/batch",
            json=[trace("/later")],
            headers={"Authorization": collector.key, "X-Metlo-Batch-Id": "two"},
            timeout=60,
        )
        assert refused.status_code == 503 and refused.headers["Retry-After"]
        assert requests.get(collector.url + "/readyz", timeout=10).status_code == 503
        host.come_back()
        until(lambda: requests.get(collector.url + "/readyz", timeout=10).status_code == 200, 30)
        until(lambda: collector.batch([trace("/later")], "two").status_code == 200, 30)
        assert collector.settled(2)["applied_traces"] == 2
        assert {item["route"] for item in collector.get("/api/local/endpoints")} == {"/users/{param1}", "/later"}
    finally:
        collector.stop()
