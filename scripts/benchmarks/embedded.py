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
from contextlib import contextmanager
from itertools import cycle, takewhile
from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple, Sequence
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from uuid import uuid4

from benchmarks import cpu, variety, venvs, wrk
from benchmarks.collectors import end_with_parent
from benchmarks.latency import waits
from benchmarks.servers import Server
from benchmarks.variants import installed, variant
from benchmarks.workloads import WORKLOADS, Workload

NEEDS = ("flask==3.1.3", "jinja2==3.1.6", "waitress==3.0.2", "sqlalchemy==2.0.51", "alembic", "phonenumbers",
          "python-stdnum", "urllib3", "requests", "prometheus-client", "flask-swagger-ui")
SPEED = ("orjson==3.13.0",)


class Result(NamedTuple):
    """Traces, and the seconds from the first post until they were accepted or analysed; CPU in seconds, posts in ms."""

    accepted: int
    accepting: float
    analysed_meanwhile: int  # while posts came in
    analysed: int
    analysing: float
    refused: int
    cpu: float  # of all processes
    cpu_server: float
    p50: float
    p99: float
    slowest: float
    singles: float  # posts of a single trace that were accepted per second


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
            preexec_fn=end_with_parent,
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

    def get(self, path: str) -> bytes:
        asked = Request(self.url + path, headers={"Authorization": self.key})
        with urlopen(asked, timeout=60) as answer:
            return answer.read()  # type: ignore[no-any-return]

    def status(self) -> dict[str, Any]:
        return json.loads(self.get("/api/local/status"))  # type: ignore[no-any-return]

    def analysed(self) -> int:
        return int(self.status()["applied_traces"])

    def disk(self) -> int:
        """Bytes of everything in its folder."""
        return sum(entry.stat().st_size for entry in os.scandir(self._data))

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
    """Posts batches one after another over one connection; what is refused is posted again."""

    def __init__(self, collector: Collector, batches: Iterable[bytes]) -> None:
        super().__init__()
        self._collector, self._batches = collector, batches
        self.accepted = self.refused = 0
        self.took: list[float] = []

    def run(self) -> None:
        place = urlsplit(self._collector.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        for batch in self._batches:
            name = uuid4().hex
            while not self._post(connection, batch, name):
                self.refused += 1
                time.sleep(0.1)
            self.accepted += variety.PER_BATCH
        connection.close()

    def _post(self, connection: http.client.HTTPConnection, batch: bytes, name: str) -> bool:
        begun = time.monotonic()
        headers = {"Authorization": self._collector.key, "Content-Type": "application/json", "X-Metlo-Batch-Id": name}
        connection.request("POST", "/api/v1/log-request/batch", batch, headers)
        answer = connection.getresponse()
        answer.read()
        self.took.append(time.monotonic() - begun)
        return answer.status == 200


@contextmanager
def running(python: str, extras: Sequence[str]) -> Iterator[Collector]:
    """A collector of this checkout in an environment of its own."""
    folder = venvs.venv("-".join(["collector", *extras]), [*NEEDS, *(SPEED if extras else ())], python)
    venvs.install_agent(folder, "")
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        collector = Collector(folder, home)
        try:
            yield collector
        finally:
            collector.stop()


def measure(seconds: int, connections: int, endpoints: int, extras: Sequence[str], python: str) -> Result:
    """Posts for `seconds`, waits until everything is analysed, then posts single traces."""
    trace = one_trace(python)
    batches = variety.batches(trace, endpoints, 100)
    with running(python, extras) as collector:
        before, server, begun = cpu.usage(collector.pid), process_time(collector.pid), time.monotonic()
        posters = [
            Poster(collector, takewhile(lambda _: time.monotonic() < begun + seconds, cycle(batches[n:] + batches[:n])))
            for n in range(connections)
        ]
        for poster in posters:
            poster.start()
        for poster in posters:
            poster.join()
        meanwhile, accepting = collector.analysed(), time.monotonic() - begun
        accepted = sum(poster.accepted for poster in posters)
        analysed = wait(collector, accepted)
        analysing = time.monotonic() - begun
        spent = cpu.between(before, cpu.usage(collector.pid))[0]
        spent_by_server = process_time(collector.pid) - server
        singles = wrk.load(collector.url, _single(collector, trace), max(2, seconds // 2), 48).rate
    all_took = [each for poster in posters for each in poster.took]
    took = waits(all_took)
    return Result(
        accepted, accepting, meanwhile, analysed, analysing, sum(poster.refused for poster in posters), spent,
        spent_by_server, took.p50, took.p99, max(all_took) * 1e3, singles,
    )  # fmt: skip


def process_time(pid: int) -> float:
    return time.clock_gettime((~pid << 3) | 2)


def one_trace(python: str) -> dict[str, Any]:
    """As the agent sends it, 3.5 KB."""
    ours = variant("metlo-auto")
    server = Server(ours, installed(ours, python), "sync")
    try:
        wrk.load(server.url, WORKLOADS["json"], 4)  # the first seconds go into the announcement of the route
        server.settle()
        last = server.sink.last()
        if not last:
            raise venvs.Trouble(f"the agent delivers nothing: {server.log()[-300:]}")
        found = json.loads(last)
        return found[0] if isinstance(found, list) else found  # type: ignore[no-any-return]
    finally:
        server.stop()


def _single(collector: Collector, trace: dict[str, Any]) -> Workload:
    headers = {"Authorization": collector.key, "Content-Type": "application/json"}
    return Workload("single", "a single trace", "POST", "/api/v1/log-request/single", headers, json.dumps(trace))


def wait(collector: Collector, accepted: int) -> int:
    """Until so many are analysed, or none was for 30 seconds; how many are."""
    done, since = -1, time.monotonic()
    while time.monotonic() - since < 30:
        now = collector.analysed()
        if now >= accepted:
            return now
        if now > done:
            done, since = now, time.monotonic()
        time.sleep(0.05)
    return done
