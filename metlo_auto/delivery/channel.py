"""All of delivery that belongs to one process: queue, sender and its thread; knows how they are put together.

Made at the first trace, hence after the app's monkey patching and in the process that sends. A forked child makes its
own and never touches its parent's, whose locks may be held by threads that the child does not have.
"""

import logging
import random
import sys
from collections import deque
from functools import partial
from os import getpid
from typing import Callable, Deque, Dict, Optional, Tuple, Union

from metlo_auto.clocks import Real, sleep
from metlo_auto.collector_url import shown

from .batcher import Batcher
from .collector_kind import CollectorKind
from .counters import Counters
from .declarations import Declarations
from .loss_monitor import LossMonitor
from .outage_log import CollectorOutages, OutageLog, say
from .pacer import Pacer
from .process.fork_gate import ForkGate
from .process.own_threads import OwnThreads
from .process.uwsgi import leave_signals_to_other_threads
from .queue import AT_ONCE, TraceQueue, make_queue
from .sender import Sender
from .spool.folder import Folder
from .spool.locks import Locks
from .spool.spool import Spool, describe, folder_for
from .spool.store import Store
from .statsd import Statsd
from .transport.dns import DnsLookups
from .transport.errors import place_of
from .transport.lazy_requests import load_connections
from .transport.post_threads import Alone, Posting, PostThreads
from .transport.poster import Poster
from .transport.verdict import RETRY, Verdict
from .types import ITEM_OVERHEAD, DeliverySettings, Item, Route
from .wakeup import Wakeup

Stats = Dict[str, Union[int, Dict[str, int]]]
# Counts a trace, the queue, appends an item to it, what an item weighs besides its trace.
Entrance = Tuple[Callable[[], object], TraceQueue, Callable[[Item], None], int]

MARGIN = 0.3  # seconds of the shutdown time that the end itself may take
BRIEF = 0.4  # seconds for the response to who should not stay; after LATE, by when its copy tells others of the trouble
LOOK = 0.01  # seconds between looks at whether the spool is empty
LOOK_AGAIN = 0.1  # seconds between looks at whether the threads that are waited for have to be started
SPOOLING_SPEED = 40e6  # bytes a second that even a slow disk takes
INLINE_STEPS = 3  # uploads at most for each request where no thread runs
INLINE_TIMEOUT = 0.5  # seconds that one of them may take
LONGEST = 60.0  # seconds between two steps
WATCHFUL = 5.0  # the same while traces are lost


class Channel:
    """The state of the process `pid`."""

    def __init__(
        self,
        settings: DeliverySettings,
        gate: ForkGate,
        locks: Locks,
        kind: CollectorKind,
        own_threads: OwnThreads,
        threads: bool = True,
    ) -> None:
        self.pid = getpid()
        self.counters = Counters()
        self.kind = kind
        self.declarations = Declarations(kind)
        self._settings = settings
        self._gate = gate
        self._locks = locks
        self._own_threads = own_threads
        self._resting = False  # between the callbacks before and after a fork
        self._rested: Deque[None] = deque([None])  # whoever pops it starts the threads, for the first time or again
        self._to_run: Deque[None] = deque()  # the thread that pops it is the sender's
        self._lookups = DnsLookups()
        self._wakeup = Wakeup()
        self.queue = make_queue(settings.queue_size, self._wake)
        self.queue.wake_at = AT_ONCE  # the first trace starts the threads, and is in it should that be interrupted
        self._waiters: Deque[Wakeup] = deque()
        self._unprepared: Deque[None] = deque([None])  # whoever pops it prepares this process
        self.threads = threads
        self._for_one_request = False
        self._ends_at: Optional[float] = None
        self._give_up_at: Optional[float] = None
        self._outages = OutageLog(Real.monotonic)
        self._loss_monitor = LossMonitor(self.counters, self._outages, Real.monotonic)
        self._spool = self._make_spool()
        self._post_threads = self._make_crew()
        host = shown(settings.host, settings.api_key)
        self._collector_outages = CollectorOutages(self._outages, host, lambda: self._spool.usable)
        self._sender = self._make_sender()
        self._statsd = self._make_statsd()

    def submit(self, trace: bytes, route: Optional[Route] = None, announcement: Optional[bytes] = None) -> bool:
        """Queues one trace; False where it had to be dropped. Never waits, does no I/O, may be interrupted anywhere.

        `trace`: one JSON object, UTF-8. `route`: (host, method, route). `announcement`: the trace's form for v2, for
        the first trace of a route in this process.
        """
        self.counters.captured.add()
        if self.queue.offer(trace, route, announcement):
            return True
        if self._sender.held_back():
            self.counters.refuse("paced")
        else:
            self.counters.refuse("queue_full")
        return False

    def entrance(self) -> Optional[Entrance]:
        """What `submit` does with a trace for which there is room, for who does that itself; None where only it may."""
        if type(self) is not Channel or type(self.queue) is not TraceQueue:
            return None
        return self.counters.captured.add, self.queue, self.queue.append, ITEM_OVERHEAD

    def prepare(self, for_one_request: bool = False) -> bool:
        """To be called before all else, by each who finds this channel new; whether this call was the first.

        `for_one_request`: the process will `leave`; what others left in the spool is none of its business till then.
        """
        if not _take(self._unprepared):
            return False
        self._for_one_request = self._sender.closing = for_one_request
        if not self.threads:
            self._gate.make()
        return True

    def start(self) -> None:
        """Starts the sender's thread where a trace has not yet, without waiting for it; wakes none that runs."""
        if self._rested:
            self._wake()

    def rest(self) -> None:
        """Has all threads end as soon as they can, until `resume`; whoever waits for something starts them again."""
        if self.threads:
            self._resting = True
            self._wakeup.ring()
            self._post_threads.rest()

    def ends_soon(self, seconds: float) -> bool:
        """Whether none of its threads has waited for a response for that long; imports take the time that they take."""
        return self._gate.is_closed() or not self._post_threads.waits(seconds)

    def break_off(self) -> None:
        """Ends all uploads; they count as failed."""
        self._post_threads.break_off_all()

    def resume(self, at_once: bool) -> None:
        """After a rest: the threads start again, now or at the next trace."""
        if self._resting:
            self._resting = False
            self.queue.wake_at = AT_ONCE
            if at_once:
                self._wake()

    def wait_idle(self, seconds: float) -> None:
        """Waits until nothing is in memory, `seconds` at most."""
        done = Wakeup()
        self._waiters.append(done)
        self.hurry()
        end = Real.monotonic() + seconds
        while self.threads and not self._rested:
            if done.wait(min(end - Real.monotonic(), LOOK_AGAIN)) or Real.monotonic() >= end:
                return
            self._wake()
        self._work_off(end - Real.monotonic())

    def begin_end(self, seconds: float) -> None:
        """The process ends: uploads what is here, spools what is left within `seconds`. The first call counts."""
        if self._ends_at is not None:
            return
        self._resting = False  # a signal came in the middle of a fork
        ends_at = Real.monotonic() + seconds
        spooling = self.queue.total_bytes / SPOOLING_SPEED if self._settings.spool_dir else 0.0
        self._give_up_at = max(ends_at - MARGIN - spooling, 0.0)
        self._spool.hurry()
        self._sender.closing = True
        self._sender.try_once_more()
        self._ends_at = ends_at  # last, so that a call that a signal ended is made up for by the next one
        self.hurry()

    def wait_end(self) -> None:
        """Waits until nothing is in memory, or the time of the end is over."""
        if self._ends_at is not None:
            self.wait_idle(self._ends_at - Real.monotonic())

    def leave(self, ends_at: float) -> None:
        """Both of them for a process that was forked for one request, and whose place the next one may need.

        Only one at a time waits for a collector that is slow or away, and sends what the others put into the spool.
        """
        spool = self._spool
        if self._ends_at is None and spool.usable_at_all:
            if spool.filled_by_others():
                self._outages.known("collector")
            else:
                self.wait_idle(BRIEF)
                if not self._sender.idle():
                    self._collector_outages.say(Verdict(RETRY, 0, "no answer within %s s" % BRIEF))
            if spool.filled() or not self._sender.idle():
                turn = spool.take_turn()
                if not turn:
                    self._give_up_now(ends_at)
                    turn = spool.take_turn()  # who had it may have looked for the last time before ours was there
                if turn:
                    self._send_for_others(ends_at - MARGIN)
            self._give_up_now(ends_at)
        elif self._ends_at is None:
            ends_at += self._wait_for_imports()
        self.begin_end(ends_at - Real.monotonic())
        self.wait_end()

    def disown(self) -> None:
        """For a forked child: gives up its parent's connections; collected later, they might close an app's file."""
        try:
            self._post_threads.disown()
        except Exception as error:  # noqa: BLE001 - sockets of others' making; they go with the process
            say("a connection of the parent's stays open: %s", place_of(error), level=logging.DEBUG)

    def hurry(self) -> None:
        """Everything is due now; waits for nothing."""
        self._sender.hurry = True
        self._wake()

    def work_inline(self) -> None:
        """A little of the sender's work in a request's thread, for processes where no other thread runs."""
        self._sender.hurry = True
        for _ in range(INLINE_STEPS):
            if self._safe_step() > 0.001:
                return

    def work_until_idle(self, seconds: float) -> None:
        """All of the sender's work, where no other thread runs; what has to wait for longer than `seconds` stays."""
        end = Real.monotonic() + seconds
        self._sender.hurry = True
        while not self._sender.idle():
            wait = self._safe_step()
            if wait > end - Real.monotonic():
                return
            sleep(wait)

    def stats(self) -> Stats:
        """Numbers since this process began to capture."""
        counters = self.counters
        return {
            "captured": counters.captured.value,
            "sent": counters.sent,
            "spooled": counters.spooled,
            "queued": len(self.queue) + counters.holding,
            "dropped": counters.dropped(),
            "retries": self._sender.retries,
            "errors": self._sender.errors,
            "queue_bytes": self.queue.total_bytes,
            "recovered": counters.recovered,
            "recovered_dropped": counters.recovered_dropped,
        }

    def _wake(self) -> None:
        if self._rested and self.threads and not self._resting:
            self._start_threads()
        self._wakeup.ring()

    def _start_threads(self) -> None:
        self._to_run.append(None)
        try:
            if not _take(self._rested):  # another thread was faster
                _take(self._to_run)
                return
            self._gate.make()
            self._lookups.prepare()
            # Both from here: from 3.12 on a thread of ours could not start another once the interpreter is ending.
            self._post_threads.start()
            self._own_threads.start(self._run)
        except RuntimeError as error:
            _take(self._to_run)
            if "shutdown" in str(error):  # the first trace is of a response that was never closed
                self._go_without_threads()
            else:  # there are as many as there may be
                self._rest_until_woken()
        except BaseException:  # a server's signal handler ends the process here; what waits is sent at its end
            if _take(self._to_run):  # else the thread runs
                self._rest_until_woken()
            raise

    def _go_without_threads(self) -> None:
        closing = self._sender.closing
        self.threads = False
        self._post_threads = self._make_crew()
        self._sender = self._make_sender()
        self._sender.closing = closing

    def _run(self) -> None:
        if not _take(self._to_run):  # who started this thread was interrupted, and does without it
            return
        leave_signals_to_other_threads()
        while not self._resting:
            wait = self._safe_step()
            if self.queue.watch(self._sender.batch_size()) and not self._sender.missed_a_trace():
                self._wakeup.wait(wait)
        self._rest_until_woken()

    def _rest_until_woken(self) -> None:
        self._rested.append(None)
        self.queue.wake_at = AT_ONCE

    def _safe_step(self) -> float:
        try:
            return self._step()
        except Exception as error:  # noqa: BLE001 - one bad batch must not end delivery
            say("delivery stumbled and goes on: %s", place_of(error))
            return 1.0

    def _step(self) -> float:
        if self._give_up_at is not None and Real.monotonic() >= self._give_up_at:
            self._sender.give_up()  # nothing is begun any more
        wait = self._sender.step()
        if self._give_up_at is not None and not self._sender.idle():
            wait = self._end(self._give_up_at - Real.monotonic(), wait)
        if self._sender.idle():
            self._sender.hurry = False
            if self._statsd is not None and self._ends_at is not None:
                self._statsd.send(is_last=True)
            while self._waiters:
                self._waiters.popleft().ring()
        longest = WATCHFUL if self._loss_monitor.look() else LONGEST
        due = self._statsd.step() if self._statsd is not None else None
        return min([longest] + [seconds for seconds in (wait, due) if seconds is not None])

    def _end(self, left: float, wait: Optional[float]) -> Optional[float]:
        if left <= 0.0 or self._sender.stuck():
            self._sender.give_up()
            return None
        return left if wait is None else min(left, wait)

    def _wait_for_imports(self) -> float:
        """Seconds until what uploads was imported: without a spool the trace would be lost meanwhile."""
        began = Real.monotonic()
        self._gate.make()
        try:
            with self._gate:
                load_connections()
        except Exception:  # noqa: BLE001 - whoever uploads says so
            pass
        return Real.monotonic() - began

    def _give_up_now(self, ends_at: float) -> None:
        self._give_up_at = 0.0
        self._ends_at = ends_at
        self._spool.hurry()
        self._sender.closing = True
        self.hurry()
        self.wait_end()

    def _send_for_others(self, until: float) -> None:
        self._give_up_at = None
        self._sender.closing = False
        self._sender.hurry = False
        self._wake()
        while Real.monotonic() < until and not self._sender.away:
            if self._sender.idle() and not self._spool.filled():
                return
            sleep(LOOK)

    def _work_off(self, seconds: float) -> None:
        if self._sender.interrupted():  # uWSGI ends a worker wherever it is, even within an upload of ours
            self._sender.give_up()
        end = Real.monotonic() + seconds
        while not self._sender.idle() and Real.monotonic() < end:
            sleep(min(self._safe_step(), 0.05))
        if self._give_up_at is not None and not self._sender.idle():
            self._sender.give_up()

    def _make_sender(self) -> Sender:
        settings = self._settings
        store = Store(self.queue, self.counters, self._spool, Real.wall)
        batcher = Batcher(self.queue, self.counters, settings.flush_interval)
        # A generator of its own: forked processes that share one would all come back at the same moment.
        chance = random.SystemRandom().random
        pacer = Pacer(settings.max_rate, Real.monotonic, self._spool.share)
        return Sender(
            batcher,
            store,
            self._post_threads,
            self.kind,
            pacer,
            settings.timeout,
            settings.shutdown_timeout,
            Real.monotonic,
            chance,
            self._report,
        )

    def _report(self, verdict: Optional[Verdict]) -> None:
        if verdict is None or verdict.status in (401, 403):
            self._spool.refused(verdict is not None)
        if verdict is not None and self._for_one_request and self._spool.filled_by_others():
            self._outages.known("collector")
        self._collector_outages.say(verdict)

    def _make_crew(self) -> Posting:
        settings = self._settings
        if self.threads:
            make_poster = partial(self._make_poster, settings)
            return PostThreads(settings.workers, make_poster, self._wake, self._own_threads.start)
        settings = settings._replace(timeout=min(settings.timeout, INLINE_TIMEOUT))
        return Alone(lambda: self._make_poster(settings))

    def _make_poster(self, settings: DeliverySettings) -> Poster:
        return Poster(settings, self._gate, self._lookups, self.declarations, self.kind)

    def _make_spool(self) -> Spool:
        folder = None
        if self._settings.spool_dir is not None:
            path = folder_for(self._settings.spool_dir, self._settings.host, self._settings.api_key)
            cooperative = "gevent.monkey" in sys.modules or "eventlet" in sys.modules
            folder = Folder(path, self._locks, cooperative)
        about = describe(self._settings.host, self._settings.api_key)
        size = self._settings.spool_size
        return Spool(folder, size, self._lost_for_room, self._disk_trouble, Real.monotonic, about)

    def _make_statsd(self) -> Optional[Statsd]:
        if not self._settings.metrics:
            return None
        return Statsd(self._settings.metrics, self._counts, Real.monotonic, self._metrics_trouble)

    def _counts(self) -> Stats:
        """What only grows, or nearly so: queues are no counters."""
        return {name: value for name, value in self.stats().items() if name not in ("queued", "queue_bytes")}

    def _metrics_trouble(self, why: Optional[str]) -> None:
        if why is None:
            self._outages.end("metrics", "counts are sent to METLO_METRICS again")
        else:
            self._outages.begin("metrics", "counts cannot be sent to METLO_METRICS (%s)" % why)

    def _lost_for_room(self, own: bool, traces: int) -> None:
        if own:
            self.counters.spooled -= traces
            if self._sender.held_back():
                self.counters.drop("paced", traces)
            else:
                self.counters.drop("spool_full", traces)
        else:
            self.counters.recovered_dropped += traces

    def _disk_trouble(self, message: str) -> None:
        self._outages.begin("spool", message)


class ChannelWithoutThreads(Channel):
    """For `threads` False and nobody who calls after a request: uploads in its thread, once its response is out."""

    def submit(self, trace: bytes, route: Optional[Route] = None, announcement: Optional[bytes] = None) -> bool:
        """As Channel's; the trace is uploaded, or spooled, when this returns."""
        taken = Channel.submit(self, trace, route, announcement)
        self.work_inline()
        return taken


def _take(places: Deque[None]) -> bool:
    """Whether there was one, which the caller has now; of two threads that ask at once one gets it."""
    try:
        places.pop()
    except IndexError:
        return False
    return True
