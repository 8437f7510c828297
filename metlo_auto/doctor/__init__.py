"""`metlo-run --check`: why nothing arrives, in plain sentences. Knows what to ask; nothing of capture."""

import os
import sys
from typing import Any, Dict, Iterator, List, Tuple, Union

from metlo_auto.doctor import configuration, interpreter, reach, report, trial
from metlo_auto.doctor.configuration import Row
from metlo_auto.doctor.finding import FAILED, OK, Finding
from metlo_auto.launcher import environment, messages, piped_settings, process
from metlo_auto.version import VERSION


def main(chosen: Any) -> int:
    """Examine, print, and give the exit status; `chosen` are the launcher's options."""
    environ = environment.for_app(dict(os.environ), chosen)
    for problem in piped_settings.hand_on(environ):
        messages.say(problem)
    begun = list(_local(environ, chosen.yes)) if chosen.local else []
    rows, findings = examine(chosen.command, environ)
    findings = begun + findings
    text = (report.as_json if chosen.json else report.as_text)(VERSION, rows, findings)
    messages.answer(text)  # where nobody reads, the status still tells
    return 0 if report.good(findings) else 1


def examine(command: List[str], environ: Dict[str, str]) -> Tuple[List[Row], List[Finding]]:
    """All settings, and all findings about the app that `command` starts in `environ`."""
    asked = _ask(command, environ)
    heard = [_bootstrap()] + _heard(asked)
    folder = _folder()
    if isinstance(asked, interpreter.Asked) and all(finding.status != FAILED for finding in heard):
        tried = trial.attempt(asked.found, environ)
        heard.append(tried.finding)
        if tried.seen is not None:
            environ, folder = dict(environ, **tried.seen.environ), tried.seen.folder
    loaded = _settings(environ, folder)
    if isinstance(loaded, Finding):
        return [], heard + [loaded]
    if loaded.settings.disabled:  # it loads, and is not attached
        heard = [finding for finding in heard if (finding.check, finding.status) != ("app", OK)]
    rest = list(configuration.examine(loaded))
    if loaded.settings.host and loaded.settings.api_key:
        rest += configuration.examine_spool(loaded)
        rest += reach.examine(loaded.settings.host, loaded.settings.api_key)
    return configuration.rows(loaded), heard + rest


def obstacles(command: List[str], environ: Dict[str, str]) -> List[str]:
    """What is sure before the start to leave the app unreported, one line each; nothing where that is wanted.

    Settings are none of it: the app may have other ones, from the folder that its server changes to for example.
    """
    loaded = _settings(environ, _folder())
    if not isinstance(loaded, Finding) and loaded.settings.disabled:
        return []
    findings = [_bootstrap()] + _heard(_ask(command, environ))
    sure = [found for found in findings if found.status == FAILED]
    if isinstance(loaded, Finding):
        sure.append(loaded)
    return ["%s; %s" % (found.said, found.fix) if found.fix else found.said for found in sure]


def loaded_settings(environ: Dict[str, str]) -> Any:
    """What environment and `.env` say in this folder; None where that cannot be read."""
    loaded = _settings(environ, _folder())
    return None if isinstance(loaded, Finding) else loaded


def _local(environ: Dict[str, str], yes: bool) -> Iterator[Finding]:
    from metlo_auto.launcher import local

    try:
        yield Finding("local", OK, "the embedded collector's page is %s" % local.attach(environ, yes))
    except local.LocalError as error:
        yield Finding("local", FAILED, "the embedded collector does not run: %s" % error, "do what it says")


def _ask(command: List[str], environ: Dict[str, str]) -> Union[interpreter.Asked, Finding]:
    try:
        return interpreter.ask(interpreter.target(command, environ), environ)
    except process.LaunchError as error:
        return Finding("command", FAILED, str(error), "check the command")


def _heard(asked: Union[interpreter.Asked, Finding]) -> List[Finding]:
    return [asked] if isinstance(asked, Finding) else list(interpreter.examine(asked))


def _settings(environ: Dict[str, str], folder: Any) -> Any:
    """The loaded settings, or the finding that says why there are none."""
    try:
        return configuration.load(environ, folder)
    except BaseException as error:  # noqa: BLE001 - a broken python-dotenv may raise anything
        said = "the settings cannot be read: %s: %s" % (type(error).__name__, error)
        fix = "run: %s -m pip install --force-reinstall python-dotenv" % sys.executable
        return Finding("settings", FAILED, said, fix)


def _bootstrap() -> Finding:
    path = os.path.join(environment.BOOTSTRAP, "sitecustomize.py")
    if os.pathsep in path:
        said = "PYTHONPATH cannot hold %s because of its %r" % (environment.BOOTSTRAP, os.pathsep)
        return Finding("bootstrap", FAILED, said, "install metlo-auto into a folder without it")
    try:
        with open(path, "rb") as file:
            file.read()
    except OSError as error:
        said = "the bootstrap cannot be read: %s: %s" % (path, error.strerror)
        return Finding("bootstrap", FAILED, said, "make it readable for this user, or install metlo-auto again")
    return Finding("bootstrap", OK, "the bootstrap is %s" % environment.BOOTSTRAP)


def _folder() -> Any:
    try:
        return os.getcwd()
    except OSError:
        return None
