"""The threads that upload, started on demand; knows threads, nothing of what is uploaded or why."""

from collections import deque
from typing import Callable, Deque, Dict, List, Optional, Tuple, Union

from metlo_auto.clocks import Real
from metlo_auto.delivery.batch import Batch
from metlo_auto.delivery.process.uwsgi import leave_signals_to_other_threads
from metlo_auto.delivery.wakeup import Wakeup

from .poster import Poster
from .verdict import Verdict

IDLE_FOR = 30.0  # seconds after which a thread ends; the first one stays, since none can start at the exit


class Member:
    """One thread with one connection."""

    def __init__(self, poster: Poster) -> None:
        self.poster = poster
        self.wakeup = Wakeup()
        self.batch: Optional[Batch] = None
        self.stays = False
        self.given_up = False  # its thread, if it runs, has nothing to do


class PostThreads:
    """At most `size` uploads at a time. Used by the sender alone; `ready` is called when a verdict is there.

    `start_thread` is as OwnThreads.start.
    """

    def __init__(
        self,
        size: int,
        make_poster: Callable[[], Poster],
        ready: Callable[[], None],
        start_thread: Callable[..., None],
    ) -> None:
        self._size = size
        self._make_poster = make_poster
        self._ready = ready
        self._start_thread = start_thread
        self._resting = False
        self._idle: Deque[Member] = deque()
        self._rested: Deque[Member] = deque()  # with a connection, and without a thread
        self._busy: Dict[str, Member] = {}
        self._results: Deque[Tuple[Batch, Verdict]] = deque()
        self._started = 0
        self._ended: Deque[Member] = deque()

    def start(self) -> None:
        """Starts the first thread ahead of need, after a rest too."""
        self._resting = False
        for member in [rested for rested in self._rested if rested.stays]:
            self._rested.remove(member)
            self._rested.append(member)  # it is the next one
        if not (self._idle or self._busy):
            self._idle.append(self._new_member())

    def rest(self) -> None:
        """Has each thread end, once it has a verdict on what it uploads; the sender hands nothing over meanwhile."""
        self._resting = True
        for member in [*self._idle, *self._busy.values()]:
            member.wakeup.ring()

    def waits(self, seconds: float) -> bool:
        """Whether a thread has waited that long for a response; for any thread."""
        began = [member.poster.began for member in list(self._busy.values())]
        return any(moment and Real.monotonic() - moment >= seconds for moment in began)

    def began(self, batch_id: str) -> float:
        """When the upload of that batch turned to the collector; 0 where none does, and while it imports."""
        member = self._busy.get(batch_id)
        return member.poster.began if member is not None else 0.0

    def room(self) -> int:
        """How many more batches may be handed over now."""
        return self._size - (self._started - len(self._ended) - len(self._idle) - len(self._rested))

    def hand(self, batch: Batch) -> None:
        """Has `batch` uploaded; RuntimeError where no thread can be started any more."""
        member = self._take_idle() or self._new_member()
        self._busy[batch.id] = member
        member.batch = batch
        member.wakeup.ring()

    def post_here(self, batch: Batch, timeout: float) -> bool:
        """Uploads `batch` in the thread that asks, where none of ours is left that could; whether it did."""
        if self._busy or self._idle:
            return False
        if not self._rested:
            self._rested.append(Member(self._make_poster()))
            self._started += 1
        member = self._rested.pop()
        member.poster.hasten(timeout)
        self._results.append((batch, member.poster.post(batch)))
        self._rested.append(member)
        return True

    def results(self) -> List[Tuple[Batch, Verdict]]:
        """The verdicts that have come in since the last call."""
        found = []
        while self._results:
            batch, verdict = self._results.popleft()
            self._busy.pop(batch.id, None)
            found.append((batch, verdict))
        return found

    def break_off(self, batch_id: str) -> None:
        """Ends the upload of that batch; its verdict comes as soon as its thread can say so."""
        member = self._busy.get(batch_id)
        if member is not None:
            member.poster.break_off()

    def break_off_all(self) -> None:
        """The same for all uploads; for any thread."""
        for member in list(self._busy.values()):
            member.poster.break_off()

    def disown(self) -> None:
        """Gives up all connections, which are the parent's; for a forked child."""
        for member in [*self._idle, *self._rested, *self._busy.values()]:
            member.poster.disown()

    def _take_idle(self) -> Optional[Member]:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _new_member(self) -> Member:
        """One whose thread runs, with the connection of one that rests if there is any."""
        try:
            member = self._rested.pop()
        except IndexError:
            member = Member(self._make_poster())
            member.stays = self._started == 0
            self._started += 1
        try:
            self._start_thread(self._serve, member)
        except RuntimeError:
            self._rested.append(member)
            raise
        except BaseException:  # a signal handler ends the process: nobody knows whether the thread runs
            self._started -= 1
            member.given_up = True
            member.wakeup.ring()
            raise
        return member

    def _serve(self, member: Member) -> None:
        leave_signals_to_other_threads()
        while not (self._resting and self._leave(member, self._rested)):
            rang = member.wakeup.wait(IDLE_FOR)
            if member.given_up or (not rang and not member.stays and self._leave(member, self._ended)):
                member.poster.close()
                return
            batch, member.batch = member.batch, None
            if batch is not None:
                verdict = member.poster.post(batch)
                self._idle.append(member)  # first, or the next batch might find nobody and open a connection of its own
                self._results.append((batch, verdict))
                self._ready()

    def _leave(self, member: Member, where: Deque[Member]) -> bool:
        try:
            self._idle.remove(member)
        except ValueError:  # a batch is on its way to it
            return False
        where.append(member)
        return True


class Alone:
    """The same for a process where threads do not run: uploads at once, in the thread that asks."""

    def __init__(self, make_poster: Callable[[], Poster]) -> None:
        self._poster = make_poster()
        self._results: List[Tuple[Batch, Verdict]] = []

    def start(self) -> None:
        """Nothing to start."""

    def room(self) -> int:
        """One at a time."""
        return 0 if self._results else 1

    def hand(self, batch: Batch) -> None:
        """Posts `batch` and waits for the response."""
        self._results.append((batch, self._poster.post(batch)))

    def results(self) -> List[Tuple[Batch, Verdict]]:
        """The verdict of the last post."""
        found, self._results = self._results, []
        return found

    def break_off(self, batch_id: str) -> None:
        """Nothing is under way between calls."""

    def break_off_all(self) -> None:
        """The same."""

    def rest(self) -> None:
        """No thread to end."""

    def waits(self, seconds: float) -> bool:
        """Not between calls."""
        return False

    def began(self, batch_id: str) -> float:
        """Not between calls."""
        return 0.0

    def post_here(self, batch: Batch, timeout: float) -> bool:
        """It does nothing else."""
        return False

    def disown(self) -> None:
        """As PostThreads's."""
        self._poster.disown()


Posting = Union[PostThreads, Alone]
