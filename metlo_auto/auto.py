"""Arms this process once: importing it is one of the ways in. Knows settings, import hook and patch; imports them late.

Nothing but the import hook and the clocks is loaded before Flask is: wrapt, requests and the agent cost each process
that never needs them, and bring ssl in before gevent could patch it.
"""

import os
import sys

from metlo_auto import clocks  # noqa: F401 - the clocks are taken now, before any test has them patched
from metlo_auto.config.booleans import is_on
from metlo_auto.imports import import_hook  # noqa: F401 - the clocks are taken now, before any test has them patched

TYPE_CHECKING = False  # typing is not loaded in a process that never imports Flask
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

EXIT_CONFIG = 78  # EX_CONFIG of sysexits.h


def arm() -> None:
    """Instruments each Flask app that is created from now on; more than once is the same as once."""
    if _disabled():
        return
    import_hook.install("flask.app", _on_flask)
    loaded = sys.modules.get("flask.app")
    if loaded is not None and getattr(loaded, "Flask", None) is not None:
        _on_flask(loaded)


def _disabled() -> bool:
    return is_on(os.environ.get("METLO_DISABLED", ""))


def _on_flask(flask_app: "ModuleType") -> None:
    try:
        _instrument(flask_app)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a broken wrapt may raise anything; the app has to start
        _say("metlo: %s while instrumenting Flask: %s; the app runs without Metlo. "
             "Run metlo-run --check to see what is wrong." % (type(error).__name__, error))
        _refuse_if_strict(os.environ.get("METLO_STRICT", ""))


def _instrument(flask_app: "ModuleType") -> None:
    from metlo_auto.config import settings

    loaded = settings.load(os.environ, _folder())
    if loaded.settings.disabled:
        return
    settings.log_problems(loaded)
    if loaded.errors:
        _refuse_if_strict(str(loaded.settings.strict))
        return
    from metlo_auto import agent
    from metlo_auto.capture import flask_hooks

    flask_hooks.patch(flask_app, agent.AGENTS.get(loaded.settings).capture(flask_hooks.route_of, flask_hooks.ORDINARY))


def _folder() -> "Any":
    try:
        return os.getcwd()
    except OSError:
        return None


def _refuse_if_strict(strict: str) -> None:
    if is_on(strict):
        _say("metlo: refusing to start the app (METLO_STRICT): it would run uninstrumented")
        sys.stdout.flush()
        os._exit(EXIT_CONFIG)


def _say(line: str) -> None:
    try:
        sys.stderr.write(line.replace("\n", " ") + "\n")
        sys.stderr.flush()
    except Exception:  # noqa: BLE001 - stderr may be closed; there is nowhere left to say so
        pass


arm()
