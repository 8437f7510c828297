"""The app under gunicorn with one worker, attended by one of the variants, on a core of its own."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Optional
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks import cpu
from benchmarks.collectors import Sink, delivered, pinned
from benchmarks.machine import cores
from benchmarks.variants import Variant
from benchmarks.venvs import Trouble

APPS = Path(__file__).with_name("apps")
WORKERS = {
    "sync": ("--worker-class", "sync"),
    "gthread": ("--worker-class", "gthread", "--threads", "8"),
    "gevent": ("--worker-class", "gevent"),
}
_START_WITHIN = 60.0  # seconds


def environment_of(variant: Variant, folder: Path, sink: Sink, home: str) -> dict[str, str]:
    """Nothing of the caller's own, so that no setting of theirs is measured."""
    own = {name: value.replace("{sink}", sink.url) for name, value in variant.environment.items()}
    return dict(
        {
            "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
            "HOME": home,
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(APPS),
            "BENCH_COLLECTOR": sink.url,
        },
        **own,
    )


class Server:
    """A variant of the app that runs until `stop`, with a collector of its own."""

    def __init__(
        self, variant: Variant, folder: Path, worker: str, environment: Optional[dict[str, str]] = None
    ) -> None:
        self.variant = variant
        self.sink = Sink()
        self._home = tempfile.TemporaryDirectory(prefix="bench-")
        self._log = Path(self._home.name) / "log"
        ready = Path(self._home.name) / "ready"
        python = folder / "bin/python"
        launcher = [str(folder / "bin" / variant.launcher[0]), *variant.launcher[1:]] if variant.launcher else []
        # By the environment, since launchers take options behind the command for their own.
        arguments = ["--config", APPS / "gunicorn_conf.py", "--chdir", APPS, "--bind", "127.0.0.1:0", *WORKERS[worker]]
        more = {"BENCH_READY": str(ready), "GUNICORN_CMD_ARGS": shlex.join(map(str, arguments)), **(environment or {})}
        command = [*launcher, str(python), "-m", "gunicorn", "bench_app:app"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._home.name,
                env=dict(environment_of(variant, folder, self.sink, self._home.name), **more),
                **pinned(cores()[0]),
            )
        self.pid = self._process.pid
        try:
            self.url = f"http://127.0.0.1:{self._port(ready)}"
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _port(self, ready: Path) -> int:
        until = time.monotonic() + _START_WITHIN
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                raise Trouble(f"{self.variant.name} did not start: {self.log()[-400:]}")
            time.sleep(0.02)
        return int(json.loads(ready.read_text())["port"])

    def _wait(self) -> None:
        until = time.monotonic() + _START_WITHIN
        while True:
            try:
                self.served()
                return
            except (URLError, OSError, ValueError):
                if self._process.poll() is not None or time.monotonic() > until:
                    raise Trouble(f"{self.variant.name} does not answer: {self.log()[-400:]}") from None
                time.sleep(0.05)

    def served(self) -> int:
        """How many requests the worker has begun, this question included."""
        with urlopen(self.url + "/served", timeout=30) as answer:
            return int(answer.read())

    def settle(self) -> int:
        """Waits until everything is delivered; the requests served so far."""
        served = self.served()
        if self.variant.requirements:
            got = delivered(self.sink, served * self.variant.traces, self.variant.patience)
            if not got:
                raise Trouble(f"{self.variant.name} delivers nothing: {self.log()[-300:]}")
        return served

    def usage(self) -> cpu.Usage:
        return cpu.usage(self.pid)

    def memory(self) -> float:
        return cpu.private_memory(self.pid)

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def stop(self) -> None:
        try:
            self._process.terminate()
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
        self.sink.stop()
        self._home.cleanup()
