"""How METLO_STRICT ends a process that would run unreported; knows exit statuses and gunicorn's master, no settings.

gunicorn starts a worker again that ends with a status of ours. One that ends with gunicorn's own status for a failed
start ends the master, which then passes our status on.
"""

import os
import sys

from metlo_auto.imports import import_hook

TYPE_CHECKING = False  # this is loaded in each process of an app that is started with --strict
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

EXIT_CONFIG = 78  # EX_CONFIG of sysexits.h
ARBITER = "gunicorn.arbiter"
MOST_WORKERS = 1000


def refuse() -> None:
    """Ends this process at once, with status 78 for whoever started the app."""
    say("metlo: refusing to start the app (METLO_STRICT): it would run uninstrumented")
    try:
        sys.stdout.flush()
    except Exception:  # noqa: BLE001 - it may be closed, or anything
        pass
    os._exit(_status())


def say(line: str) -> None:
    """One line on stderr, where there is one."""
    try:
        sys.stderr.write(line.replace("\n", " ") + "\n")
        sys.stderr.flush()
    except Exception:  # noqa: BLE001 - stderr may be closed; there is nowhere left to say so
        pass


def pass_on() -> None:
    """For a process that may become gunicorn's master: it is to end as a worker that refuses."""
    import_hook.install(ARBITER, _watch_master)


def _watch_master(module: "ModuleType") -> None:
    import mmap  # shared with the workers, which are forked

    arbiter: "Any" = getattr(module, "Arbiter", None)
    if arbiter is None or not hasattr(arbiter, "halt"):
        return
    refused = arbiter._metlo_refused = mmap.mmap(-1, 1)
    halt = arbiter.halt

    def halt_as_refused(self: "Any", reason: "Any" = None, exit_status: int = 0) -> "Any":
        for _ in range(MOST_WORKERS if refused[0] else 0):
            try:
                return halt(self, reason, EXIT_CONFIG)
            except BaseException as error:  # noqa: BLE001 - of a second worker, which gunicorn does not expect by now
                if type(error).__name__ != "HaltServer":
                    raise
        return halt(self, reason, exit_status)

    arbiter.halt = halt_as_refused


def _status() -> int:
    arbiter: "Any" = getattr(sys.modules.get(ARBITER), "Arbiter", None)
    if arbiter is None or not _is_worker():
        return EXIT_CONFIG
    refused = getattr(arbiter, "_metlo_refused", None)
    if refused is not None:
        refused[0] = 1
    return int(getattr(arbiter, "APP_LOAD_ERROR", EXIT_CONFIG))


def _is_worker() -> bool:
    """Whether the master that started this process waits for its status."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "spawn_worker":
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
