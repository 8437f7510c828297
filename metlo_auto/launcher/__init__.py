"""metlo-run: starts a command so that every Python in it is armed, and is gone.

Standard library only, and little of it, before exec: a package of the user's that is broken must not
stop the app.
"""

import os
import sys

from metlo_auto.config.booleans import is_on
from metlo_auto.launcher import environment, isolated_python, options, piped_settings, process
from metlo_auto.launcher.messages import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional

USAGE = 2
REFUSED = 78  # EX_CONFIG
INTERRUPTED = 130  # 128 + SIGINT, as shells say it


def main(arguments: "Optional[List[str]]" = None) -> int:
    """Run `arguments` (default: the process's own); gives an exit status unless it becomes the app."""
    try:
        chosen = options.parse(sys.argv[1:] if arguments is None else arguments)
    except options.UsageError as error:
        say(str(error))
        return USAGE
    try:
        if chosen.action == "run":
            return launch(chosen)
        from metlo_auto.launcher import help_and_version

        return help_and_version.inform(chosen)
    except KeyboardInterrupt:
        return INTERRUPTED


def launch(chosen: "options.Options") -> int:
    """Become the command, or give the exit status that says why not."""
    environ = environment.for_app(dict(os.environ), chosen)
    for problem in piped_settings.hand_on(environ):
        say(problem)
    try:
        path = process.find(chosen.command[0], environ)
        if chosen.ci:
            from metlo_auto.launcher import ci

            return ci.run(chosen, path, environ)
        obstacles = _obstacles(chosen, path, environ)
        for obstacle in obstacles:
            say(obstacle)
        if obstacles and is_strict(environ):
            say("the app was not started, as --strict (METLO_STRICT) wants it")
            return REFUSED
        return process.run(path, chosen.command, environ)
    except process.LaunchError as error:
        say(str(error))
        return error.status


def _obstacles(chosen: "options.Options", path: str, environ: "Dict[str, str]") -> "List[str]":
    """What is sure to keep this app from being reported, one sentence each; the settings are for the app to judge."""
    found = []
    if chosen.local:
        from metlo_auto.launcher import precedence

        if not precedence.is_local(environ):
            return []
        found += _attach(chosen, environ)
    elif is_on(environ.get("METLO_DISABLED", "")):
        return []
    if is_strict(environ):
        from metlo_auto import doctor

        return found + doctor.obstacles(chosen.command, environ)
    if os.pathsep in environment.BOOTSTRAP:
        line = "not reported: PYTHONPATH cannot hold %s because of its %r; install metlo-auto elsewhere"
        found.append(line % (environment.BOOTSTRAP, os.pathsep))
    hidden = isolated_python.hidden_by(chosen.command, path)
    return found + [hidden] if hidden else found


def _attach(chosen: "options.Options", environ: "Dict[str, str]") -> "List[str]":
    from metlo_auto.launcher import local

    try:
        say("what the app sends is shown at " + local.attach(environ, chosen.yes, chosen.run))
    except local.LocalError as error:
        environ["METLO_DISABLED"] = "1"  # what was to stay on this machine goes to no METLO_HOST either
        return ["--local: %s" % error]
    return []


def is_strict(environ: "Dict[str, str]") -> bool:
    return is_on(environ.get("METLO_STRICT", ""))
