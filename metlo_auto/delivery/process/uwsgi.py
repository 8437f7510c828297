"""What uWSGI does differently: when delivery has to work, and to hurry; knows its module alone.

Its workers have threads only with `--enable-threads` or `--threads`, and from 2.0.27 on by default. It calls
nobody at the end of a worker that is busy, or asynchronous, or told to `--skip-atexit`. Its hook runs after the client
has its response; it reads it when the app has been loaded, so it has to be set while that happens.
"""

import signal
import sys
from typing import Any, Callable, Tuple

WITHOUT_EXIT = ("skip-atexit", "gevent", "async", "asyncio", "ugreen", "greenlet")
THREADS_BY_DEFAULT = (2, 0, 27)
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT) if hasattr(signal, "SIGHUP") else ()


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
    if any(_has(uwsgi, option) for option in ("enable-threads", "T", "threads")) or _greenlets():
        return True
    return _version(uwsgi) >= THREADS_BY_DEFAULT


def leave_signals_to_other_threads() -> None:
    """For a thread of ours: where uWSGI's handler runs, it ends the process there and then, in the thread that it was
    given. That would wait for ever for the interpreter, which this very thread may hold.
    """
    if module() is not None and not _greenlets():
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


def no_more_signals() -> None:
    """For the end of the process, where a first signal has done its work.

    At a second one, be it the master's after one for the whole group, uWSGI calls exit() within exit(): exit hooks that
    are not through yet are left out, and where it cuts into a free() of the interpreter's end, the worker hangs.
    """
    if module() is not None and hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


def nobody_calls_at_exit() -> bool:
    """Whether the process ends without atexit."""
    uwsgi = module()
    return uwsgi is not None and any(_has(uwsgi, option) for option in WITHOUT_EXIT)


def _greenlets() -> bool:
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("_thread"))


def _has(uwsgi: Any, option: str) -> bool:
    return option in uwsgi.opt or option.encode() in uwsgi.opt


def _version(uwsgi: Any) -> Tuple[int, ...]:
    text = getattr(uwsgi, "version", b"")
    text = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
    return tuple(int(part) for part in text.split("-")[0].split(".") if part.isdigit())
