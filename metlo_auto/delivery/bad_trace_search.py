"""What to do with a batch that the collector rejects: its fault or the collector's? Pure; knows ids, sizes, statuses.

A trace is only given up once the collector has taken something else since: a collector that rejects everything is
in trouble itself and must not talk us into throwing everything away.
"""

from typing import Dict

from .batch import root_of

SPLIT = "split"
PEEL = "peel"  # one trace alone, to learn whether the collector takes anything at all
DROP = "drop"
LATER = "later"

PATIENCE_WITH_500 = 2  # a 500 may be a passing fault: so often it is only tried again
REMEMBERED = 1000


class BadTraceSearch:
    """Remembers since when which batches are rejected, and the last success (seconds of the caller's clock)."""

    def __init__(self) -> None:
        self._since: Dict[str, float] = {}
        self._times: Dict[str, int] = {}
        self._last_success = -1.0
        self._peeled = False

    def succeeded(self, now: float) -> None:
        """The collector took a batch."""
        self._last_success = now
        self._peeled = False

    def rejected(self, batch_id: str, traces: int, status: int, now: float) -> str:
        """SPLIT, PEEL, DROP or LATER for a batch that was responded with `status`."""
        if len(self._times) > REMEMBERED:
            self._since.clear()
            self._times.clear()
        root = root_of(batch_id)
        since = self._since.setdefault(root, now)
        suspect = batch_id if traces == 1 else root
        self._times[suspect] = self._times.get(suspect, 0) + 1
        if status == 500 and self._times[suspect] <= PATIENCE_WITH_500:
            return LATER
        if self._last_success > since:
            return SPLIT if traces > 1 else DROP
        if traces > 1 and not self._peeled:
            self._peeled = True
            return PEEL
        return LATER
