"""Has the command's own Python and loader make the app, without serving it, and hears from there what it would report.

Knows how servers name an app on their command line; the agent in the app writes the response into a file.
"""

import ast
import json
import os
import subprocess
import sys
import tempfile
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from metlo_auto.doctor.finding import FAILED, OK, WARNING, Finding
from metlo_auto.doctor.interpreter import Target
from metlo_auto.launcher.bundled_python import is_python

SECONDS = 20.0
LOADER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load_app.py")
ANSWER = "METLO_LOCAL_CHECK"  # the file that the app's agent writes to
BY_NAME = ("waitress-serve", "waitress", "uvicorn", "hypercorn", "granian", "cheroot")  # they take module:object
FACTORY = ("--call", "--factory")  # of waitress, uvicorn and granian: the object makes the app when it is called
NOT_TRIED = ("METLO_STRICT", "METLO_DISABLED")  # whether the app loads is to be seen whatever they say
FLASK_VALUES = ("--app", "-A", "--env-file", "-e")  # options of flask that are followed by a value


class Seen(NamedTuple):
    """What the app's process had when the app was made: its settings in the environment, its folder, its name."""

    environ: Dict[str, str]
    folder: Optional[str]
    service: str


class Tried(NamedTuple):
    finding: Finding
    seen: Optional[Seen]


def attempt(found: Target, environ: Dict[str, str]) -> Tried:
    """Whether the app of a command loads and is reported, as far as that can be tried without serving it."""
    shown = " ".join(found.command) or "a command"
    command = loading(found)
    if command is None:
        said = "not checked: whether `%s` makes a Flask app; metlo-run cannot load it without running it" % shown
        return Tried(Finding("app", WARNING, said, "start it, send a request and look at the collector"), None)
    descriptor, path = tempfile.mkstemp(prefix="metlo-check-")  # for this user alone
    os.close(descriptor)
    try:
        given = dict(environ, **_set_by_gunicorn(command)) if "--check-config" in command else environ
        status, last = _run(command, given, path)
        return _tried(shown, status, last, _read(path, given))
    except subprocess.TimeoutExpired:
        said = "not checked: the app of `%s` does not load within %d s" % (shown, SECONDS)
        return Tried(Finding("app", WARNING, said, "try again when this machine is less busy"), None)
    except OSError as error:
        return Tried(Finding("app", WARNING, "not checked: %s" % error, "check the command"), None)
    finally:
        os.unlink(path)


def loading(found: Target) -> Optional[List[str]]:
    """The command that loads the app of `found` and ends; None where there is none."""
    if found.python is None or not found.command:
        return None
    head, rest = [found.path], found.command[1:]
    name = os.path.basename(found.command[0])
    options: List[str] = []
    if is_python(name):
        options, rest = _options_of_python(rest)
        head += options
        if len(rest) > 1 and rest[0] == "-m":
            head, name, rest = head + rest[:2], rest[1], rest[2:]
        elif rest and rest[0].endswith(".py"):
            guarded = _is_guarded(rest[0])
            return [found.python] + options + [LOADER, "script"] + rest if guarded else None
        else:
            return None
    if name == "gunicorn":
        return head + ["--check-config"] + rest
    if name == "flask":
        return _routes(head, rest)
    target = next((word for word in rest if ":" in word and _is_dotted(word.partition(":")[0])), None)
    how = "factory" if any(word in FACTORY for word in rest) else "module"
    return [found.python] + options + [LOADER, how, target] if name in BY_NAME and target else None


def _options_of_python(words: List[str]) -> Tuple[List[str], List[str]]:
    """What stands before the script, module or code, and the rest."""
    at = 0
    while at < len(words) and words[at][:1] == "-" and words[at] not in ("-", "-m", "-c"):
        at += 2 if words[at] in ("-X", "-W") else 1
    return words[:at], words[at:]


def _routes(head: List[str], rest: List[str]) -> Optional[List[str]]:
    """`flask … run …` as `flask … routes`, which makes the app too."""
    for at, word in enumerate(rest):
        if word in ("run", "routes") and (at == 0 or rest[at - 1] not in FLASK_VALUES):
            return head + rest[:at] + ["routes"]
    return None


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _is_guarded(path: str) -> bool:
    """Whether a script keeps what it does at its start apart from what it defines."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return False
    tests = [node.test for node in tree.body if isinstance(node, ast.If)]
    return any("__name__" in ast.dump(test) and "__main__" in ast.dump(test) for test in tests)


def _run(command: List[str], environ: Dict[str, str], path: str) -> Any:
    """Exit status and last line of the trial; raises TimeoutExpired."""
    quiet = {name: value for name, value in environ.items() if name not in NOT_TRIED}
    # Flask's own switch: app.run() does nothing.
    quiet.update({ANSWER: path, "FLASK_RUN_FROM_CLI": "true"})
    child = subprocess.Popen(
        command, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=os.name == "posix", universal_newlines=True, errors="replace",
    )
    try:
        said = child.communicate(timeout=SECONDS)[0]
    except subprocess.TimeoutExpired:
        _end(child)
        raise
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("metlo: ")]
    return child.returncode, (lines or [""])[-1]


def _set_by_gunicorn(command: List[str]) -> Dict[str, str]:
    """What `--env NAME=value` puts into the environment of workers, which --check-config leaves out."""
    words = [word.partition("=")[2] for word in command if word.startswith("--env=")]
    words += [after for word, after in zip(command, command[1:]) if word in ("-e", "--env")]
    return {name: value for name, equals, value in (word.partition("=") for word in words) if equals}


def _end(child: Any) -> None:
    """With all that it has started."""
    if sys.platform != "win32":
        import signal

        try:
            os.killpg(child.pid, signal.SIGKILL)
        except OSError:
            pass
    child.kill()
    child.communicate()


def _read(path: str, given: Dict[str, str]) -> Optional[Seen]:
    """What the app's agent wrote, with what the trial kept from it."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    try:
        seen = Seen(**json.loads(lines[-1])) if lines else None
    except (ValueError, TypeError):
        return None
    kept = {name: given[name] for name in NOT_TRIED if name in given}
    return seen and seen._replace(environ=dict(kept, **seen.environ))


def _tried(shown: str, status: int, last: str, seen: Optional[Seen]) -> Tried:
    if status and seen is None:
        said = "the app of `%s` does not load (exit status %s): %s" % (shown, status, last)
        return Tried(Finding("app", FAILED, said, "run the command without metlo-run: it fails too"), None)
    if seen is None:
        said = "`%s` makes no Flask app when it is loaded, and only Flask apps are reported" % shown
        return Tried(Finding("app", FAILED, said, "name the command that starts the Flask app"), None)
    if status:
        said = "not checked to its end: the app of `%s` is made, and then the trial fails: %s" % (shown, last)
        return Tried(Finding("app", WARNING, said, "run the command without metlo-run: it may fail too"), seen)
    return Tried(Finding("app", OK, "the app loads and is attached, as the service %s" % seen.service), seen)
