"""`pages`: how long the collector's pages take over a large inventory, the first time and later."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Optional

from benchmarks import venvs
from benchmarks.embedded import NEEDS, SPEED
from benchmarks.machine import ROOT

CHILD = Path(__file__).with_name("pages_child.py")
ROUNDS = 10


def measure(endpoints: int, fields: int, store: Optional[str], python: str) -> list[dict[str, Any]]:
    """Milliseconds by page; `store`: the URL of an empty one, None for SQLite. Each page has a process of its own."""
    needs = [*NEEDS, *SPEED, *(["psycopg[binary]"] if store else [])]
    folder = venvs.venv("collector-pages" if store else "collector-speed", needs, python)
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        url = store or f"sqlite:///{home}/collector.db"
        said = _run(folder, home, "make", url, str(endpoints), str(fields))
        found = []
        for name, path in said.items():
            took = _run(folder, home, "ask", url, path, str(ROUNDS))
            medians = {"median": statistics.median(took["later"]), "median_cpu": statistics.median(took["later_cpu"])}
            found.append({"page": name, **took, **medians})
            venvs.say(f"{name}: {took['first']:.0f} ms, then {found[-1]['median']:.0f}")
    return found


def _run(folder: Path, home: str, *arguments: str) -> Any:
    environ = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": home}
    done = subprocess.run(
        [str(folder / "bin/python"), str(CHILD), *arguments], env=environ, stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)
