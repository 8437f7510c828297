"""Nodes behind nginx and analysers on one PostgreSQL, with senders, and everything that may happen to them."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Callable, Optional

import psycopg
import requests

from tests.collector.collector_support import trace, until
from tests.collector.node_support import KEY, AnalyserProcess, Node
from tests.collector.postgres_support import Server
from tests.support.ports import free_port

TRACES, ROUTES = 20, 7  # of a batch; in all

CONFIGURATION = """
daemon off; worker_processes 1; {user} pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; client_max_body_size 8m; client_body_buffer_size 1m;
  upstream nodes {{ {servers} keepalive 16; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://nodes; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
      proxy_connect_timeout 2s; proxy_read_timeout 40s; proxy_next_upstream error timeout non_idempotent;
    }}
  }}
}}
"""


class LoadBalancer:
    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="metlo-nginx-"))
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: Optional["subprocess.Popen[bytes]"] = None

    def use(self, ports: list[int]) -> None:
        """Balance over these, from the next request on."""
        servers = " ".join(f"server 127.0.0.1:{port} max_fails=1 fail_timeout=1s;" for port in ports)
        text = CONFIGURATION.format(folder=self._folder, user="user root;" if os.getuid() == 0 else "", servers=servers, port=self._port)
        (self._folder / "nginx.conf").write_text(text)
        if self._process is None:
            self._process = subprocess.Popen(["nginx", "-c", str(self._folder / "nginx.conf"), "-p", str(self._folder)],
                                             stderr=subprocess.DEVNULL)
            until(self._listens)
        else:
            self._process.send_signal(signal.SIGHUP)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 5).close()
        except OSError:
            return False
        return True

    def remove(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _batch(number: int) -> bytes:
    route = f"/r{number % ROUTES}"
    return json.dumps([trace(route, route=route, trace_id=f"{number}-{i}") for i in range(TRACES)]).encode()


class Sender(threading.Thread):
    """Uploads batch after batch, each until it is acknowledged, and every fifth once more, now or later."""

    def __init__(self, url: str, first: int, done: threading.Event) -> None:
        super().__init__(daemon=True)
        self._url, self._next, self._done = url, first, done
        self._random = random.Random(first)
        self._later: list[int] = []
        self._session = requests.Session()
        self._session.trust_env = False
        self.acknowledged: list[int] = []
        self.repeated = 0
        self.statuses: dict[int, int] = {}

    def run(self) -> None:
        while not self._done.is_set():
            number, self._next = self._next, self._next + 1
            while not self._post(number):
                time.sleep(0.2)
            self.acknowledged.append(number)
            self._repeat(number)
            time.sleep(0.02)

    def _repeat(self, number: int) -> None:
        if self._random.random() >= 0.2:
            return
        self._later.append(number)
        if self._random.random() < 0.5 or len(self._later) > 20:
            self.repeated += self._post(self._later.pop(0))

    def _post(self, number: int) -> bool:
        headers = {"Authorization": KEY, "Content-Type": "application/json", "X-Metlo-Batch-Id": f"batch-{number}"}
        try:
            address = self._url + "/api/v1/log-request/batch"
            status = self._session.post(address, data=_batch(number), headers=headers, timeout=60).status_code
        except requests.RequestException:
            status = 0
        self.statuses[status] = self.statuses.get(status, 0) + 1
        return status == 200


class Deployment:
    """Three nodes, three analysers, a load balancer and a browser that has logged in once."""

    def __init__(self, postgres: Server, buffer: Optional[str] = None) -> None:
        self._postgres, self._buffer = postgres, buffer
        self.nodes: list[Node] = []
        self.analysers: list[AnalyserProcess] = []
        self.balancer = LoadBalancer()
        self.browser = requests.Session()
        self._senders: list[Sender] = []
        self._done = threading.Event()
        self._random = random.Random(26)

    def start(self) -> None:
        for _ in range(3):
            self.analysers.append(AnalyserProcess(self._postgres.url, self._buffer, quiet=True))
            self.nodes.append(self._node())
        self.balancer.use([node.port for node in self.nodes])
        address = self.balancer.url + "/?" + self.nodes[0].page.partition("?")[2]
        until(lambda: self.browser.get(address, timeout=60).status_code == 200, 60)

    def _node(self) -> Node:
        more = ("--port", str(free_port()), "--no-analyser")
        return Node(self._postgres.url, *more, buffer=self._buffer, quiet=True)

    def send(self, threads: int = 3) -> None:
        self._senders = [Sender(self.balancer.url, n * 1_000_000, self._done) for n in range(threads)]
        for sender in self._senders:
            sender.start()

    # -- events

    def events(self) -> list[Callable[[], None]]:
        return [
            self.kill_node, self.kill_analyser, self.stop_database, self.terminate_backends, self.drain_node, self.add_node
        ]  # fmt: skip

    def kill_node(self) -> None:
        node = self._random.choice(self.nodes)
        node.kill()
        node.start_again()

    def kill_analyser(self) -> None:
        place = self._random.randrange(len(self.analysers))
        self.analysers[place].kill()
        self.analysers[place] = AnalyserProcess(self._postgres.url, self._buffer, quiet=True)

    def stop_database(self) -> None:
        self._postgres.stop()
        time.sleep(2)
        self._postgres.start()

    def terminate_backends(self) -> None:
        with psycopg.connect(self._postgres.url, autocommit=True) as connection:
            connection.execute("select pg_terminate_backend(pid) from pg_stat_activity "
                               "where pid <> pg_backend_pid() and backend_type = 'client backend'")

    def drain_node(self) -> None:
        node = self._random.choice(self.nodes)
        node.process.terminate()
        assert node.process.wait(60) == 0
        node.start_again()

    def add_node(self) -> None:
        self.nodes.append(self._node())
        self.balancer.use([node.port for node in self.nodes])
        if len(self.nodes) > 4:
            gone = self.nodes.pop(0)
            self.balancer.use([node.port for node in self.nodes])
            gone.stop()

    def happen(self, seconds: float, every: float, events: list[Callable[[], None]]) -> list[str]:
        """One event after the other, in an order of its own, for so long; their names."""
        end, happened, turn = time.monotonic() + seconds, [], list[Callable[[], None]]()
        while time.monotonic() + every < end:
            due = time.monotonic() + every
            turn = turn or self._random.sample(events, len(events))
            event = turn.pop()
            event()
            happened.append(event.__name__)
            time.sleep(max(0.0, due - time.monotonic()))
        return happened

    # -- verdict

    def finish(self, within: float = 240.0) -> dict[str, Any]:
        """End the senders; the status once all that was acknowledged is analysed."""
        self._done.set()
        for sender in self._senders:
            sender.join(120)
            assert not sender.is_alive()
        expected = TRACES * sum(len(sender.acknowledged) for sender in self._senders)

        def settled() -> Optional[dict[str, Any]]:
            status = self.nodes[0].status()
            done = status["applied_traces"] >= expected and not status["inbox_traces"]
            return status if done and not status.get("buffer_batches") else None

        status: dict[str, Any] = until(settled, within)
        return status

    def expected(self) -> dict[str, int]:
        """Acknowledged traces by endpoint."""
        counts: dict[str, int] = {}
        for sender in self._senders:
            for number in sender.acknowledged:
                route = f"/r{number % ROUTES}"
                counts[route] = counts.get(route, 0) + TRACES
        return counts

    def statuses(self) -> dict[int, int]:
        """Responses by status, 0 for none."""
        found: dict[int, int] = {}
        for sender in self._senders:
            for status, n in sender.statuses.items():
                found[status] = found.get(status, 0) + n
        return found

    def repeated(self) -> int:
        return sum(sender.repeated for sender in self._senders)

    def stop(self) -> None:
        self._done.set()
        for node in self.nodes:
            node.stop()
        for analyser in self.analysers:
            analyser.stop()
        self.balancer.remove()
