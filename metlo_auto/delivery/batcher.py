"""Makes batches of what waits in the queue; knows sizes, pace and announcements, nothing of what becomes of a batch."""

from collections import deque
from typing import Deque, List, Optional

from .announcements import Announcements
from .batch import Batch, new_batch
from .batch_timing import BatchTiming
from .counters import Counters
from .queue import TRACE, TraceQueue
from .types import BATCH_BYTES, BATCH_TRACES
from .yield_gil import yield_gil

AT_A_TIME = 250  # traces that are handled without a breath


class Batcher:
    """For the sender alone."""

    def __init__(self, queue: TraceQueue, counters: Counters, flush_interval: float) -> None:
        self.announcements = Announcements()
        self.most = BATCH_TRACES  # traces of one batch
        self._queue = queue
        self._counters = counters
        self._timing = BatchTiming(flush_interval)
        self._loose: Deque[bytes] = deque()
        self._saw_none = False

    def next(self, now: float, hurry: bool, for_disk: bool = False) -> Optional[Batch]:
        """A batch that is due, or any with `hurry`; announcements go before other traces.

        `for_disk`: nothing is kept back, since a spool sends what comes after an announcement later anyway.
        """
        self._release(now, hurry, for_disk)
        queue = self._queue
        due = self._timing.due(now, len(queue), queue.waiting_bytes, self.most)
        if due or (hurry and len(queue) > 0):
            self._take(now)
            self._release(now, hurry, for_disk)
        if self.announcements.pending:
            return self.announcements.pending.popleft()
        return new_batch(self._cut()) if self._loose else None

    def empty(self) -> bool:
        """Whether no trace waits here or in the queue."""
        return not (self._queue or self._loose or self.announcements.pending or self.announcements.holding())

    def size(self) -> int:
        """How many bytes in the queue make a batch, as its traces are now."""
        waiting = len(self._queue)
        return min(BATCH_BYTES, self._queue.waiting_bytes * self.most // waiting) if waiting else BATCH_BYTES

    def full(self) -> bool:
        """Whether more than one batch waits."""
        return len(self._queue) >= self.most or self._queue.waiting_bytes >= BATCH_BYTES

    def wait(self, now: float) -> Optional[float]:
        """Seconds until `next` may have something by itself; None where a new trace must come first."""
        release = self.announcements.next_release()
        waits = [] if release is None else [max(release - now, 0.0)]
        self._saw_none = not self._queue
        if not self._saw_none:
            waits.append(self._timing.wait(now, len(self._queue)))
        if self._loose or self.announcements.pending:
            waits.append(0.0)
        return min(waits, default=None)

    def missed_a_trace(self) -> bool:
        """Whether one came after `wait` had found none; once, should `wait` not be reached again."""
        saw_none, self._saw_none = self._saw_none, False
        return saw_none and len(self._queue) > 0

    def _release(self, now: float, hurry: bool, for_disk: bool) -> None:
        self._loose.extend(self.announcements.released(now, hurry))
        if for_disk:
            self._loose.extend(self.announcements.spill(now))

    def _take(self, now: float) -> None:
        """No more than fills a batch: what is left over would be one of its own."""
        loose = self._loose
        traces = min(BATCH_TRACES - len(loose), len(self._queue))  # those that come meanwhile are for the next one
        size = BATCH_BYTES - 2 - sum(map(len, loose)) - len(loose)
        while traces > 0:
            items = self._queue.take(min(traces, AT_A_TIME), size, 0 if loose else 1)
            if not items:
                break
            self._counters.holding += len(items)
            loose.extend(self.announcements.sort(items, now))
            traces -= len(items)
            size -= sum(map(len, map(TRACE, items))) + len(items)
            if traces > 0:
                yield_gil()
        self._timing.left(now, len(self._queue))

    def _cut(self) -> List[bytes]:
        loose = self._loose
        if len(loose) <= self.most and sum(map(len, loose)) + len(loose) < BATCH_BYTES - 1:
            self._loose = deque()
            return list(loose)
        traces: List[bytes] = []
        room = BATCH_BYTES - 2
        while loose and len(traces) < self.most:
            room -= len(loose[0]) + 1
            if room < 0 and traces:
                break
            traces.append(loose.popleft())
            if len(traces) % AT_A_TIME == 0:
                yield_gil()
        return traces
