"""Instruments this process, once, when it is imported. Knows settings, import hook and patch; imports them late.

Nothing but the import hook and the clocks is loaded before Flask is: wrapt, requests and the agent cost each process
that never needs them, and bring ssl in before gevent could patch it. Settings are read when the first app is made: by
then the app may have put its own `.env` into the environment, or gunicorn may have changed the folder.
"""

import os
import sys

from metlo_auto import clocks  # noqa: F401 - the clocks are taken now, before any test has them patched
from metlo_auto.config.booleans import is_on
from metlo_auto.imports import import_hook

TYPE_CHECKING = False  # typing is not loaded in a process that never imports Flask
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Optional

    from metlo_auto.capture.recording import Capture
    from metlo_auto.config.settings import Loaded

CHECK = "METLO_LOCAL_CHECK"  # the file of a `metlo-run --check` that waits for a response
_settings: "list[Loaded]" = []  # those of the first app, once it is made


def arm() -> None:
    """Instruments each Flask app of this process, those that exist too; more than once is the same as once."""
    if is_on(os.environ.get("METLO_DISABLED", "")):
        return
    if is_on(os.environ.get("METLO_STRICT", "")):
        from metlo_auto import refusal

        refusal.pass_on()
    if hasattr(sys, "set_lazy_imports_filter"):  # Python 3.15
        from metlo_auto.imports import eager_imports

        eager_imports.install()
    import_hook.install("flask.app", _on_flask)
    loaded = sys.modules.get("flask.app")
    if loaded is not None and getattr(loaded, "Flask", None) is not None:
        _on_flask(loaded)
        _guarded(_attach_existing, loaded)


def _on_flask(flask_app: "ModuleType") -> None:
    _guarded(_patch, flask_app)


def _guarded(function: "Callable[[Any], Any]", argument: "Any") -> "Any":
    """What `function` returns; whatever it raises is one line, and the app goes on, unless METLO_STRICT forbids."""
    try:
        return function(argument)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a broken wrapt may raise anything; the app has to start
        from metlo_auto import refusal

        refusal.say("metlo: %s while instrumenting Flask: %s; the app runs without Metlo. "
                    "Run metlo-run --check to see what is wrong." % (type(error).__name__, error))
        _refuse_if(is_on(os.environ.get("METLO_STRICT", "")))
        return None


def _patch(flask_app: "ModuleType") -> None:
    if sys.version_info >= (3, 15):
        import calendar  # noqa: F401 - imported later, it would ask a clock that a test of the app's has replaced
    from metlo_auto.config import settings

    if settings.load(os.environ, _folder()).settings.disabled and not os.environ.get(CHECK):  # by `.env`
        return
    from metlo_auto.capture import flask_hooks

    flask_hooks.patch(flask_app, _capture_for)


def _attach_existing(flask_app: "Any") -> None:
    from metlo_auto.capture import flask_hooks
    from metlo_auto.capture.existing_apps import existing_apps

    for app in existing_apps(flask_app.Flask):
        flask_hooks.attach_new(app, _capture_for)


def _capture_for(app: "Any") -> "Optional[Capture]":
    """What a new app reports to; None where it is not to be reported. Raises nothing."""
    return _guarded(_capture, app)  # type: ignore[no-any-return]


def _capture(app: "Any") -> "Optional[Capture]":
    if os.environ.get(CHECK):  # a trial reports nothing
        _answer_check(app)
        return None
    loaded = _loaded()
    if loaded.settings.disabled:
        return None
    if loaded.errors:
        _refuse_if(loaded.settings.strict)
        return None
    from metlo_auto import reporting

    return reporting.capture_of(app, loaded)


def _answer_check(app: "Any") -> None:
    """Tells `metlo-run --check`, which has this app loaded for a trial, what it would be reported by."""
    import json

    from metlo_auto.capture.service_name import service_name

    names = [name for name in os.environ if name.startswith("METLO_") or name == "OTEL_SERVICE_NAME"]
    environ = {name: os.environ[name] for name in names if name != CHECK}
    service = environ.get("METLO_SERVICE") or environ.get("OTEL_SERVICE_NAME") or service_name(app)
    with open(os.environ[CHECK], "a") as file:
        file.write(json.dumps({"environ": environ, "folder": _folder(), "service": service}) + "\n")


def _loaded() -> "Loaded":
    from metlo_auto.config import settings

    if not _settings:
        loaded = settings.load(os.environ, _folder())
        _settings.append(loaded)
        if _settings[0] is loaded and not loaded.settings.disabled:  # of several threads the first one says it
            settings.log_problems(loaded)
    return _settings[0]


def _folder() -> "Any":
    try:
        return os.getcwd()
    except OSError:
        return None


def _refuse_if(strict: bool) -> None:
    if strict:
        from metlo_auto import refusal

        refusal.refuse()


arm()
