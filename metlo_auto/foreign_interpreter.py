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
    mine = "%d.%d" % sys.version_info[:2]
    if any(part.startswith("python3.") and part != "python" + mine for part in home.split(os.sep)):
        return True
    try:
        files = os.listdir(os.path.join(home, "wrapt"))
    except OSError:
        return False
    compiled = [name for name in files if name.endswith((".so", ".pyd"))]
    tag = sys.implementation.cache_tag or ""
    marks = (".%s-" % tag, ".%sm-" % tag, ".cp%s-" % mine.replace(".", ""))
    return bool(compiled) and not any(mark in name for name in compiled for mark in marks)


def _refuse(module: "ModuleType") -> None:
    command = "%s -m pip install metlo-auto==%s" % (sys.executable, VERSION)
    line = "metlo: this app is not reported: its Python %d.%d has no metlo-auto; run: %s\n"
    try:
        sys.stderr.write(line % (sys.version_info[0], sys.version_info[1], command))
    except (AttributeError, OSError, ValueError):  # there may be no stderr
        pass
    if is_on(os.environ.get("METLO_STRICT", "")):
        raise SystemExit(78)
