"""Logs each kind of outage once when it begins and once when it ends; knows verdicts and the logger, never the key."""

import logging
from typing import Any, Callable, Dict, Optional, Set

from .transport.verdict import Verdict

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


class CollectorOutages:
    """Says what is wrong when it begins, and when it is over; never the key."""

    def __init__(self, outages: OutageLog, host: str, on_disk: Callable[[], bool]) -> None:
        self._outages = outages
        self._host = host
        self._on_disk = on_disk

    def say(self, verdict: Optional[Verdict]) -> None:
        """A verdict that was no success, or None after one."""
        if verdict is None:
            self._outages.end("collector", "the collector %s takes traces again" % self._host)
        else:
            where = "on disk" if self._on_disk() else "in memory"
            words = explain(verdict, self._host)
            self._outages.begin("collector", "%s; traces are kept %s meanwhile" % (words, where))


def explain(verdict: Verdict, host: str) -> str:
    """One sentence for a person."""
    if verdict.status in (401, 403):
        return "the collector %s refused the API key (HTTP %d): check METLO_API_KEY" % (host, verdict.status)
    if 300 <= verdict.status < 400:
        return "%s redirects (HTTP %d), which is not followed: check METLO_HOST" % (host, verdict.status)
    if verdict.status in (404, 405):
        return "%s is no Metlo collector (HTTP %d): check METLO_HOST" % (host, verdict.status)
    return "the collector %s does not take traces (%s)" % (host, verdict.detail or verdict.outcome)
