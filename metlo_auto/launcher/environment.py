"""The environment of the app: with what metlo-run adds, without what metlo-run's interpreter had added."""

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
    _drop_coercion(result)
    if os.pathsep not in BOOTSTRAP:
        result["PYTHONPATH"] = with_bootstrap(environ.get("PYTHONPATH", ""), BOOTSTRAP)
    if options.strict:
        result["METLO_STRICT"] = "1"
    if options.env_file is not None:
        result["METLO_ENV_FILE"] = _absolute(options.env_file)
    return result


def with_bootstrap(before: str, bootstrap: str) -> str:
    """PYTHONPATH `before` with `bootstrap` first, and only there; empty entries stay, none is added."""
    kept = [entry for entry in before.split(os.pathsep) if entry != bootstrap] if before else []
    return os.pathsep.join([bootstrap] + kept)


def _absolute(env_file: str) -> str:
    """The app may change its folder before it reads the file (gunicorn --chdir)."""
    if env_file == "off":
        return env_file
    try:
        return os.path.abspath(env_file)
    except OSError:  # the current folder is gone
        return env_file


def _drop_coercion(environ: "Dict[str, str]") -> None:
    if environ.get("LC_CTYPE") not in COERCED:
        return
    try:
        with open("/proc/self/environ", "rb") as file:
            at_start = file.read()  # as the kernel got it; setenv does not reach it
    except OSError:
        given: "Optional[str]" = None if _is_coerced() else environ["LC_CTYPE"]
    else:
        values = [entry[9:] for entry in at_start.split(b"\0") if entry.startswith(b"LC_CTYPE=")]
        given = os.fsdecode(values[0]) if values else None
    if given is None:
        del environ["LC_CTYPE"]
    else:
        environ["LC_CTYPE"] = given


def _is_coerced() -> bool:
    """UTF-8 mode that nobody asked for is switched on by the C locale only, together with the coercion."""
    return getattr(sys.flags, "utf8_mode", 0) == 1 and "PYTHONUTF8" not in os.environ
