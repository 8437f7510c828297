"""A real collector in a process of its own, and traces to send to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any, Callable, Optional

import requests

ROOT = Path(__file__).resolve().parents[2]


def environment(data_dir: Path) -> dict[str, str]:
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    return {**keep, "HOME": str(data_dir), "METLO_COLLECTOR_DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT)}


def run(data_dir: Path, *arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    """`metlo-collector ARGUMENTS` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "metlo_auto.collector", *arguments],
        env={**environment(data_dir), **options.pop("env", {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=60,
        **options,
    )


def until(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """The first true value of `condition`; fails at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            assert value, f"did not happen within {seconds} s"
            return value
        time.sleep(0.02)


class Collector:
    """`metlo-collector serve` on a free port."""

    def __init__(self, data_dir: Path, *arguments: str) -> None:
        self.data_dir = data_dir
        self._arguments = arguments
        self.start()

    def command(self) -> list[str]:
        return [sys.executable, "-m", "metlo_auto.collector", "serve", "--port", "0", *self._arguments]

    def environment(self) -> dict[str, str]:
        return environment(self.data_dir)

    def read_key(self) -> str:
        return (self.data_dir / "api-key").read_text().strip()

    def start(self, stderr: Optional[IO[str]] = None) -> None:
        self.process = subprocess.Popen(
            self.command(),
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=stderr,
            universal_newlines=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "http://" in line, line
        self.url = line.split()[-1]
        self.page = self.process.stdout.readline().split()[-1]
        self.process.stdout.readline()
        self.key = self.read_key()
        self.session = requests.Session()
        self.session.trust_env = False

    def post(self, path: str, data: Any, key: Optional[str] = None, **headers: str) -> requests.Response:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        sent = {"Authorization": self.key if key is None else key, "Content-Type": "application/json"}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        return self.session.post(self.url + path, data=body, headers=sent, timeout=30)

    def batch(self, traces: Any, batch_id: str = "") -> requests.Response:
        extra = {"X-Metlo-Batch-Id": batch_id} if batch_id else {}
        return self.post("/api/v1/log-request/batch", traces, **extra)

    def get(self, path: str) -> Any:
        answer = self.session.get(self.url + path, headers={"Authorization": self.key}, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/api/local/status")
        return found

    def settled(self, accepted: int) -> dict[str, Any]:
        """The status once `accepted` traces were accepted, none of them waits any more and pages show them all."""

        def quiet() -> Optional[dict[str, Any]]:
            status = self.status()
            done = status["accepted_traces"] >= accepted and status["inbox_traces"] == status["behind_endpoints"] == 0
            return status if done else None

        found: dict[str, Any] = until(quiet)
        return found

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.session.close()


def trace(path: str = "/users/12", method: str = "GET", status: int = 200, **more: Any) -> dict[str, Any]:
    """A trace as an agent sends it; `more`: route, request_body, response_body, trace_id and the like."""
    url: dict[str, Any] = {"host": more.get("host", "shop.example"), "path": path}
    url["parameters"] = more.get("parameters", [])
    if "route" in more:
        url["endpointPath"] = more["route"]
    json_type = [{"name": "Content-Type", "value": "application/json"}]
    meta: dict[str, Any] = {
        "environment": "production",
        "incoming": True,
        "source": "203.0.113.7",
        "sourcePort": "",
        "destination": "127.0.0.1",
        "destinationPort": "8000",
        "metloSource": "python/flask",
        "traceId": more.get("trace_id", "t"),
    }
    if "duration" in more:
        meta["durationMs"] = more["duration"]
    meta.update(more.get("meta", {}))
    return {
        "request": {
            "url": url,
            "method": method,
            "headers": more.get("request_headers", json_type),
            "body": more.get("request_body", ""),
        },
        "response": {
            "url": "127.0.0.1:8000",
            "status": status,
            "headers": more.get("response_headers", json_type),
            "body": more.get("response_body", ""),
        },
        "meta": meta,
    }
