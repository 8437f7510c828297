"""The Python that COMMAND runs on, and what it has; knows scripts' first lines and a child process, not the agent."""

import json
import os
import subprocess
import sys
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from metlo_auto.doctor.finding import FAILED, OK, WARNING, Finding
from metlo_auto.launcher import isolated_python, process
from metlo_auto.launcher.bundled_python import is_python
from metlo_auto.version import VERSION

SECONDS = 9.0  # while the way to the collector is looked at
PROBE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "probe.py")
# What would make the probe act on the user's settings instead of looking on.
SETTINGS = ("METLO_HOST", "METLO_API_KEY", "METLO_STRICT", "METLO_DISABLED", "METLO_ENV_FILE")


class Target(NamedTuple):
    """COMMAND as found: `path` of its file, `python` that runs it (None: not a Python that can be asked)."""

    command: List[str]
    path: str
    python: Optional[str]


def target(command: List[str], environ: Dict[str, str]) -> Target:
    """Where `command` leads; without one, metlo-run's own Python. Raises LaunchError where it cannot be run."""
    if not command:
        return Target([], sys.executable, sys.executable)
    path = process.find(command[0], environ)
    return Target(command, path, _python_of(path, environ))


def _python_of(path: str, environ: Dict[str, str]) -> Optional[str]:
    if is_python(path):
        return path
    words = isolated_python.shebang(path)
    if words and os.path.basename(words[0]) in ("sh", "bash"):
        words = _second_line(path)  # pip's way around a path that is too long or has spaces
    if not words or not is_python(words[0]):
        return _python_beside(path)
    try:
        return process.find(words[0], environ)
    except process.LaunchError:
        return None


def _python_beside(path: str) -> Optional[str]:
    """That of the virtual environment that a program such as uwsgi was installed into."""
    folder = os.path.dirname(os.path.abspath(path))
    python = os.path.join(folder, "python")
    inside = os.path.exists(os.path.join(os.path.dirname(folder), "pyvenv.cfg"))
    return python if inside and os.access(python, os.X_OK) else None


def _second_line(path: str) -> List[str]:
    with open(path, "rb") as file:
        lines = file.read(4096).split(b"\n")
    line = os.fsdecode(lines[1]) if len(lines) > 1 else ""
    if not line.startswith("'''exec' "):
        return []
    return [line[len("'''exec' ") :].replace('"', "").split(" $0")[0].strip()]


class Asked(NamedTuple):
    """A probe under way: `child`, or the `trouble` that kept it from starting; `began` on the monotonic clock."""

    found: Target
    began: float
    child: "Optional[subprocess.Popen[str]]" = None
    trouble: str = ""


def ask(found: Target, environ: Dict[str, str]) -> Asked:
    """Starts the probe in the Python of `found`; `environ` is the app's. Other things can be looked at meanwhile."""
    began = time.monotonic()
    if found.python is None:
        return Asked(found, began)
    quiet = {name: value for name, value in environ.items() if name not in SETTINGS}
    quiet.update(METLO_ENV_FILE="off", METLO_SPOOL_DIR="off", METLO_LOG_LEVEL="CRITICAL")
    try:
        child = subprocess.Popen(
            [found.python, PROBE],
            env=quiet,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
        )
    except OSError as error:
        return Asked(found, began, trouble=str(error))
    return Asked(found, began, child)


def examine(asked: Asked) -> Iterator[Finding]:
    """What keeps the command from being reported, once its Python has answered."""
    found = asked.found
    hidden = isolated_python.hidden_by(found.command, found.path) if found.command else None
    if hidden:
        yield Finding("hidden", FAILED, hidden, "write the command in that way")
    if found.python is None:
        said = "%s is not a Python script, so the Python inside it cannot be asked" % found.path
        yield Finding("interpreter", WARNING, said, "check with the python of the app: metlo-run --check python")
        return
    try:
        seen = _answer(asked)
    except subprocess.TimeoutExpired:
        said = "%s does not answer within %d s" % (found.python, SECONDS)
        yield Finding("interpreter", WARNING, said, "try again when this machine is less busy")
    except ValueError as error:
        said = "%s does not run: %s" % (found.python, error)
        yield Finding("interpreter", FAILED, said, "try: %s -c pass" % found.python)
    else:
        said = "Python %s, %s" % (seen["python"], seen["executable"])
        yield Finding("interpreter", OK, said)
        yield from _packages(seen)


def _answer(asked: Asked) -> Dict[str, Any]:
    """What the probe said; raises TimeoutExpired, or ValueError where it said nothing of use."""
    if asked.child is None:
        raise ValueError(asked.trouble)
    try:
        answer = asked.child.communicate(timeout=max(0.1, asked.began + SECONDS - time.monotonic()))[0]
    except subprocess.TimeoutExpired:
        asked.child.kill()
        asked.child.communicate()
        raise
    if not answer.strip():
        raise ValueError("it ended with status %s and said nothing" % asked.child.returncode)
    seen = json.loads(answer.strip().splitlines()[-1])
    if not isinstance(seen, dict):
        raise ValueError("it said something else than was asked")
    return seen


def _packages(seen: Dict[str, Any]) -> Iterator[Finding]:
    pip = "%s -m pip install " % seen["executable"]
    packages = seen["packages"]
    for name in ("flask", "wrapt", "requests", "dotenv"):
        yield _package(name, packages[name], pip)
    own = packages["metlo_auto"]
    if seen["armed"]:
        said = "metlo-auto %s is loaded there at start" % own.get("version", VERSION)
        if seen["borrowed"]:
            said += ", lent by metlo-run's Python; to be independent of that: %smetlo-auto==%s" % (pip, VERSION)
        yield Finding("metlo_auto", OK, said)
    elif own.get("missing"):
        said = "metlo-auto is not installed for Python %s, and metlo-run's is for another version" % seen["python"]
        yield Finding("metlo_auto", FAILED, said, "run: %smetlo-auto==%s" % (pip, VERSION))
    else:
        said = "metlo-auto is not loaded there at start: another sitecustomize or a setting of Python is in the way"
        yield Finding("metlo_auto", FAILED, said, "put `import metlo_auto.auto` at the top of the app")
    yield _native(packages["metlo_auto_native"])
    if seen["lazy"]:
        said = "imports are lazy there: metlo-run works; after `import metlo_auto.auto` write `metlo_auto.auto`"
        yield Finding("lazy_imports", OK, said)
    if seen["agents"]:
        said = "other agents are loaded beside metlo: %s; both work, as long as metlo-run is the inner one"
        yield Finding("agents", OK, said % ", ".join(seen["agents"]))


def _native(told: Dict[str, Any]) -> Finding:
    """Whether requests may go the compiled way; without it nothing is missing, so this is never a failure."""
    if "version" in told:
        said = "metlo-auto-native %s is there: ordinary requests go the compiled way, unless METLO_NATIVE=off"
        return Finding("native", OK, said % told["version"])
    why = "is not installed" if told.get("missing") else "does not load there (%s)" % told["error"]
    return Finding("native", OK, "metlo-auto-native %s: requests go the pure way, which does the same" % why)


def _package(name: str, told: Dict[str, Any], pip: str) -> Finding:
    distribution = {"dotenv": "python-dotenv"}.get(name, name)
    if "version" in told:
        return Finding(name, OK, "%s %s" % (distribution, told["version"]))
    if name == "flask":
        said = "Flask cannot be imported by the app's Python (%s), so there is nothing to report" % told["error"]
        return Finding(name, FAILED, said, "run: %sflask, or name the command that starts the app" % pip)
    # Without dotenv only the .env is not read; without the other two nothing is reported.
    status = WARNING if name == "dotenv" else FAILED
    said = "%s cannot be imported by the app's Python: %s" % (distribution, told["error"])
    return Finding(name, status, said, "run: %s--force-reinstall %s" % (pip, distribution))
