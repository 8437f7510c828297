"""What uWSGI does differently: where threads do not run, delivery works after each response; knows its module alone.

Its workers have threads of Python's only with `--enable-threads` (or `--threads`), and from 2.0.27 on by default; with
`--skip-atexit` nobody is called at the end. The hook runs after the client has its answer. uWSGI reads it when the app
has been loaded, so it has to be set while that happens.
"""

import sys
from typing import Any, Callable, Tuple

THREADS_BY_DEFAULT = (2, 0, 27)


def module() -> Any:
    """uWSGI's own module, None outside it."""
    found = sys.modules.get("uwsgi")
    return found if found is not None and hasattr(found, "opt") else None


def after_each_request(work: Callable[[], None]) -> None:
    """Has `work` called after each response, and whatever was there before it."""
    uwsgi = module()
    if uwsgi is None:
        return
    before = getattr(uwsgi, "after_req_hook", None)

    def hook() -> None:
        if before is not None:
            before()
        work()

    uwsgi.after_req_hook = hook


def threads_run() -> bool:
    """Whether a thread that is started here ever runs; True outside uWSGI."""
    uwsgi = module()
    if uwsgi is None:
        return True
    if _has(uwsgi, "enable-threads") or _has(uwsgi, "threads"):
        return True
    return _version(uwsgi) >= THREADS_BY_DEFAULT and not _has(uwsgi, "disable-threads")


def nobody_calls_at_exit() -> bool:
    """Whether the process ends without atexit."""
    uwsgi = module()
    return uwsgi is not None and _has(uwsgi, "skip-atexit")


def _has(uwsgi: Any, option: str) -> bool:
    return option in uwsgi.opt or option.encode() in uwsgi.opt


def _version(uwsgi: Any) -> Tuple[int, ...]:
    text = getattr(uwsgi, "version", b"")
    text = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
    return tuple(int(part) for part in text.split("-")[0].split(".") if part.isdigit())
