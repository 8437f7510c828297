"""Nodes that share a store: processes without a folder, and analysers of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Optional

from tests.collector.collector_support import ROOT, Collector

KEY = "a key that all nodes share"
NOWHERE = Path("/proc/none")  # where not even root makes a folder


def node_environment() -> dict[str, str]:
    keep = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**keep, "HOME": str(NOWHERE), "THE_KEY": KEY, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


class Node(Collector):
    """`metlo-collector serve --key-env` on a free port."""

    def __init__(self, store: str, *arguments: str, buffer: Optional[str] = None, quiet: bool = False) -> None:
        more = ["--buffer", buffer] if buffer else []
        self._quiet = quiet
        super().__init__(NOWHERE, "--store", store, "--key-env", "THE_KEY", *more, *arguments)

    def environment(self) -> dict[str, str]:
        return node_environment()

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def start(self, stderr: Optional[IO[str]] = None) -> None:
        with open(os.environ.get("METLO_TEST_NODES_LOG", os.devnull), "a") as nothing:
            super().start(nothing if self._quiet else stderr)

    def start_again(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.session.close()
        self.start()

    def read_key(self) -> str:
        return KEY


class AnalyserProcess:
    """`metlo-collector analyse`."""

    def __init__(self, store: str, buffer: Optional[str] = None, quiet: bool = False) -> None:
        more = ["--buffer", buffer] if buffer else []
        command = [sys.executable, "-m", "metlo_auto.collector", "analyse", "--store", store, *more]
        self.process = subprocess.Popen(
            command, env=node_environment(), cwd="/", stderr=subprocess.DEVNULL if quiet else subprocess.PIPE, universal_newlines=True
        )

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        self.said = self.process.communicate(timeout=60)[1]
        return self.process.returncode
