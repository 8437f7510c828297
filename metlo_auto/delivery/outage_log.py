"""Says each kind of trouble when it begins and when it ends; knows the logger, not the causes."""

import logging
from typing import Any, Callable, Dict, Set

AGAIN_AFTER = 60.0  # seconds; trouble that comes and goes is not said each time

log = logging.getLogger("metlo")


def say(words: str, *args: Any, level: int = logging.WARNING) -> None:
    """One line in the log; delivery goes on where the log fails."""
    try:
        log.log(level, "metlo: " + words, *args)
    except Exception:  # noqa: BLE001 - a filter of the app's, or its mock of the clock that a record asks
        pass


class OutageLog:
    """`begin` and `end` may be called any number of times."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._open: Set[str] = set()
        self._said: Dict[str, float] = {}

    def begin(self, kind: str, message: str) -> None:
        """Says `message`, unless this kind of trouble is known already."""
        now = self._clock()
        if kind not in self._open and now - self._said.get(kind, now - AGAIN_AFTER) >= AGAIN_AFTER:
            self._open.add(kind)
            self._said[kind] = now
            say("%s", message)

    def known(self, kind: str) -> None:
        """Another process has said that it began."""
        self._open.add(kind)

    def end(self, kind: str, message: str) -> None:
        """Says that it is over, where its beginning was said."""
        if kind in self._open:
            self._open.discard(kind)
            say("%s", message)
