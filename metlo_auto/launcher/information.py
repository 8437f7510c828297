"""The options that end metlo-run without a command: what they print on stdout."""

from metlo_auto.launcher import environment, speech
from metlo_auto.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from metlo_auto.launcher.options import Options

HELP = """\
usage: metlo-run [options] [--] COMMAND [ARG...]

Runs COMMAND (gunicorn app:app, flask run, python app.py, ...) so that its Flask apps report to Metlo.

options, all of them before COMMAND:
  --local                start or reuse the embedded collector and point the app at it
  --check [COMMAND...]   find out why nothing arrives: exit status 0 or 1; --json for machines
  --env-file PATH        read METLO_* settings from this file instead of the nearest .env
  --no-env-file          read no file
  --strict               refuse to start the app (exit status 78) where it would not be reported
  --print-bootstrap      print the folder for PYTHONPATH that does what metlo-run does
  --version, -h, --help

settings, from the environment or from .env:
"""


def inform(chosen: "Options") -> int:
    """Print what was asked for; gives the exit status."""
    if chosen.action == "check":
        from metlo_auto.doctor import main as check

        return check(chosen)
    short = {"version": "metlo-auto " + VERSION, "print-bootstrap": environment.BOOTSTRAP}
    text = short.get(chosen.action) or _help()
    return 0 if speech.answer(text + "\n") else 1


def _help() -> str:
    from metlo_auto.settings import SETTINGS

    width = max(len(setting.variable) for setting in SETTINGS)
    rows = ["  %-*s  %s" % (width, row.variable, row.help) for row in SETTINGS]
    return HELP + "\n".join(text + (" (%s)" % row.default if row.default else "") for text, row in zip(rows, SETTINGS))
