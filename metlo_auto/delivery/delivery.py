"""The front of delivery: a trace comes in, and the request thread goes on; knows pids and the end of processes."""

from os import getpid
from typing import Callable, Dict, Optional

from .channel import Channel, ChannelWithoutThreads, Stats
from .collector_kind import CollectorKind
from .outage_log import say
from .process import aws_lambda, uwsgi
from .process.exits import Ending, Exits
from .process.fork_gate import ForkGate
from .process.forking_servers import Forking, forking_server
from .process.own_threads import COUNTED_LATE, OwnThreads, Resting
from .process.servers import is_under_libfaketime, runs_no_other_thread
from .spool.locks import Locks
from .transport.lazy_requests import load_connections
from .types import DeliverySettings, Route

NUMBERS = (
    "captured", "sent", "spooled", "queued", "queue_bytes", "retries", "errors", "recovered", "recovered_dropped",
)  # fmt: skip


def _threads_run() -> bool:
    """Whether a thread that is started here runs whenever it has work to do."""
    return uwsgi.threads_run() and not aws_lambda.is_runtime_here()


def _import_ahead() -> None:
    """What uploads is imported while the app is: an invocation has little time left once its response is out."""
    try:
        load_connections()
    except Exception:  # noqa: BLE001 - whoever uploads says so
        pass


class Delivery:
    """Takes traces in any thread of any process; what it starts belongs to the process that gave it a trace.

    Making one starts nothing: no thread, no lock, no import of requests. It listens to the end of the process.
    Several in one process share `exits`, `locks` and `own_threads`.
    """

    def __init__(
        self,
        settings: DeliverySettings,
        exits: Optional[Exits] = None,
        locks: Optional[Locks] = None,
        own_threads: Optional[OwnThreads] = None,
    ) -> None:
        self._settings = settings
        self._exits = exits or Exits()
        self._locks = locks or Locks()
        self._own_threads = own_threads or OwnThreads()
        self._kind = CollectorKind()
        self._gate = ForkGate()
        self._forking = Forking(self._gate, self._own_threads)
        self._channel: Optional[Channel] = None
        self._channels: Dict[int, Channel] = {}
        self._exits.add(Ending(self._begin_end, self.end, self._leave))
        uwsgi.after_each_request(self._after_request)
        aws_lambda.before_each_stop(self._before_stop)
        if aws_lambda.is_runtime_here():
            _import_ahead()
        resting = Resting(self._rest, self._ends_soon, self._break_off)
        self._own_threads.rest_at_fork(resting, self._resume)

    def submit(self, trace: bytes, route: Optional[Route] = None, announcement: Optional[bytes] = None) -> bool:
        """As `Channel.submit`, of this process."""
        return self.channel().submit(trace, route, announcement)

    def channel(self) -> Channel:
        """What this process delivers by, another one in each process; its first trace starts it."""
        channel = self._channel
        return channel if channel is not None and channel.pid == getpid() else self._enter()

    def count_dropped(self, reason: str, n: int = 1) -> None:
        """Counts `n` traces that were captured and never became bytes."""
        channel = self.channel()
        for _ in range(n):
            channel.counters.captured.add()
        channel.counters.refuse(reason, n)
        channel.start()

    def declare(self, prepare: Callable[[], Optional[Callable[[], bytes]]]) -> None:
        """Tells a collector that takes them an app's routes, with the traces; others are told nothing.

        `prepare` is called at once, where it is of use; what it gives makes the body in the sender's thread.
        """
        declarations = self.channel().declarations
        if declarations.wanted() and self._forking.is_to_tell():
            make_body = prepare()
            if make_body is not None:
                declarations.add(make_body)

    def flush(self, timeout: float) -> None:
        """Waits until every trace is uploaded or spooled, `timeout` seconds at most."""
        channel = self._own()
        if channel is not None:
            channel.wait_idle(timeout)

    def end(self) -> None:
        """The end of this process: uploads what it can, puts the rest into the spool, within the shutdown time.

        That time begins with the first call and is not given twice.
        """
        channel = self._own()
        if channel is not None:
            channel.begin_end(self._settings.shutdown_timeout)
            channel.wait_end()

    def stats(self) -> Stats:
        """Numbers of this process: captured = sent + spooled + queued + the sum of dropped, when nothing moves."""
        channel = self._own()
        return dict(dict.fromkeys(NUMBERS, 0), dropped={}) if channel is None else channel.stats()

    def _own(self) -> Optional[Channel]:
        channel = self._channel
        return channel if channel is not None and channel.pid == getpid() else None

    def _enter(self) -> Channel:
        pid = getpid()
        # Atomic: of two threads that come at once both get the same channel.
        alone = runs_no_other_thread() or is_under_libfaketime()
        kind, threads = (ChannelWithoutThreads, False) if alone else (Channel, _threads_run())
        mine = kind(self._settings, self._gate, self._locks, self._kind, self._own_threads, threads)
        channel = self._channels.setdefault(pid, mine)
        first = channel.prepare(forking_server() is not None)
        self._channel = channel
        for other in [known for known in self._channels if known != pid]:
            inherited = self._channels.pop(other, None)
            if inherited is not None:
                inherited.disown()
        if first:
            self._exits.add_this_process()
            server = self._exits.unheard()
            if server:
                say("%s runs no signal handler: what is not uploaded when a signal ends it is lost", server)
        return channel

    def _after_request(self) -> None:
        channel = self._own()
        if channel is None:
            return
        if not channel.threads:
            channel.work_inline()
        elif uwsgi.nobody_calls_at_exit():
            channel.hurry()

    def _before_stop(self) -> None:
        channel = self._own()
        if channel is not None:
            channel.work_until_idle(aws_lambda.MOST)

    def _rest(self) -> None:
        channel = self._own()
        if channel is not None:
            channel.rest()

    def _ends_soon(self, seconds: float) -> bool:
        channel = self._own()
        return channel is None or channel.ends_soon(seconds)

    def _break_off(self) -> None:
        channel = self._own()
        if channel is not None:
            channel.break_off()

    def _resume(self) -> None:
        channel = self._own()
        if channel is not None:
            channel.resume(not COUNTED_LATE)

    def _begin_end(self) -> None:
        channel = self._own()
        if channel is not None:
            channel.begin_end(self._settings.shutdown_timeout)

    def _leave(self, began: float) -> None:
        channel = self._own()
        if channel is not None:
            channel.leave(began + self._settings.shutdown_timeout)
