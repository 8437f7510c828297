"""Runs in the app's own interpreter, as a file: prints as JSON what can be imported there, and whether it is armed.

Standard library only, and nothing of the agent: it has to run where that is missing or broken.
"""

import os
import sys

# The folder of this file, which Python puts first, unless it is told not to: its modules are none of the app's.
sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(os.path.abspath(__file__))]

import json  # noqa: E402
from typing import Any, Dict  # noqa: E402

PACKAGES = ("flask", "wrapt", "requests", "dotenv", "metlo_auto", "metlo_auto_native")
DISTRIBUTIONS = {"dotenv": "python-dotenv", "metlo_auto": "metlo-auto", "metlo_auto_native": "metlo-auto-native"}
AGENTS = ("ddtrace", "newrelic", "opentelemetry.instrumentation", "elasticapm", "sentry_sdk", "scout_apm")


def look() -> "Dict[str, Any]":
    """What this interpreter has: `packages` by name with `version` or `error`, `armed`, `agents`, `lazy`."""
    agents = [name for name in AGENTS if name in sys.modules]
    callbacks = [getattr(finder, "callback", None) for finder in sys.meta_path]
    armed = any(getattr(callback, "__module__", "") == "metlo_auto.auto" for callback in callbacks)
    own = sys.modules.get("metlo_auto")
    borrowed = own is not None and not _is_on_path(own)
    return {
        "python": "%d.%d.%d" % sys.version_info[:3],
        "executable": sys.executable,
        "armed": armed,
        "borrowed": borrowed,
        "agents": agents,
        "lazy": getattr(sys, "get_lazy_imports", lambda: "normal")() == "all",
        "packages": {name: _package(name) for name in PACKAGES},
    }


def _is_on_path(package: "object") -> bool:
    home = os.path.dirname(os.path.dirname(str(getattr(package, "__file__", ""))))
    return home in sys.path


def _package(name: str) -> "Dict[str, Any]":
    try:
        module = __import__(name)
        if name == "flask":
            __import__("flask.app")
    except BaseException as error:  # noqa: BLE001 - whatever a broken package raises is the response
        missing = isinstance(error, ImportError) and error.name == name
        return {"missing": missing, "error": "%s: %s" % (type(error).__name__, error)}
    return {"version": _version(name, module), "file": getattr(module, "__file__", None)}


def _version(name: str, module: Any) -> str:
    try:
        from importlib.metadata import version  # novermin - 3.8; older ones take the other way

        return version(DISTRIBUTIONS.get(name, name))
    except Exception:  # noqa: BLE001 - older than 3.8, or not installed by pip
        return str(vars(module).get("__version__", "?"))  # as an attribute it may be computed, and raise


if __name__ == "__main__":
    # A line of its own after whatever a sitecustomize prints.
    sys.stdout.write("\n" + json.dumps(look()) + "\n")
