"""The bounded queue between request threads and the sender; knows sizes, not contents.

No lock: a signal handler may run in the middle of `offer`, and `deque` is atomic. Of the two byte counts producers
write one and the sender the other; producers may lose an update to each other, and the sender puts that right
whenever it finds the queue empty. Without the interpreter lock they would lose so many that the bound fell: there each
thread counts what it puts in.
"""

import sys
from _thread import get_ident
from collections import deque
from operator import itemgetter
from typing import Callable, Deque, Dict, List, Optional

from .types import ITEM_OVERHEAD, Item, Route

AT_ONCE = 0.0
NEVER = float("inf")
TRACE = itemgetter(0)


class TraceQueue:
    """At most `limit` bytes of traces that are not settled: queued, held or under way."""

    def __init__(self, limit: int, wake: Callable[[], None]) -> None:
        self.wake_at: float = NEVER  # how much has to have been put in for the sender to be woken
        self._limit = limit
        self._wake = wake
        self._items: Deque[Item] = deque()
        self.append = self._items.append  # as `offer` does, where the compiled way has seen to the rest
        self._put = 0
        self._settled = 0
        self._taken = 0  # weight that the sender holds

    def offer(self, trace: bytes, route: Optional[Route] = None, announcement: Optional[bytes] = None) -> bool:
        """Appends one trace; False where there is no room for it. Never waits.

        The compiled way does the same by itself, with the same attributes.
        """
        size = len(trace) + ITEM_OVERHEAD
        if announcement is not None:
            size += len(announcement)
        if self._put - self._settled + size > self._limit:
            return False
        self._put += size
        self._items.append((trace, route, announcement))
        if self._put >= self.wake_at:
            self.wake_at = NEVER
            self._wake()
        return True

    def watch(self, size: int) -> bool:
        """Has the next trace wake the sender, or, where some wait, the one that makes them `size` bytes.

        False where it came in between, and nobody may be waited for.
        """
        if not self._items:
            self.wake_at = AT_ONCE
            return not self._items
        mark = self._settled + self._taken + size
        if self._offered() >= mark:
            self.wake_at = NEVER
            return True
        self.wake_at = mark
        return self._offered() < mark

    def take(self, traces: int, size: int, least: int = 1) -> List[Item]:
        """The oldest items, as many as `traces` and `size` bytes allow, `least` at least; for the sender alone."""
        items = self._items
        taken = [items.popleft() for _ in range(min(traces, len(items)))]  # nobody else takes any
        sizes = list(map(len, map(TRACE, taken)))
        fitting = len(taken)
        total = sum(sizes) + fitting
        while total > size and fitting > least:
            fitting -= 1
            total -= sizes[fitting] + 1
        items.extendleft(reversed(taken[fitting:]))
        del taken[fitting:]
        announced = sum([len(item[2]) for item in taken if item[2] is not None])
        self._taken += total - fitting + announced + ITEM_OVERHEAD * fitting
        if not items:
            self._correct()
        return taken

    def _correct(self) -> None:
        self._put = self._settled + self._taken

    def _offered(self) -> int:
        return self._put

    def settle(self, size: int) -> None:
        """Gives the room of `size` taken bytes back; for the sender alone."""
        self._taken -= size
        self._settled += size

    def __len__(self) -> int:
        return len(self._items)

    @property
    def waiting_bytes(self) -> int:
        """Bytes that nobody has taken yet, about."""
        return max(self._offered() - self._settled - self._taken, 0)

    @property
    def total_bytes(self) -> int:
        """Bytes in memory, the sender's included, about."""
        return max(self._offered() - self._settled, 0)


class FreeThreadedQueue(TraceQueue):
    """The same for an interpreter without its lock: the bound holds but for the one trace that each thread is at."""

    def __init__(self, limit: int, wake: Callable[[], None]) -> None:
        super().__init__(limit, wake)
        self._puts: Dict[int, int] = {}  # by thread; one that is started later may go on with the number of an old one

    def offer(self, trace: bytes, route: Optional[Route] = None, announcement: Optional[bytes] = None) -> bool:
        size = len(trace) + ITEM_OVERHEAD
        if announcement is not None:
            size += len(announcement)
        puts, me = self._puts, get_ident()
        put = self._offered() + size
        if put - self._settled > self._limit:
            return False
        puts[me] = puts.get(me, 0) + size
        self._items.append((trace, route, announcement))
        if put >= self.wake_at:
            self.wake_at = NEVER
            self._wake()
        return True

    def _correct(self) -> None:
        pass

    def _offered(self) -> int:
        return sum(list(self._puts.values()))


def make_queue(limit: int, wake: Callable[[], None]) -> TraceQueue:
    """The queue for this interpreter."""
    locked = getattr(sys, "_is_gil_enabled", None)
    return TraceQueue(limit, wake) if locked is None or locked() else FreeThreadedQueue(limit, wake)
