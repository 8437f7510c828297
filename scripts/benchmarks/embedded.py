"""`collector`: real batches of the agent against the embedded collector, which stores each before it answers."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from benchmarks import cpu, venvs, wrk
from benchmarks.latency import waits
from benchmarks.servers import Server
from benchmarks.variants import installed, variant
from benchmarks.workloads import WORKLOADS

_EXTRAS = ("flask==3.1.3", "jinja2==3.1.6", "waitress==3.0.2", "sqlalchemy==2.0.51")


class Result(NamedTuple):
    """Traces, and the seconds from the first post until they were accepted or analysed; latencies of posts in ms."""

    accepted: int
    accepting: float
    analysed: int
    analysing: float
    refused: int
    cpu: float
    p50: float
    p99: float


class Collector:
    """`metlo-collector serve` with a folder of its own."""

    def __init__(self, folder: Path, home: str) -> None:
        self._command = str(folder / "bin/metlo-collector")
        self._environment = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8"}
        self._data = str(Path(home) / "collector")
        self._process = subprocess.Popen(
            [self._command, "serve", "--port", "0", "--data-dir", self._data],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            env=self._environment,
            start_new_session=True,
        )
        self.pid = self._process.pid
        said = []
        for line in self._process.stdout or ():
            said.append(line)
            found = re.search(r"on (http://\S+)", line)
            if found:
                self.url = found.group(1)
                break
        else:
            raise venvs.Trouble(f"the collector did not start: {''.join(said)[-300:]}")
        self.key = (Path(self._data) / "api-key").read_text().strip()

    def status(self) -> dict[str, Any]:
        done = subprocess.run(
            [self._command, "status", "--json", "--data-dir", self._data],
            env=self._environment,
            stdout=subprocess.PIPE,
            universal_newlines=True,
            check=True,
        )
        return json.loads(done.stdout)  # type: ignore[no-any-return]

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


class Poster(threading.Thread):
    """Posts batches one after another over one connection until `until`."""

    def __init__(self, collector: Collector, batches: list[bytes], until: float) -> None:
        super().__init__()
        self._collector, self._batches, self._until = collector, batches, until
        self.accepted = self.refused = 0
        self.took: list[float] = []

    def run(self) -> None:
        place = urlsplit(self._collector.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        sizes = [len(json.loads(batch)) for batch in self._batches]
        number = 0
        while time.monotonic() < self._until:
            which = number % len(self._batches)
            begun = time.monotonic()
            connection.request(
                "POST",
                "/api/v1/log-request/batch",
                self._batches[which],
                {
                    "Authorization": self._collector.key,
                    "Content-Type": "application/json",
                    "X-Metlo-Batch-Id": f"{id(self):x}{number:x}",
                },
            )
            answer = connection.getresponse()
            answer.read()
            self.took.append(time.monotonic() - begun)
            if answer.status == 200:
                self.accepted += sizes[which]
            else:
                self.refused += 1
                time.sleep(0.1)
            number += 1
        connection.close()


def measure(seconds: int, connections: int, python: str) -> Result:
    """Posts for `seconds`, then waits until everything is analysed."""
    batches = _batches(python)
    folder = venvs.venv("collector", _EXTRAS, python)
    venvs.install_agent(folder, "")
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        collector = Collector(folder, home)
        try:
            before, begun = cpu.usage(collector.pid), time.monotonic()
            posters = [Poster(collector, batches, begun + seconds) for _ in range(connections)]
            for poster in posters:
                poster.start()
            for poster in posters:
                poster.join()
            accepting = time.monotonic() - begun
            accepted = sum(poster.accepted for poster in posters)
            analysed = _analysed(collector, accepted)
            analysing = time.monotonic() - begun
            spent = cpu.between(before, cpu.usage(collector.pid))[0]
        finally:
            collector.stop()
    took = waits([each for poster in posters for each in poster.took])
    return Result(
        accepted, accepting, analysed, analysing, sum(poster.refused for poster in posters), spent, took.p50, took.p99
    )


def _batches(python: str) -> list[bytes]:
    """As the agent posts them, one of each kind of request."""
    ours = variant("metlo-auto")
    server = Server(ours, installed(ours, python), "sync")
    try:
        found = []
        for name in ("hello", "json", "json20k", "form", "secrets"):
            wrk.load(server.url, WORKLOADS[name], 4)  # the first seconds go into the announcement of the route
            server.settle()
            last = server.sink.last()
            if not last:
                raise venvs.Trouble(f"the agent delivers nothing: {server.log()[-300:]}")
            found.append(last if last.startswith(b"[") else b"[" + last + b"]")
        return found
    finally:
        server.stop()


def _analysed(collector: Collector, accepted: int) -> int:
    done, since = -1, time.monotonic()
    while time.monotonic() - since < 30:
        now = int(collector.status()["applied_traces"])
        if now >= accepted:
            return now
        if now > done:
            done, since = now, time.monotonic()
        time.sleep(0.2)
    return done
