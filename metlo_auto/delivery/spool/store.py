"""Where batches are kept and what is counted when one leaves; knows memory and spool, nothing of HTTP or time."""

from collections import deque
from typing import Callable, Deque, Sequence

from metlo_auto.delivery.batch import Batch
from metlo_auto.delivery.counters import Counters
from metlo_auto.delivery.queue import TraceQueue

from .spool import Spool


class Store:
    """Every batch that the sender has taken stands in the backlog, in the spool, or is under way."""

    def __init__(self, queue: TraceQueue, counters: Counters, spool: Spool, wall_clock: Callable[[], float]) -> None:
        self.backlog: Deque[Batch] = deque()
        self.spool = spool
        self._queue = queue
        self._counters = counters
        self._wall_clock = wall_clock

    def resolve(
        self, batch: Batch, sent: int = 0, dropped: int = 0, reason: str = "", parts: Sequence[Batch] = ()
    ) -> None:
        """Replaces `batch` by `parts` that go next; `sent` and `dropped` count the traces that are in none of them."""
        if not batch.spooled:
            self.spool.release(batch)
            self.backlog.extendleft(reversed(parts))
            self._counters.holding -= sent + dropped
            self._queue.settle(batch.weight - sum(part.weight for part in parts))
        elif not self.spool.replace(batch, parts):
            return
        if self.spool.is_own(batch):
            self._counters.spooled -= sent + dropped if batch.spooled else 0
            self._counters.sent += sent
            self._counters.drop(reason, dropped)
        else:
            self._counters.recovered += sent
            self._counters.recovered_dropped += dropped

    def keep(self, batch: Batch) -> None:
        """Keeps a batch until it can be uploaded: on disk where that is possible."""
        if batch.spooled:
            self.spool.back(batch)
        elif self.spool.put(batch):
            self._counters.spooled += len(batch.traces)
            self._counters.holding -= len(batch.traces)
            self._queue.settle(batch.weight)
        else:
            self.backlog.append(batch)

    def postpone(self, batch: Batch) -> None:
        """The same, at the end of the line."""
        if batch.spooled:
            self.spool.postpone(batch, self._wall_clock())
        else:
            self.spool.release(batch)  # its name says how old it was
            self.keep(batch._replace(born=self._wall_clock()))
