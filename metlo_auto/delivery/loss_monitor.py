"""Says when traces begin to be lost for want of room, and how many there were at the end; knows the counters alone."""

from typing import Callable, Dict

from .counters import Counters
from .outage_log import OutageLog

OVER_AFTER = 5.0  # seconds without a further loss

WORDS = {
    "queue_full": "the queue (METLO_QUEUE_SIZE) is full: the newest traces are dropped",
    "paced": "more traces come than METLO_MAX_RATE lets go, and queue or spool is full: traces are dropped",
    "spool_full": "the spool (METLO_SPOOL_SIZE) is full: the oldest traces are dropped",
}


class LossMonitor:
    """For the sender's thread; `look` costs little and is called at each step."""

    def __init__(self, counters: Counters, troubles: OutageLog, clock: Callable[[], float]) -> None:
        self._counters = counters
        self._outages = troubles
        self._clock = clock
        self._begun: Dict[str, int] = {}
        self._seen = dict.fromkeys(WORDS, 0)
        self._last: Dict[str, float] = {}

    def look(self) -> bool:
        """Whether it wants to look again soon."""
        dropped = self._counters.dropped()
        for reason, words in WORDS.items():
            self._look_at(reason, dropped.get(reason, 0), words)
        return bool(self._begun)

    def _look_at(self, reason: str, number: int, words: str) -> None:
        now = self._clock()
        if number > self._seen[reason]:
            self._begun.setdefault(reason, self._seen[reason])
            self._last[reason] = now
            self._outages.begin(reason, words)
        elif reason in self._begun and now - self._last[reason] >= OVER_AFTER:
            lost = number - self._begun.pop(reason)
            self._outages.end(reason, "no more traces are dropped for want of room; %d were (%s)" % (lost, reason))
        self._seen[reason] = number
