"""`analyser`: CPU and memory that one analyser needs for a trace, of several revisions in the same run."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple, Sequence

from benchmarks import venvs
from benchmarks.collectors import pinned
from benchmarks.embedded import NEEDS, SPEED
from benchmarks.machine import ROOT, cores

CHILD = Path(__file__).with_name("analyser_child.py")
CHECKOUT = "checkout"  # the revision that is the working tree


class Row(NamedTuple):
    """Fields are those of the response; so many traces come before those that are measured."""

    endpoints: int
    fields: int
    before: int
    measured: int


ROWS = (
    Row(10, 20, 20_000, 10_000),
    Row(1_000, 20, 150_000, 10_000),
    Row(1_000, 200, 15_000, 4_000),
    Row(20_000, 20, 60_000, 20_000),
)


def measure(revisions: Sequence[str], rounds: int, rows: Sequence[Row], python: str) -> list[dict[str, Any]]:
    """Medians of µs a trace and MB at the most, by row and revision."""
    folder = venvs.venv("collector-speed", [*NEEDS, *SPEED], python)
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        trees = {revision: _tree(revision, Path(home) / str(number)) for number, revision in enumerate(revisions)}
        found = []
        for row in rows:
            each: dict[str, list[dict[str, float]]] = {revision: [] for revision in revisions}
            for number in range(rounds):
                for revision in revisions[:: 1 if number % 2 else -1]:
                    each[revision].append(_once(folder / "bin/python", trees[revision], row))
                    venvs.say(f"{row.endpoints} endpoints, {row.fields} fields, {revision}: {each[revision][-1]}")
            medians = {
                revision: {name: statistics.median(one[name] for one in several) for name in ("us", "mb")}
                for revision, several in each.items()
            }
            found.append({**row._asdict(), "medians": medians})
    return found


def _tree(revision: str, folder: Path) -> Path:
    if revision == CHECKOUT:
        return ROOT
    folder.mkdir()
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", revision, "metlo_auto"], stdout=subprocess.PIPE)
    if archive.returncode:
        raise venvs.Trouble(f"git knows no revision {revision}")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


def _once(python: Path, tree: Path, row: Row) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        done = subprocess.run(
            [str(python), str(CHILD), f"sqlite:///{home}/collector.db", *map(str, row)],
            env={"PYTHONPATH": str(tree), "PATH": "/usr/bin:/bin", "HOME": home},
            stdout=subprocess.PIPE,
            check=True,
            **pinned(cores()[0]),
        )
    return json.loads(done.stdout)  # type: ignore[no-any-return]
