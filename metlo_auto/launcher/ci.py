"""`--ci`: runs the command to its end as a child, then asks the embedded collector whether what it showed is in order.

Standard library only; the checks are commands of the collector, in processes of their own.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time

from metlo_auto.launcher import collector_python, local, precedence, process
from metlo_auto.launcher.messages import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

    from metlo_auto.launcher.options import Options

FOLDER = "METLO_COLLECTOR_DATA_DIR"
NOTHING = 3
NO_REQUEST = "--ci: no request was reported, so nothing was checked; metlo-run --check COMMAND says why"
DELIVERS_WITHIN = "15"  # seconds: what goes to the spool at the command's end would be missing from the checks
SETTLES_WITHIN = 30.0  # seconds for what the command's processes sent last


def run(chosen: "Options", path: str, environ: "Dict[str, str]") -> int:
    """The command's exit status where it failed, else 1 with findings, 2 or 3 where a check could not be made."""
    if not precedence.is_local(environ):
        status = process.run_child(path, chosen.command, environ)
        if not status:
            say(NO_REQUEST)
        return status or NOTHING
    kept = environ.get(FOLDER)
    folder = kept or tempfile.mkdtemp(prefix="metlo-ci-")  # old traffic of this machine is none of this run's
    before = os.environ.get(FOLDER)
    environ[FOLDER] = os.environ[FOLDER] = folder
    environ.setdefault("METLO_SHUTDOWN_TIMEOUT", DELIVERS_WITHIN)
    try:
        python = collector_python.find(environ, chosen.yes)
        say("until the command and its checks end, what it shows is at " + local.attach(environ, chosen.yes))
        known = _status(python).get("accepted_traces", 0) if kept else 0
        status = process.run_child(path, chosen.command, environ)
        if status:
            say("the command failed with status %d: nothing was checked" % status)
            return status
        after = _settle(python).get("accepted_traces")
        statuses = [_check(python, words) for words in _checks(chosen) if _is_known(python, words[0])]
        if after == known:
            say(NO_REQUEST)
            statuses.append(NOTHING)
        return _worst(statuses)
    except (local.LocalError, collector_python.PythonError) as error:
        say("--ci: %s" % error)
        return NOTHING
    finally:
        if before is None:
            del os.environ[FOLDER]
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def _checks(chosen: "Options") -> "List[List[str]]":
    """The collector's commands, in the order in which they run."""
    more = ["--fail-on", chosen.fail_on or "high"]
    findings = ["findings"] + more
    for name, value in (("--sarif", chosen.sarif), ("--junit", chosen.junit)):
        findings += [name, value] if value else []
    found = [findings]
    if chosen.openapi:
        found.append(["openapi", "--check", chosen.openapi, "--all"])
    if chosen.test:
        tests = ["test", chosen.test] + more
        tests += ["--config", chosen.test_config] if chosen.test_config else []
        for name, value in (("--sarif", chosen.sarif), ("--junit", chosen.junit)):
            tests += [name, beside(value)] if value else []
        found.append(tests)
    return found


def beside(name: str) -> str:
    """Where the security tests write, beside the findings of traffic: `a.sarif` → `a.tests.sarif`."""
    root, extension = os.path.splitext(name)
    return root + ".tests" + extension


def _worst(statuses: "List[int]") -> int:
    """Findings count more than a check that could not be made; without any check nothing is known."""
    return 1 if 1 in statuses else max(statuses) if statuses else NOTHING


def _is_known(python: "collector_python.Python", command: str) -> bool:
    """Whether the collector that is installed there has the command; says so where it has not."""
    found = subprocess.call(
        _command(python, [command, "--help"]), env=_environ(python), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) == 0
    if not found:
        say("the collector has no command %s: that is not checked" % command)
    return found


def _check(python: "collector_python.Python", words: "List[str]") -> int:
    return subprocess.call(_command(python, words), env=_environ(python), stdin=subprocess.DEVNULL)


def _command(python: "collector_python.Python", words: "List[str]") -> "List[str]":
    return [python.path, "-m", "metlo_auto.collector"] + words


def _environ(python: "collector_python.Python") -> "Dict[str, str]":
    return dict(python.environ, **{FOLDER: os.environ[FOLDER]})


def _settle(python: "collector_python.Python") -> "Dict[str, Any]":
    """Wait until the collector has analysed all that came in; its counts then."""
    deadline = time.time() + SETTLES_WITHIN
    while True:
        told = _status(python)
        if not told.get("inbox_traces") or time.time() > deadline:
            return told
        time.sleep(0.2)


def _status(python: "collector_python.Python") -> "Dict[str, Any]":
    """The collector's counts; nothing where it does not tell them, since the checks say what is wrong with it."""
    told = subprocess.run(
        _command(python, ["status", "--json"]), env=_environ(python), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ).stdout
    try:
        counts = json.loads(told.decode("utf-8", "replace"))
    except ValueError:
        return {}
    return counts if isinstance(counts, dict) else {}
