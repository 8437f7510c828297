"""Decides what is uploaded when, and when to stop trying; knows time, nothing of threads, HTTP or files.

One thread at a time calls `step`. What uploads, the store and the clock are arguments.
"""

from typing import Callable, Dict, NamedTuple, Optional

from .announcements import AHEAD
from .backoff import Backoff
from .batch import Batch
from .batch_timing import STEP
from .batcher import Batcher
from .collector_kind import QUESTION, CollectorKind
from .outcomes import AWAY, UNKNOWN, WELL, Outcomes
from .pacer import Pacer
from .spool.store import Store
from .transport.post_threads import Posting
from .transport.verdict import DELIVERED, RETRY, Verdict
from .types import BATCH_TRACES

INLINE_TIMEOUT = 0.5  # seconds for an upload where no thread can be started
BROKEN_OFF_AFTER = 3.0  # timeouts, for the whole of an upload
AT_ONCE = 16  # batches that are spooled in one step
LATE = 0.3  # seconds after which a response is late
MOMENT = 0.05  # seconds
LONG_STEP = 0.5  # seconds between looks while nothing may be uploaded
KIND_PATIENCE = 2.0  # seconds that a collector is waited for which does not say what it is, then it is not ours
SHARE_AT_END = 0.4  # of the shutdown time, for the same at the end
MOST_QUESTIONS = 3  # in a row that fail by a status; what cannot say what it is may take traces all the same
BREAKING_TAKES = 0.5  # seconds; a thread that hangs in a name lookup says nothing for longer


class Flight(NamedTuple):
    """A batch under way since `started`."""

    batch: Batch
    started: float


class Sender:
    """Posts what is due, backs off where the collector is unreachable, keeps what could not be uploaded."""

    def __init__(
        self,
        batcher: Batcher,
        store: Store,
        post_threads: Posting,
        kind: CollectorKind,
        pacer: Pacer,
        timeout: float,
        shutdown_timeout: float,
        clock: Callable[[], float],
        chance: Callable[[], float],
        notice: Callable[[Optional[Verdict]], None],
    ) -> None:
        self.hurry = False  # everything is due now
        self.closing = False  # what others left in the spool stays there
        self.retries = 0
        self.errors = 0
        self._batcher = batcher
        self._store = store
        self._post_threads = post_threads
        self._kind = kind
        self._pacer = pacer
        self._paced_until = 0.0
        self._questions = 0
        self._timeout = timeout
        self._kind_patience_at_end = min(KIND_PATIENCE, SHARE_AT_END * shutdown_timeout)
        self._clock = clock
        self._chance = chance
        self._notice = notice
        self._outcomes = Outcomes(store, batcher.announcements)
        self._flights: Dict[str, Flight] = {}
        self._broken_off: Dict[str, float] = {}
        self._backoff = Backoff()
        self._failed_at = -1.0
        self._spool_next = True
        self._spool_from = 0.0  # when batches that are no announcements may come from there
        self._plain_is_next = False
        self._adjust_to_kind()

    @property
    def away(self) -> bool:
        """Whether the collector did not answer well the last time."""
        return self._backoff.failures > 0

    def idle(self) -> bool:
        """Whether nothing of this process waits in memory."""
        return not (self._batches_under_way() or self._store.backlog) and self._batcher.empty()

    def batch_size(self) -> int:
        """How many bytes in the queue make a batch, about."""
        return self._batcher.size()

    def missed_a_trace(self) -> bool:
        """Whether one came after the last step had found none, so that its wait is too long."""
        return self._batcher.missed_a_trace()

    def interrupted(self) -> bool:
        """Whether batches are under way; between two steps that means, where no thread runs, within one."""
        return self._batches_under_way() > 0

    def stuck(self) -> bool:
        """Whether nothing is under way and nothing may be uploaded for a while."""
        now = self._clock()
        if self._flights:
            return False
        return self._awaits_turn(now) or (self._waits_for_rate(now) and self._store.spool.usable)

    def held_back(self) -> bool:
        """Whether the rate, and not an outage, is why traces wait; for any thread."""
        return not self.away and self._clock() < self._paced_until + STEP

    def step(self) -> Optional[float]:
        """Does all that is due; seconds until something is due by itself, None where nothing will be."""
        now = self._clock()
        self._land_all(now)
        self._break_off(now)
        self._launch(now)
        self._land_all(now)  # where no thread runs, uploading is done by now
        if self._late(now):
            self._hold(now)
        if self.away:
            self._spool(now)
        elif self._waits_for_rate(now):
            self._spool_excess(now)
        return self._wait(now)

    def try_once_more(self) -> None:
        """Forgets when the next try would have been."""
        self._backoff = self._backoff._replace(not_before=0.0)

    def give_up(self) -> None:
        """The end: everything in memory goes to the spool, or is dropped and counted."""
        now = self._clock()
        for batch_id in self._flights:
            self._post_threads.break_off(batch_id)
        self._land_all(now)
        for flight in list(self._flights.values()):
            if flight.batch is not QUESTION:
                self._store.keep(flight.batch)
        self._flights.clear()
        self._spool(now, everything=True)
        while self._store.backlog:
            batch = self._store.backlog.popleft()
            self._store.resolve(batch, dropped=len(batch.traces), reason="exit")
        self._store.spool.let_go()

    def _launch(self, now: float) -> None:
        while self._post_threads.room() > 0 and self._may_post(now):
            batch = QUESTION if self._is_to_ask(now) else self._choose(now)
            if batch is None or not (batch is QUESTION or self._within_rate(batch, now)):
                return
            self._flights[batch.id] = Flight(batch, now)
            try:
                self._post_threads.hand(batch)
            except RuntimeError:  # the interpreter starts no threads any more
                if self._post_threads.post_here(batch, INLINE_TIMEOUT):
                    return
                del self._flights[batch.id]
                if batch is QUESTION:
                    self._kind.settled = True
                elif self._flights:  # whoever is uploading takes this one next
                    self._store.backlog.appendleft(batch)
                else:
                    self._store.keep(batch)
                return

    def _may_post(self, now: float) -> bool:
        return now >= max(self._paced_until, self._asked_until()) and not self._awaits_turn(now)

    def _waits_for_rate(self, now: float) -> bool:
        """Whether that takes longer than another process has the number that all share: two may end at once."""
        return self._paced_until - now > MOMENT

    def _awaits_turn(self, now: float) -> bool:
        return self.away and (bool(self._flights) or now < self._backoff.not_before)

    def _batches_under_way(self) -> int:
        return len(self._flights) - (QUESTION.id in self._flights)

    def _is_to_ask(self, now: float) -> bool:
        return not self._kind.settled and QUESTION.id not in self._flights

    def _asked_until(self) -> float:
        """How long traces wait for the collector to say what it is, which it is asked once all is imported."""
        if QUESTION.id not in self._flights:
            return 0.0
        began = self._post_threads.began(QUESTION.id) or self._clock()
        return began + (self._kind_patience_at_end if self.closing else KIND_PATIENCE)

    def _adjust_to_kind(self) -> None:
        self._batcher.most = BATCH_TRACES if self._kind.ours else self._pacer.most
        if self._kind.ours:
            self._batcher.announcements.refused()

    def _is_paced(self) -> bool:
        return not self._kind.ours and self._pacer.rate > 0.0

    def _within_rate(self, batch: Batch, now: float) -> bool:
        """Whether `batch` may leave now; if not, it is next."""
        wait = self._pacer.wait_for(len(batch.traces)) if self._is_paced() else 0.0
        if wait > 0.0:
            self._paced_until = now + wait
            self._spool_next = bool(batch.spooled)
            if batch.spooled:
                self._store.spool.back(batch)
            else:
                self._store.backlog.appendleft(batch)
        return wait <= 0.0

    def _choose(self, now: float) -> Optional[Batch]:
        backlog = self._store.backlog
        # Where the rate decides, batches of memory and disk take turns; announcements go first.
        if backlog and (not self._is_paced() or not self._spool_next or backlog[0].announcement):
            self._spool_next = self._spool_next or self._is_paced()
            return backlog.popleft()
        # A collector that is unreachable is tried with what is on disk, which nobody loses who is killed meanwhile.
        batch = self._from_spool(now) if self._spool_next or self.away else None
        if batch is None:
            batch = backlog.popleft() if backlog else self._batcher.next(now, self.hurry)
        if batch is None and not (self._spool_next or self.away):
            batch = self._from_spool(now)
        self._spool_next = batch is not None and not batch.spooled
        return batch

    def _from_spool(self, now: float) -> Optional[Batch]:
        if (
            self.hurry
            or self.closing
            or (now < self._spool_from and self._plain_is_next)
            or any(flight.batch.spooled for flight in self._flights.values())
        ):
            return None
        batch = self._store.spool.next()
        while batch is not None and len(batch.traces) > self._batcher.most:
            self._store.resolve(batch, parts=batch.cut(self._batcher.most))
            batch = self._store.spool.next()
        # Of one announcement after the other none has to wait.
        self._plain_is_next = batch is not None and not batch.announcement and now < self._spool_from
        if batch is not None and self._plain_is_next:
            self._store.spool.back(batch)
            return None
        return batch

    def _land_all(self, now: float) -> None:
        for batch, verdict in self._post_threads.results():
            self._land(batch, verdict, now)

    def _land(self, batch: Batch, verdict: Verdict, now: float) -> None:
        flight = self._flights.pop(batch.id, None)
        self._broken_off.pop(batch.id, None)
        if flight is None:  # given up before its verdict came
            return
        told = self._replied(verdict) if batch is QUESTION else self._outcomes.settle(batch, verdict, now)
        if told == WELL:
            self._backoff = Backoff()
            self._notice(None)
        if told == WELL and batch.spooled and batch.announcement:
            self._spool_from = now + AHEAD
        if told == AWAY:
            self._failed(flight, verdict, now)

    def _replied(self, verdict: Verdict) -> str:
        """The collector has said what it is, or could not."""
        self._questions = 0 if verdict.outcome == DELIVERED or not verdict.status else self._questions + 1
        if verdict.outcome == DELIVERED or self._questions >= MOST_QUESTIONS:
            self._kind.settled = True
            self._questions = 0
            self._adjust_to_kind()
            return UNKNOWN
        return AWAY

    def _failed(self, flight: Flight, verdict: Verdict, now: float) -> None:
        if verdict.status != 429:
            self._kind.settled = False
        self.errors += 1
        self.retries += 1
        self._notice(verdict)
        if flight.started >= self._failed_at:  # those that left together fail together, once
            self._backoff = self._backoff.failed(now, self._chance, verdict.retry_after)
            self._failed_at = now
        self._store.spool.let_go()

    def _break_off(self, now: float) -> None:
        for batch_id, flight in list(self._flights.items()):
            if now - flight.started >= self._timeout * BROKEN_OFF_AFTER and batch_id not in self._broken_off:
                self._broken_off[batch_id] = now
                self._post_threads.break_off(batch_id)
            elif now - self._broken_off.get(batch_id, now) >= BREAKING_TAKES:
                self._land(flight.batch, Verdict(RETRY, 0, "no answer"), now)

    def _late(self, now: float) -> bool:
        return any(now - flight.started >= LATE for flight in self._flights.values()) and self._store.spool.usable

    def _hold(self, now: float) -> None:
        """Has on disk too what waits for a late response, and what nobody is free to upload, for the case of a kill."""
        batch, left = None, AT_ONCE
        if self._post_threads.room() <= 0 or not self._may_post(now):
            batch = self._batcher.next(now, self.hurry)
        while batch is not None:
            self._store.backlog.append(batch)
            left -= 1
            batch = self._batcher.next(now, self.hurry) if left else None
        waiting = [flight.batch for flight in self._flights.values()] + list(self._store.backlog)
        for batch in waiting:
            if batch is not QUESTION and not self._store.spool.hold(batch):  # no room for any more
                return

    def _spool_excess(self, now: float) -> None:
        """What the rate holds back: one batch waits in memory and takes turns with those on disk."""
        backlog = self._store.backlog
        if not self._store.spool.usable:
            return
        batch, left = self._batcher.next(now, self.hurry), AT_ONCE
        while batch is not None:
            if batch.announcement:
                backlog.appendleft(batch)
            else:
                backlog.append(batch)
            left -= 1
            batch = self._batcher.next(now, self.hurry) if left else None
        while len(backlog) > self._in_memory() and self._store.spool.usable:
            self._store.keep(backlog.pop())

    def _in_memory(self) -> int:
        """How many batches wait in memory at most: all announcements, so that they are first, and one."""
        if self.hurry:
            return 0
        return 1 + sum(bool(batch.announcement) for batch in self._store.backlog)

    def _spool(self, now: float, everything: bool = False) -> None:
        if not (everything or self._store.spool.usable):
            return
        for _ in range(len(self._store.backlog)):
            self._store.keep(self._store.backlog.popleft())
        batch, left = self._batcher.next(now, self.hurry or everything, for_disk=True), AT_ONCE
        while batch is not None:
            self._store.keep(batch)
            left -= 1
            if not (left or everything):  # under load it might never end, and there is more to do
                return
            batch = self._batcher.next(now, self.hurry or everything, for_disk=True)

    def _wait(self, now: float) -> Optional[float]:
        moments = [flight.started + self._timeout * BROKEN_OFF_AFTER for flight in self._flights.values()]
        moments += [moment + BREAKING_TAKES for moment in self._broken_off.values()]
        moments += [flight.started + LATE for flight in self._flights.values() if now < flight.started + LATE]
        look = self._store.spool.next_look()
        if look is not None and not (self._flights or self.closing):
            moments.append(max(look, self._spool_from, self._backoff.not_before, self._paced_until))
        if self._store.backlog:
            moments.append(max(now, self._backoff.not_before, self._paced_until, self._asked_until()))
        waits = [max(moment - now, 0.0) for moment in moments]
        batcher = self._batcher.wait(now)
        if batcher is not None and self.away and not self._may_post(now):
            pause = 0.0 if self.hurry or self._batcher.full() else max(batcher, STEP)
            waits.append(pause if self._store.spool.usable else LONG_STEP)
        elif batcher is not None and now < self._paced_until and not self._store.spool.usable:
            waits.append(self._paced_until - now)
        elif batcher is not None and self._post_threads.room() > 0:
            waits.append(0.0 if self.hurry and self._may_post(now) else batcher)
        elif batcher is not None and self._late(now):
            waits.append(max(batcher, STEP))
        return max(min(waits), 0.001) if waits else None
