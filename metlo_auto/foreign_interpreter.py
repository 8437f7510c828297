"""Lends metlo_auto to an interpreter that has none of its own; knows folders and versions, not the agent.

The agent's code runs on every Python 3.6+, its dependencies only on the version that they were installed for.
"""

import os
import sys

from metlo_auto.config.booleans import is_on
from metlo_auto.imports import import_hook
from metlo_auto.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def arm(home: str) -> None:
    """Arm this process with what lies in the folder `home`, or be ready to say why that cannot be."""
    if _was_made_for_another(home):
        import_hook.install("flask.app", _refuse)  # only who uses Flask needs to hear it
        for name in [name for name in sys.modules if name.split(".")[0] == "metlo_auto"]:
            del sys.modules[name]  # the app's own attempts to import it must fail as they did
        return

    def lend(module: "ModuleType") -> None:
        if home not in sys.path:
            sys.path.append(home)

    # Not before Flask was found, so that none of ours is taken for it; last, so that nothing is shadowed.
    import_hook.install("flask.app", lend)
    import metlo_auto.auto  # which arms  # noqa: F401


def _was_made_for_another(home: str) -> bool:
    """Whether `home` is for another version of Python, by its path or by wrapt's compiled part."""
    mine = _library_folder()
    if any(part.startswith(("python3.", "pypy3.")) and part != mine for part in home.split(os.sep)):
        return True
    try:
        files = os.listdir(os.path.join(home, "wrapt"))
    except OSError:
        return False
    compiled = [name for name in files if name.endswith((".so", ".pyd"))]
    tag, number = sys.implementation.cache_tag or "", "%d%d" % sys.version_info[:2]
    flags = ("t",) if _is_free_threaded() else ("", "m")
    marks = [mark for flag in flags for mark in (".%s%s-" % (tag, flag), ".cp%s%s-" % (number, flag))]
    return bool(compiled) and not any(mark in name for name in compiled for mark in marks)


def _library_folder() -> str:
    """What the folder is called that site-packages of this interpreter lies in: python3.13, python3.13t, pypy3.11."""
    kind = "pypy" if sys.implementation.name == "pypy" else "python"
    return "%s%d.%d%s" % (kind, sys.version_info[0], sys.version_info[1], "t" if _is_free_threaded() else "")


def _is_free_threaded() -> bool:
    return "t" in getattr(sys, "abiflags", "")


def _refuse(module: "ModuleType") -> None:
    command = "%s -m pip install metlo-auto==%s" % (sys.executable, VERSION)
    line = "metlo: this app is not reported: its Python %d.%d has no metlo-auto; run: %s\n"
    try:
        sys.stderr.write(line % (sys.version_info[0], sys.version_info[1], command))
    except (AttributeError, OSError, ValueError):  # there may be no stderr
        pass
    if is_on(os.environ.get("METLO_STRICT", "")):
        raise SystemExit(78)
