"""The options that end metlo-run without a command: what they print on stdout."""

from metlo_auto.launcher import environment, messages
from metlo_auto.launcher.options import OPTIONS, SHELLS, SPOOL
from metlo_auto.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from metlo_auto.launcher.options import Options

HELP = """\
usage: metlo-run [options] [--] COMMAND [ARG...]

Runs COMMAND so that the Flask apps in it report their API traffic to Metlo:
  metlo-run --local flask run           shown on a page of this machine
  metlo-run gunicorn app:app            sent to METLO_HOST
  metlo-run --check gunicorn app:app    why does nothing arrive?
options, all of them before COMMAND:
%s
settings, in the environment or in .env (docs/settings.md says more):
%s
"""


def inform(chosen: "Options") -> int:
    """Print what was asked for; gives the exit status."""
    if chosen.action == "check":
        from metlo_auto.doctor import main as check

        return check(chosen)
    if chosen.action == "spool":
        from metlo_auto.doctor import spool_command

        return spool_command.main(chosen)
    short = {"version": "metlo-auto %s\n" % VERSION, "print-bootstrap": environment.BOOTSTRAP + "\n"}
    text = short.get(chosen.action) or (_completion(chosen.shell) if chosen.shell else _help())
    return 0 if messages.answer(text) else 1


def _help() -> str:
    from metlo_auto.config.settings import SETTINGS

    options = [(" ".join([", ".join(names), value]).strip(), text) for names, value, text in OPTIONS]
    settings = [(row.variable, row.help + (" (%s)" % row.default if row.default else "")) for row in SETTINGS]
    return HELP % tuple("\n".join(("  %-23s  %s" % row).rstrip() for row in rows) for rows in (options, settings))


def _completion(shell: str) -> str:
    from metlo_auto.cli import completion

    choices = {"SHELL": SHELLS, "WHAT": SPOOL}
    options = [completion.Option(names, value, text, choices.get(value, ())) for names, value, text in OPTIONS]
    return completion.script(shell, completion.Program("metlo-run", tuple(options), (), True))
