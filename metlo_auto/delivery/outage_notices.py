"""The words for each kind of trouble with a collector; knows verdicts and the logger."""

from typing import Callable, Optional

from .outage_log import OutageLog
from .transport.verdict import Verdict


class CollectorOutages:
    """Says what is wrong when it begins, and when it is over; never the key."""

    def __init__(self, troubles: OutageLog, host: str, on_disk: Callable[[], bool]) -> None:
        self._troubles = troubles
        self._host = host
        self._on_disk = on_disk

    def say(self, verdict: Optional[Verdict]) -> None:
        """A verdict that was no success, or None after one."""
        if verdict is None:
            self._troubles.end("collector", "the collector %s takes traces again" % self._host)
        else:
            where = "on disk" if self._on_disk() else "in memory"
            words = explain(verdict, self._host)
            self._troubles.begin("collector", "%s; traces are kept %s meanwhile" % (words, where))


def explain(verdict: Verdict, host: str) -> str:
    """One sentence for a person."""
    if verdict.status in (401, 403):
        return "the collector %s refused the API key (HTTP %d): check METLO_API_KEY" % (host, verdict.status)
    if 300 <= verdict.status < 400:
        return "%s redirects (HTTP %d), which is not followed: check METLO_HOST" % (host, verdict.status)
    if verdict.status in (404, 405):
        return "%s is no Metlo collector (HTTP %d): check METLO_HOST" % (host, verdict.status)
    return "the collector %s does not take traces (%s)" % (host, verdict.detail or verdict.outcome)
