"""Python imports this at its start: arms metlo_auto, then runs the user's own sitecustomize as Python would have.

Parses on Python 2.7, which may inherit PYTHONPATH, and is silent there. Imports nothing but sys and os by itself.
"""

import os
import sys

FOLDER = os.path.dirname(__file__)


def _arm(home):
    # type: (str) -> None
    """Arm this process; `home` is the folder that metlo_auto lies in. Raises whatever goes wrong."""
    try:
        import metlo_auto.auto  # which arms  # noqa: F401
    except ImportError as error:
        if error.name != "metlo_auto":
            raise
        sys.path.append(home)  # just to load the package: what else lies there is none of this interpreter's business
        try:
            from metlo_auto import foreign_interpreter
        finally:
            sys.path.remove(home)
        foreign_interpreter.arm(home)


def _is_disabled():
    # type: () -> bool
    return os.environ.get("METLO_DISABLED", "").strip().lower() in ("1", "true", "yes", "on")


def _say(line):
    # type: (str) -> None
    try:
        sys.stderr.write("metlo: %s\n" % line)
    except Exception:  # there may be no stderr
        pass


class _Next(object):
    """Finds the sitecustomize that comes after ours, where one that comes before it has run us by hand."""

    def __init__(self, path):
        # type: (list[str]) -> None
        self.path = path

    def find_spec(self, name, path=None, target=None):
        # type: (str, object, object) -> object
        if name != __name__:
            return None
        sys.meta_path.remove(self)  # type: ignore[arg-type]
        for finder in sys.meta_path:
            spec = finder.find_spec(name, self.path) if hasattr(finder, "find_spec") else None
            if spec is not None:
                return spec
        raise ImportError("No module named " + name, name=name)


_place = sys.path.index(FOLDER) if FOLDER in sys.path else 0
# Children are armed too: PYTHONPATH stays as it is.
sys.path[:] = [entry for entry in sys.path if entry != FOLDER]

if sys.version_info >= (3, 6) and not _is_disabled():
    try:
        _arm(os.path.dirname(FOLDER[: -len("/bootstrap")]))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit of a broken package too
        _say("this process is not reported, its agent did not load: %s: %s" % (type(error).__name__, " ".join(str(error).split())))

# Out of the way, so that the import finds the next one; what that raises is Python's to report, as ever.
_ours = sys.modules.pop(__name__)
if _place and sys.version_info >= (3, 6):
    sys.meta_path.insert(0, _Next(sys.path[_place:]))  # type: ignore[arg-type]
try:
    import sitecustomize  # type: ignore[import-not-found]  # noqa: F401
except ImportError as error:
    # Python 2 has the name in the message only
    if getattr(error, "name", str(error).split(" ")[-1]) != __name__:
        raise
    sys.modules[__name__] = _ours  # there is none, and an agent that ran us by hand wants to find something
