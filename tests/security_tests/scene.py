"""An app, its collector and the people who use it, for the length of a test session."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

from tests.apps import clinic as clinics
from tests.apps.vulnerable.base import make_token
from tests.apps.vulnerable.traffic import drive
from tests.collector.collector_support import Collector, environment
from tests.support.serving import ROOT, Server, clean_environ, instrumented


class Ran(NamedTuple):
    """One run of the command."""

    status: int
    out: str
    err: str
    report: dict[str, Any]

    def found(self, least: str = "low") -> set[tuple[str, str]]:
        """Kind and endpoint of the findings from a severity on."""
        wanted = ("high", "medium", "low")[: ("high", "medium", "low").index(least) + 1]
        return {(f["kind"], f"{f['method']} {f['route']}") for f in self.report["findings"] if f["severity"] in wanted}


class Scene(NamedTuple):
    url: str
    collector: Collector
    folder: Path
    identities: dict[str, str]  # name → header

    def secrets(self) -> list[str]:
        return [value.rpartition(" ")[2] for value in self.identities.values()]

    def test(self, *arguments: str, who: "tuple[str, ...] | None" = None, seconds: float = 110) -> Ran:
        """`metlo-collector test URL ARGUMENTS` as the people of the app."""
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        known = [word for n in (self.identities if who is None else who) for word in ("--as", f"{n}={self.identities[n]}")]
        done = run(self.collector.data_dir, "test", self.url, *known, "--json", str(report), *arguments, seconds=seconds)
        found = json.loads(report.read_text("utf-8")) if report.exists() else {}
        return Ran(done.returncode, done.stdout, done.stderr, found)


def run(data_dir: Path, *arguments: str, seconds: float = 60, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "metlo_auto.collector", *arguments], env={**environment(data_dir), **environ},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=seconds, cwd=str(data_dir),
    )  # fmt: skip


def vulnerable(folder: Path, kind: str) -> Iterator[Scene]:
    people = {name: f"Authorization: Bearer {make_token(name)}" for name in ("alice", "bob", "root")}
    app = "tests.apps.vulnerable.wsgi:app"
    yield from _scene(folder, kind, app, people, drive)


def clinic(folder: Path, kind: str) -> Iterator[Scene]:
    people = {name: f"X-Clinic-Key: {key}" for name, key in clinics.KEYS.items()}
    yield from _scene(folder, kind, "tests.apps.clinic:app", people, clinics.drive)


def _scene(folder: Path, kind: str, app: str, people: "dict[str, str]", drive_: Callable[[str], int]) -> Iterator[Scene]:
    (folder / "data").mkdir()
    collector = Collector(folder / "data")
    environ = instrumented(
        clean_environ(folder), {"METLO_HOST": collector.url, "METLO_API_KEY": collector.key, "METLO_SPOOL_DIR": "off"}
    )
    try:
        with Server(kind, app, environ, cwd=ROOT) as server:
            url = f"http://127.0.0.1:{server.port}"
            collector.settled(drive_(url))
            yield Scene(url, collector, folder, people)
    finally:
        collector.stop()
