"""The Python that runs the embedded collector: one that has its packages, so that none of the app's is ever replaced.

In this order: METLO_COLLECTOR_PYTHON, metlo-run's own, that of a `metlo-collector` on PATH, an environment of its own.
Never imports the collector.
"""

import os
import subprocess
import sys

from metlo_auto.cli import collector_packages
from metlo_auto.launcher import collector_environment, process
from metlo_auto.launcher.isolated_python import shebang

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Optional

OLDEST = (3, 9)
VARIABLE = "METLO_COLLECTOR_PYTHON"
NEWEST_FIRST = ["python3.%d" % minor for minor in range(15, 8, -1)] + ["python3", "python"]
ASK = "import sys; assert sys.version_info >= (3, 9)"
ASK_PACKAGES = ASK + "; from metlo_auto.cli.collector_packages import unfit; assert not unfit()"
SECONDS = 20

PythonError = collector_environment.PythonError


class Python:
    """`path` of an interpreter and the `environ` that it is started with."""

    def __init__(self, path: str, environ: "Dict[str, str]") -> None:
        self.path = path
        self.environ = environ


def find(environ: "Dict[str, str]", yes: bool) -> Python:
    """What runs the collector; made where there is none and `yes`, or who sits at the terminal, says so.

    Raises PythonError, one line that says what is missing and what to do.
    """
    # The collector is a Flask app too, and must not report itself.
    plain = dict(environ, METLO_DISABLED="1")
    chosen = environ.get(VARIABLE, "").strip()
    if chosen:
        return _chosen(chosen, plain)
    if sys.version_info >= OLDEST and not collector_packages.unfit():
        return Python(sys.executable, dict(os.environ, METLO_DISABLED="1"))
    alone = {name: value for name, value in plain.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    on_path = _of_command(environ, alone)
    if on_path is not None:
        return Python(on_path, alone)
    base = sys.executable if sys.version_info >= OLDEST else _newer(environ, alone)
    if base is None:
        raise PythonError("the embedded collector needs Python %d.%d or newer, and none is on PATH; set %s to one that "
                          "has metlo-auto[collector]" % (OLDEST + (VARIABLE,)))
    made = collector_environment.ready(base, environ, yes)
    return Python(made.python, dict(alone, PYTHONPATH=made.package))


def find_made(environ: "Dict[str, str]") -> "Optional[Python]":
    """What runs the collector, where that is there already; asks nobody and makes nothing."""
    base = sys.executable if sys.version_info >= OLDEST else None
    alone = {name: value for name, value in environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    try:
        if environ.get(VARIABLE, "").strip():
            return _chosen(environ[VARIABLE].strip(), alone)
        on_path = _of_command(environ, alone)
        if on_path is not None:
            return Python(on_path, alone)
        made = collector_environment.made(base, environ) if base is not None else None
    except PythonError:
        return None
    return Python(made.python, dict(alone, PYTHONPATH=made.package, METLO_DISABLED="1")) if made is not None else None


def _chosen(command: str, environ: "Dict[str, str]") -> Python:
    try:
        path = process.find(command, environ)
    except process.LaunchError as error:
        raise PythonError("%s: %s" % (VARIABLE, error)) from None
    # Where that Python has none of its own, it is lent this one.
    alone = {name: value for name, value in environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    if not _runs(path, "import metlo_auto.collector", alone):
        alone["PYTHONPATH"] = collector_environment.package_alone(environ)
    return Python(path, alone)


def _of_command(environ: "Dict[str, str]", alone: "Dict[str, str]") -> "Optional[str]":
    """The Python of the first `metlo-collector` on PATH that has all it needs, as pipx and uv install it."""
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        words = shebang(os.path.join(folder, "metlo-collector"))
        if words and os.path.isabs(words[0]) and _runs(words[0], ASK_PACKAGES, alone):
            return words[0]
    return None


def _newer(environ: "Dict[str, str]", alone: "Dict[str, str]") -> "Optional[str]":
    """For an app on an old Python: another one that the collector runs on."""
    for name in NEWEST_FIRST:
        try:
            path = process.find(name, environ)
        except process.LaunchError:
            continue
        if _runs(path, ASK, alone):
            return path
    return None


def _runs(python: str, code: str, environ: "Dict[str, str]") -> bool:
    try:
        return subprocess.call([python, "-c", code], env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, cwd="/", timeout=SECONDS) == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
