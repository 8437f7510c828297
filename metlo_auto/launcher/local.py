"""`--local`: asks the embedded collector, in a process of its own, to serve this one; never imports it."""

import json
import os
import subprocess

from metlo_auto.launcher import collector_python

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Optional

SECONDS = 30


class LocalError(Exception):
    """The embedded collector cannot be used; one line that says why."""


def attach(environ: "Dict[str, str]", yes: bool = False, run: "Optional[str]" = None) -> str:
    """Start or reuse the collector, point `environ` at it, give its page's address; raises LocalError.

    `yes`: an environment for the collector may be made without a question. `run`: what the run is called, "" for time
    and folder; a line on standard error then says what it has shown, once it has ended. None for neither.
    """
    try:
        answer = _ask(collector_python.find(environ, yes), run)
    except collector_python.PythonError as error:
        raise LocalError(str(error)) from None
    try:
        told = json.loads(answer)
        host, key, page = str(told["host"]), str(told["api_key"]), str(told["page"])
    except (ValueError, KeyError, TypeError):
        raise LocalError("the embedded collector gave no address") from None
    environ.update(METLO_HOST=host, METLO_API_KEY=key)
    return page


def _ask(python: "collector_python.Python", run: "Optional[str]") -> str:
    # This process becomes the app, so its pid is the app's.
    command = [python.path, "-m", "metlo_auto.collector", "attach", "--pid", str(os.getpid())]
    told = _duplicate_of_stderr() if run is not None else None
    if told is not None:
        command += ["--run=%s" % run, "--tell", str(told)]
    try:
        child = subprocess.Popen(
            command,
            pass_fds=() if told is None else (told,),
            env=python.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
        )
    except OSError as error:
        raise LocalError("the embedded collector did not start: %s" % error) from None
    finally:
        if told is not None:
            os.close(told)
    try:
        answer, complaint = child.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        raise LocalError("the embedded collector gave no answer within %d s" % SECONDS) from None
    if child.returncode == 2 and run is not None:  # a collector of the time before knows no runs
        return _ask(python, None)
    if child.returncode:
        last = complaint.strip().splitlines()[-1:] or ["exit status %d" % child.returncode]
        raise LocalError(last[0])
    return answer


def _duplicate_of_stderr() -> "Optional[int]":
    """Where the line at the end goes; None where there is no standard error, and on Windows."""
    if os.name != "posix":
        return None
    try:
        return os.dup(2)
    except OSError:
        return None
