"""The explicit way: MetloFlask's arguments → settings → agent → one app. The only way that raises."""

import os
from typing import Any, Dict, Optional

from metlo_auto import reporting
from metlo_auto.capture import flask_hooks
from metlo_auto.config.settings import BY_NAME, load, log_problems
from metlo_auto.errors import ConfigurationError
from metlo_auto.imports import eager_imports


def attach(app: Any, host: Optional[str], key: Optional[str], options: Dict[str, Any]) -> None:
    """Reports each request of `app`; raises ConfigurationError (an argument) or TypeError (an unknown option)."""
    for name in options:
        if name not in BY_NAME or name in ("host", "api_key", "env_file"):
            raise TypeError("MetloFlask: unknown option %r; known are %s" % (name, ", ".join(_known())))
    if not callable(getattr(app, "wsgi_app", None)):
        raise ConfigurationError("MetloFlask: app must be a Flask app, not %r" % type(app).__name__)
    given = dict(options, host=_argument("metlo_host", host), api_key=_argument("metlo_api_key", key))
    loaded = load(os.environ, _folder(), given)
    if loaded.settings.disabled:
        flask_hooks.attach(app, None)
        return
    missing = [name for name in ("host", "api_key") if loaded.sources[name] == "default"]
    if missing:
        raise ConfigurationError("MetloFlask: metlo_%s is missing: give %s, or set %s" % (
            missing[0], BY_NAME[missing[0]].wanted, BY_NAME[missing[0]].variable))
    if loaded.errors:
        raise ConfigurationError("MetloFlask: " + "; ".join(loaded.errors))
    log_problems(loaded)
    eager_imports.install()
    flask_hooks.attach(app, reporting.capture_of(app, loaded))


def _known() -> Any:
    return sorted(name for name in BY_NAME if name not in ("host", "api_key", "env_file"))


def _argument(name: str, value: Optional[str]) -> Optional[str]:
    if value is not None and not isinstance(value, str):
        raise ConfigurationError("MetloFlask: %s must be a text, not %s" % (name, type(value).__name__))
    return value


def _folder() -> Optional[str]:
    try:
        return os.getcwd()
    except OSError:
        return None
