"""Which traces wait for the announcement of their route; knows routes and time, nothing of HTTP.

A collector with v2 makes exactly the endpoint that the announcement names; ordinary traces of the same route that
come less than two seconds later can still create a stray one beside it.
"""

from collections import deque
from typing import Deque, Dict, List, Optional, Sequence

from .batch import Batch, new_batch
from .queue import TRACE
from .types import Item, Route

AHEAD = 2.0  # seconds between an announcement and the other traces of its route
PATIENCE = 10.0  # seconds that traces wait at most for an announcement that is under way


class Held:
    """Traces of one route, and when they may leave."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.traces: List[bytes] = []


class Announcements:
    """Sorts what comes from the queue; `pending` are the announcements that wait to be uploaded."""

    def __init__(self) -> None:
        self.pending: Deque[Batch] = deque()
        self._held: Dict[Route, Held] = {}
        self._taken = True  # the collector has v2, as far as we know

    def sort(self, items: Sequence[Item], now: float) -> List[bytes]:
        """The traces that may leave in an ordinary batch now; the others are kept here."""
        if not self._held and not any(item[2] is not None for item in items):
            return list(map(TRACE, items))
        return [item[0] for item in items if not self._keep(item, now)]

    def delivered(self, route: Optional[Route], now: float) -> None:
        """The announcement of `route` has arrived."""
        if route in self._held:
            self._held[route].until = now + AHEAD

    def given_up(self, route: Optional[Route]) -> None:
        """The announcement of `route` will not come: nobody waits for it."""
        if route in self._held:
            self._held[route].until = 0.0

    def refused(self) -> None:
        """The collector has no v2, or needs none: everything goes by v1 from now on."""
        self._taken = False
        while self.pending:
            self._release_first(self.pending.popleft())

    def released(self, now: float, all_of_them: bool = False) -> List[bytes]:
        """Traces that have waited long enough, or all."""
        free: List[bytes] = []
        for route, held in list(self._held.items()):
            if all_of_them or not self._taken or held.until <= now:
                free += held.traces
                del self._held[route]
        return free

    def spill(self, now: float) -> List[bytes]:
        """All that is kept back, while the collector is unreachable; later traces still wait for the announcements."""
        free: List[bytes] = []
        for held in self._held.values():
            if held.traces:
                free += held.traces
                held.traces = []
                held.until = max(held.until, now + PATIENCE)
        return free

    def holding(self) -> bool:
        """Whether traces are kept back."""
        return any(held.traces for held in self._held.values())

    def next_release(self) -> Optional[float]:
        """When `released` has something again."""
        return min((held.until for held in self._held.values()), default=None)

    def _keep(self, item: Item, now: float) -> bool:
        trace, route, announcement = item
        if not self._taken or (route is None and announcement is None):
            return False
        if announcement is not None:
            self.pending.append(new_batch((trace,), announcement, route))
            if route is not None:
                self._held.setdefault(route, Held(now + PATIENCE))
            return True
        held = self._held.get(route) if route is not None else None
        if held is not None:
            held.traces.append(trace)
        return held is not None

    def _release_first(self, announcement: Batch) -> None:
        held = self._held.setdefault(announcement.route or ("", "", ""), Held(0.0))
        held.traces[:0] = announcement.traces
