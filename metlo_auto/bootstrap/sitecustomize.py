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
            from metlo_auto import guest
        finally:
            sys.path.remove(home)
        guest.arm(home)


def _is_disabled():
    # type: () -> bool
    return os.environ.get("METLO_DISABLED", "").strip().lower() in ("1", "true", "yes", "on")


def _say(line):
    # type: (str) -> None
    try:
        sys.stderr.write("metlo: %s\n" % line)
    except Exception:  # there may be no stderr
        pass


# Children are armed too: PYTHONPATH stays as it is.
sys.path[:] = [entry for entry in sys.path if entry != FOLDER]

if sys.version_info >= (3, 6) and not _is_disabled():
    try:
        _arm(os.path.dirname(FOLDER[: -len("/bootstrap")]))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit of a broken package too
        _say("this process is not reported, its agent did not load: %s: %s" % (type(error).__name__, error))

# Out of the way, so that the import finds the next one; what that raises is Python's to report, as ever.
_ours = sys.modules.pop(__name__)
try:
    import sitecustomize  # type: ignore[import-not-found]  # noqa: F401
except ImportError as error:
    # Python 2 has the name in the message only
    if getattr(error, "name", str(error).split(" ")[-1]) != __name__:
        raise
    sys.modules[__name__] = _ours  # there is none, and an agent that ran us by hand wants to find something
