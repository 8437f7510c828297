"""The environment of the app: with what metlo-run adds, without what happened to it in metlo-run's interpreter."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Optional

    from metlo_auto.launcher.options import Options

BOOTSTRAP = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bootstrap")
COERCED = ("C.UTF-8", "C.utf8", "UTF-8")  # what an interpreter sets LC_CTYPE to (PEP 538)


def for_app(environ: "Dict[str, str]", options: "Options") -> "Dict[str, str]":
    """A copy of `environ` with the bootstrap folder and the options in it."""
    result = dict(environ)
    given = _given()
    _drop_coercion(result, given)
    if os.pathsep not in BOOTSTRAP:
        present = environ.get("PYTHONPATH", "")
        before = present if given is None else with_lost(present, given.get("PYTHONPATH", ""))
        result["PYTHONPATH"] = with_bootstrap(before, BOOTSTRAP)
    if options.strict:
        result["METLO_STRICT"] = "1"
    if options.env_file is not None:
        result["METLO_ENV_FILE"] = _absolute(options.env_file)
    return result


def with_bootstrap(before: str, bootstrap: str) -> str:
    """PYTHONPATH `before` with `bootstrap` first, and only there; empty entries stay, none is added."""
    kept = [entry for entry in before.split(os.pathsep) if entry != bootstrap] if before else []
    return os.pathsep.join([bootstrap] + kept)


def with_lost(present: str, given: str) -> str:
    """PYTHONPATH `present` and first what `given` has beside it.

    A sitecustomize may take its folder off once it has run in this process, as OpenTelemetry's does up to 0.62.
    """
    kept = present.split(os.pathsep) if present else []
    lost = [entry for entry in given.split(os.pathsep) if entry not in kept] if given else []
    return os.pathsep.join(lost + kept)


def _absolute(env_file: str) -> str:
    """The app may change its folder before it reads the file (gunicorn --chdir)."""
    if env_file == "off":
        return env_file
    try:
        return os.path.abspath(env_file)
    except OSError:  # the current folder is gone
        return env_file


def _given() -> "Optional[Dict[str, str]]":
    """The environment as the kernel got it, which setenv does not reach; None where that cannot be known."""
    try:
        with open("/proc/self/environ", "rb") as file:
            entries = file.read().split(b"\0")
    except OSError:
        return None
    pairs = [os.fsdecode(entry).partition("=") for entry in reversed(entries) if entry]  # the first of a name counts
    return {name: value for name, _, value in pairs} or None


def _drop_coercion(environ: "Dict[str, str]", given: "Optional[Dict[str, str]]") -> None:
    present = environ.get("LC_CTYPE")
    if present not in COERCED:
        return
    before = given.get("LC_CTYPE") if given is not None else None if _is_coerced() else present
    if before is None:
        del environ["LC_CTYPE"]
    else:
        environ["LC_CTYPE"] = before


def _is_coerced() -> bool:
    """UTF-8 mode that nobody asked for is switched on by the C locale only, together with the coercion."""
    return getattr(sys.flags, "utf8_mode", 0) == 1 and "PYTHONUTF8" not in os.environ
