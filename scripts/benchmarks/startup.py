"""`startup`: what a process pays before it does its work, for commands in turns."""

from __future__ import annotations

import resource
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple, Sequence

from benchmarks.collectors import pinned
from benchmarks.machine import cores
from benchmarks.variants import BARE, Variant, installed
from benchmarks.venvs import Trouble

_APP = "import flask; app = flask.Flask('app')"
# What is run in place of COMMAND, each behind the variant's launcher.
TASKS = {
    "true": ("/bin/true",),
    "python -c pass": ("python", "-c", "pass"),
    "python, a Flask app": ("python", "-c", _APP),
}


class Case(NamedTuple):
    """A command that is timed."""

    task: str
    variant: str
    command: tuple[str, ...]
    environment: dict[str, str]


def cases(variants: Sequence[Variant], python: str) -> list[Case]:
    """Each task bare and behind each launcher; and as child of an armed process, which pays no launcher of its own."""
    found = []
    for variant in variants:
        folder = installed(variant, python)
        environment = {
            name: value.replace("{sink}", "http://127.0.0.1:9") for name, value in variant.environment.items()
        }
        environment = dict(environment, PATH=f"{folder / 'bin'}:/usr/bin:/bin", LANG="C.UTF-8")
        launcher = tuple(str(folder / "bin" / part) for part in variant.launcher[:1])
        for task, command in TASKS.items():
            found.append(Case(task, variant.name, launcher + command, environment))
        if variant.is_ours:
            bootstrap = subprocess.run(
                [*launcher, "--print-bootstrap"],
                env=environment,
                stdout=subprocess.PIPE,
                universal_newlines=True,
                check=True,
            ).stdout.strip()
            armed = dict(environment, PYTHONPATH=bootstrap)
            found += [Case(task + ", armed child", variant.name, TASKS[task], armed) for task in list(TASKS)[1:]]
    return found


def measure(
    variants: Sequence[Variant], rounds: int, python: str
) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """(elapsed, CPU) in milliseconds of each case, in each round; every case once in a round."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    every = cases(variants, python)
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        for number in range(rounds + 1):
            for case in every:
                times = _run(case, Path(home))
                if number:  # the first run fills the caches
                    found.setdefault((case.task, case.variant), []).append(times)
    return found


def _run(case: Case, home: Path) -> tuple[float, float]:
    before, begun = _spent(), time.perf_counter()
    done = subprocess.run(
        case.command,
        env=dict(case.environment, HOME=str(home)),
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **pinned(cores()[0]),
    )
    elapsed, spent = time.perf_counter() - begun, _spent() - before
    if done.returncode:
        raise Trouble(f"{case.task} of {case.variant} failed: {done.stdout[-300:]!r}")
    return elapsed * 1000, spent * 1000


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bare_task(task: str) -> tuple[str, str]:
    """What a case is compared with."""
    return task.replace(", armed child", ""), BARE
