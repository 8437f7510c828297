"""The one place that swallows internal errors: counts them, says each kind once; knows nothing of what failed."""

import logging
import sys
from typing import Any, Callable, Dict, Optional, Tuple, TypeVar

T = TypeVar("T")
logger = logging.getLogger("metlo")


class Guard:
    """Runs our code inside the app's requests so that no failure of it reaches the app."""

    def __init__(self) -> None:
        self.errors = 0
        self._said: Dict[Tuple[str, str], bool] = {}

    def run(self, function: Callable[..., T], *args: Any) -> Optional[T]:
        """What `function` returns, None where it failed."""
        try:
            return function(*args)
        except Exception:  # noqa: BLE001 - the app is sacred: it never sees an internal error
            self.note()
            return None

    def note(self) -> None:
        """Counts the exception that is being handled; its text is not logged, since it may hold captured data."""
        self.errors += 1
        kind, _, traceback = sys.exc_info()
        where = _innermost(traceback)
        name = kind.__name__ if kind else "error"
        if self._said.setdefault((name, where), False):
            return
        self._said[(name, where)] = True
        try:
            logger.warning(
                "metlo: a request could not be reported (%s at %s); the app is not affected; said once", name, where)
        except Exception:  # noqa: BLE001 - a filter of the app's, or its mock of the clock that a record asks
            pass


def _innermost(traceback: Any) -> str:
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return "?"
    code = traceback.tb_frame.f_code
    return "%s:%d" % (code.co_filename.replace("\\", "/").rsplit("/", 1)[-1], traceback.tb_lineno)
