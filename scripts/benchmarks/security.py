"""`security`: CPU of security tests and of the app under test: 100 endpoints, three identities, all kinds."""

from __future__ import annotations

import importlib
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Mapping
from urllib.request import Request, urlopen

from benchmarks import cpu, embedded, venvs
from benchmarks.collectors import end_with_parent
from benchmarks.servers import APPS

NEEDS = (*embedded.NEEDS, "gunicorn==27.0.1", "html5lib", "PyYAML", "wrapt")
ROUNDS = 2  # of the traffic: what an app is asked first may reach a collector in part only
DELIVERED = 5.0  # seconds after which the agent has sent what it held back


def measure(runs: int, rate: int, python: str) -> list[dict[str, Any]]:
    """Each run: requests, seconds, and seconds of CPU of the command and of all processes of the app."""
    folder = venvs.venv("security", NEEDS, python)
    venvs.install_agent(folder, "")
    venvs.install_native(folder, "")
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        os.environ["BENCH_DATABASE"] = str(Path(home) / "app.db")
        collector = embedded.Collector(folder, home)
        try:
            with _app(folder, home, collector) as (pid, url):
                app = _module()
                embedded.wait(collector, _drive(app, url))
                time.sleep(DELIVERED)
                return [_run(folder, home, url, app.TOKENS, rate, pid) for _ in range(runs)]
        finally:
            collector.stop()


def _module() -> Any:
    """The app's names and traffic; what it needs lies in the environment that is measured."""
    sys.path[:0] = [str(APPS), str(venvs.site_packages(venvs.HOME / "bench-security"))]
    try:
        return importlib.import_module("many_endpoints")
    finally:
        del sys.path[:2]


@contextmanager
def _app(folder: Path, home: str, collector: embedded.Collector) -> Iterator[tuple[int, str]]:
    log = Path(home) / "log"
    command = [folder / "bin/metlo-run", folder / "bin/gunicorn", "-w", "1", "-k", "gthread", "--threads", "8"]
    environ = {
        "PATH": f"{folder / 'bin'}:/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8", "PYTHONPATH": str(APPS),
        "BENCH_DATABASE": os.environ["BENCH_DATABASE"], "METLO_HOST": collector.url, "METLO_API_KEY": collector.key,
        "METLO_SPOOL_DIR": "off",
    }  # fmt: skip
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "-b", "127.0.0.1:0", "many_endpoints:app"], cwd=home, env=environ, stdin=subprocess.DEVNULL,
            stdout=file, stderr=file, preexec_fn=end_with_parent,
        )  # fmt: skip
    try:
        yield process.pid, _listening(process, log)
    finally:
        process.terminate()
        process.wait(30)


def _listening(process: "subprocess.Popen[bytes]", log: Path) -> str:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        found = re.search(r"Listening at: (http://\S+)", log.read_text())
        if found:
            return found.group(1)
        time.sleep(0.05)
    raise venvs.Trouble(f"the app did not start: {log.read_text()[-300:]}")


def _drive(app: Any, url: str) -> int:
    asked = [(path, token) for token, name in app.TOKENS.items() for path in app.paths(name)] * ROUNDS
    for path, token in asked:
        with urlopen(Request(url + path, headers={"Authorization": f"Bearer {token}"}), timeout=30) as answer:
            answer.read()
    return len(asked)


def _run(folder: Path, home: str, url: str, people: Mapping[str, str], rate: int, pid: int) -> dict[str, Any]:
    report = Path(home) / "report.json"
    given = [word for token, name in people.items() for word in ("--as", f"{name}=Authorization: Bearer {token}")]
    command = [folder / "bin/metlo-collector", "test", url, "--data-dir", Path(home) / "collector", "--rate", str(rate)]
    before, begun = cpu.usage(pid).total, _of_children()
    done = subprocess.run(
        [*command, *given, "--json", report], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, env={"PATH": "/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8"},
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise venvs.Trouble(f"the tests did not run: {done.stderr.decode()[-300:]}")
    spent = _of_children() - begun
    time.sleep(DELIVERED)
    found = json.loads(report.read_text())
    return {
        "requests": found["requests"], "seconds": found["seconds"], "findings": len(found["findings"]),
        "command": spent, "app": cpu.usage(pid).total - before,
    }  # fmt: skip


def _of_children() -> float:
    """Seconds of CPU of processes of ours that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
