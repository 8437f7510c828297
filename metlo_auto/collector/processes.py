"""Processes by pid and start time, and the environment and memory of our own; knows nothing of what they do."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Any, Mapping, Optional

from metlo_auto.config.booleans import is_on

LAZY = "PYTHON_LAZY_IMPORTS"  # Python 3.15: with `all` SQLAlchemy has no events, and no store can be opened
_ROOT = Path(__file__).resolve().parents[2]


def start_mark(pid: int) -> Optional[str]:
    """When process `pid` began, in the system's own words, so that a pid used again is not mistaken; None if
    it is gone.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None if os.path.isdir("/proc/self") else _start_by_ps(pid)
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _start_by_ps(pid: int) -> Optional[str]:
    import subprocess  # where there is no /proc

    answer = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return answer.stdout.decode("ascii", "replace").strip() or None


def is_alive(pid: int, mark: Optional[str]) -> bool:
    """True while the process that began at `mark` still runs."""
    return mark is not None and start_mark(pid) == mark


def own_command(*arguments: str) -> list[str]:
    """The command line of `metlo-collector ARGUMENTS` on this interpreter.

    Not `-m`, which puts the current directory first on the path: a user's queue.py there must not become ours.
    """
    code = (
        "import sys; sys.path[:1] = [p for p in sys.path[:1] if p]; "
        "from metlo_auto.collector.service.cli import main; sys.exit(main())"
    )
    return [sys.executable, "-c", code, *arguments]


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for a process of ours: not instrumented, this package in reach."""
    clean = {name: value for name, value in environ.items() if name != LAZY}
    clean["METLO_DISABLED"] = "1"
    path = [part for part in clean.pop("PYTHONPATH", "").split(os.pathsep) if part and not _is_bootstrap(part)]
    installed = _ROOT.name in ("site-packages", "dist-packages")
    if not installed and not any((Path(part) / "metlo_auto").exists() for part in path):
        path.append(str(_ROOT))  # run from a checkout: the child's current directory is another
    if path:
        clean["PYTHONPATH"] = os.pathsep.join(path)
    return clean


def is_instrumented(environ: Mapping[str, str]) -> bool:
    """True where this interpreter started with the agent's bootstrap on its path and not disabled."""
    if is_on(environ.get("METLO_DISABLED", "")):
        return False
    return any(_is_bootstrap(part) for part in environ.get("PYTHONPATH", "").split(os.pathsep) if part)


def import_eagerly() -> None:
    """From now on imports of this process run where they stand, where Python 3.15 was told to have them all late."""
    modes: Any = sys  # typing knows these names for 3.15 alone
    if hasattr(sys, "get_lazy_imports") and modes.get_lazy_imports() == "all":
        modes.set_lazy_imports("normal")


def _is_bootstrap(part: str) -> bool:
    folder = Path(part)
    return folder.name == "bootstrap" and folder.parent.name == "metlo_auto"


def seldom_look_for_cycles() -> None:
    """JSON is many objects and no cycle: by default the search for cycles takes a tenth of the time and finds none."""
    if sys.implementation.name == "cpython":  # PyPy's has neither
        gc.freeze()
        gc.set_threshold(100_000, 20, 20)


def look_for_no_cycles_in_what_is_there() -> None:
    """Of what was imported so far no search finds any, not the one at the end of the process either."""
    if sys.implementation.name == "cpython":
        gc.freeze()
