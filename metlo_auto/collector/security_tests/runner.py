"""One run: baselines first, then every kind on every endpoint, in turn; knows no store and no output."""

from __future__ import annotations

import threading
import time
from typing import Callable, Iterator, NamedTuple, Optional, Sequence

from metlo_auto.collector.security_tests.evidence import Shower
from metlo_auto.collector.security_tests.http_client import Client, TargetDown
from metlo_auto.collector.security_tests.kinds import KINDS, LAST
from metlo_auto.collector.security_tests.listener import Listener
from metlo_auto.collector.security_tests.plan import Options, Plan
from metlo_auto.collector.security_tests.probe import UNANSWERED, Probe, ShareUsed
from metlo_auto.collector.security_tests.rate import Exhausted
from metlo_auto.collector.security_tests.results import RANK, Checked, Claim, Finding, Kind, Result, Skip, folded
from metlo_auto.collector.security_tests.safety import READING
from metlo_auto.collector.security_tests.schedule import WORKERS, Turns
from metlo_auto.collector.security_tests.sessions import Sessions
from metlo_auto.collector.security_tests.values import ANONYMOUS
from metlo_auto.collector.security_tests.world import World

_NOTHING = frozenset((0, 404, 405, 410, 429, 503))


class Turn(NamedTuple):
    """A part of the run: all of its kinds on all endpoints, each endpoint in its turn."""

    has: Callable[[Kind], bool]
    workers: int = WORKERS
    has_new_share: bool = False
    is_timed: bool = False


# What needs a clock comes when all else is known: the delays that it asks for keep the app from answering others.
TURNS = (
    Turn(lambda kind: not kind.is_alone and kind.name not in LAST),
    Turn(lambda kind: kind.is_alone, workers=1),
    Turn(lambda kind: False, workers=4, has_new_share=True, is_timed=True),
    Turn(lambda kind: kind.name == LAST[0], has_new_share=True),
    Turn(lambda kind: kind.name == LAST[1], has_new_share=True),
)


class Task(NamedTuple):
    """What is done on one endpoint. `kind`: "" for what prepares."""

    kind: str
    run: Callable[[Probe], Iterator[Claim]]
    has_new_share: bool = False


class Progress(NamedTuple):
    done: int
    total: int
    requests: int
    findings: int


class Run:
    """What one run gathers. `exception_of`: what the agent saw the run's request with a number raise."""

    def __init__(
        self,
        name: str,
        client: Client,
        sessions: Sessions,
        options: Options,
        exception_of: Callable[[int], Optional[str]],
    ) -> None:
        self.name = name
        self._client = client
        self._options = options
        self._listener = Listener()
        self._world = World(sessions, self._listener, options.writes, exception_of, client.origin)
        self._lock = threading.Lock()
        self._findings: dict[str, Finding] = {}
        self._skipped: list[Skip] = []
        self._left_out: set[tuple[str, str]] = set()  # endpoints that are not asked at all
        self._planned: list[tuple[Probe, str]] = []
        self._done: dict[tuple[Probe, str], list[str]] = {}  # what is to be said of it
        self._stopped = ""
        self._began = time.time()

    def go(self, plan: Plan, look: Callable[[Progress], None]) -> None:
        """Work through `plan`. The result says where it ended early: on ^C, an app that is down, no request left."""
        self._skipped += plan.skipped
        self._left_out = {(skip.method, skip.route) for skip in plan.skipped if skip.kind == "all"}
        probes = [(Probe(target, self._world, self._options.seed), kinds) for target, kinds in plan.tasks]
        self._world.probes = [probe for probe, _ in probes]
        self._planned = [(probe, kind) for probe, kinds in probes for kind in kinds]
        try:
            called = [probe for probe in self._world.probes if self._is_asked(probe)]
            self._turns([(probe, [Task("", _prepare)]) for probe in called], look)
            self._turns([(probe, [Task("", self._learn)]) for probe in called], look)
            self._world.find_callers(plan.callers)
            again = [probe for probe in called if _may_find_more(probe, self._world.sessions.names)]
            self._turns([(probe, [Task("", _prepare)]) for probe in again], look)
            self._world.find_roles()
            for turn in TURNS:
                tasks = [(probe, list(_tasks(kinds, turn))) for probe, kinds in probes]
                self._turns([queue for queue in tasks if queue[1]], look, turn.workers)
        except KeyboardInterrupt:
            self._stopped = "stopped by hand"
        except TargetDown:
            self._stopped = "the app answered nothing ten times in a row"
        except Exhausted:
            self._stopped = "as many requests were sent as --max-requests allows"
        finally:
            self._skipped += self._world.originals.put_back()
            self._listener.close()

    def _is_asked(self, probe: Probe) -> bool:
        """Whether requests may be sent to it at all: some are there for their stored answers only."""
        method = probe.target.method
        may_be_sent = method in READING or bool(self._options.writes)
        return bool(probe.target.samples) and may_be_sent and (method, probe.target.route) not in self._left_out

    def _turns(
        self, queues: "Sequence[tuple[Probe, Sequence[Task]]]", look: Callable[[Progress], None], workers: int = WORKERS
    ) -> None:
        turns = Turns(queues, self._do)
        turns.run(lambda: look(Progress(turns.done, turns.total, self._client.sent, len(self._findings))), workers)

    def _do(self, probe: Probe, task: Task) -> None:
        probe.begin(task.has_new_share)
        try:
            if not task.kind or self._can_be_run(probe, task.kind):
                for claim in task.run(probe):
                    self._take(probe, task.kind, claim)
        except ShareUsed:
            probe.doubt(f"has had its share of time, {self._world.share:.0f} s")
        if task.kind:
            with self._lock:
                self._done.setdefault((probe, task.kind), []).append(probe.doubts)

    def _can_be_run(self, probe: Probe, kind: str) -> bool:
        """Whether there is a baseline, for what was called: of other endpoints stored answers are looked at."""
        if not probe.target.samples or not self._is_asked(probe):
            return True
        base = probe.base
        if base is None:
            probe.doubt("stored requests are of callers that no identity stands for")
        elif base.answer.status in UNANSWERED:
            probe.doubt(f"its baseline got {UNANSWERED[base.answer.status]}")
        return kind == "headers" or base is not None and base.answer.status not in UNANSWERED

    def _learn(self, probe: Probe) -> Iterator[Claim]:
        """What each identity gets where the route names no object: its lists."""
        if "{" in probe.target.route or probe.target.method != "GET" or probe.target.is_public or probe.base is None:
            return
        if probe.base.identity == ANONYMOUS:
            return
        for name in self._world.sessions.names:
            exchange = probe.view(name)
            if exchange is not None:
                self._world.learn(name, probe.target.route, exchange)
        yield from ()

    def _take(self, probe: Probe, kind: str, claim: Claim) -> None:
        probe.claimed.add((kind, claim.variant))
        finding = Shower(self._world.sessions, self._client.origin).finding(probe.target, KINDS[kind].kind, claim)
        with self._lock:
            self._findings.setdefault(finding.id, finding)

    def result(self) -> Result:
        """All that is known so far."""
        found = sorted(self._findings.values(), key=lambda f: (RANK[f.severity], f.kind, f.route, f.method, f.id))
        checked, doubted = self._outcomes()
        skipped = list(self._skipped)
        already = {(skip.method, skip.route) for skip in skipped if skip.kind == "all"}
        claimed = {(finding.method, finding.route) for finding in found}
        places = {(c.method, c.route) for c in checked}
        for probe in self._world.probes:
            place = (probe.target.method, probe.target.route)
            reason = _untested(probe, place in places, self._stopped)
            if reason and place not in already | claimed:
                already.add(place)
                skipped.append(Skip(*place, "all", reason))
        skipped += [skip for skip in doubted if (skip.method, skip.route) not in already]
        skipped = sorted(folded(skipped, self._world.lacking))
        tested = places - already
        shown = [c for c in checked if (c.method, c.route) in tested or c.kind == "headers"]
        return Result(
            self.name, self._client.origin.url, self._options.seed, self._began, time.time() - self._began, len(tested),
            self._client.sent, tuple(found), tuple(skipped), tuple(sorted(shown)), (), self._stopped,
        )  # fmt: skip

    def _outcomes(self) -> "tuple[list[Checked], list[Skip]]":
        """What was done on each endpoint, and what was not, or not in whole."""
        checked, doubted = [], []
        for probe, kind in self._planned:
            place = (probe.target.method, probe.target.route)
            told = self._done.get((probe, kind), [self._stopped])
            doubts = "; ".join(dict.fromkeys(text for text in told if text))
            if doubts and kind not in {claimed for claimed, _ in probe.claimed}:
                doubted.append(Skip(*place, kind, doubts))
            else:
                checked.append(Checked(*place, kind))
        return checked, doubted


def _prepare(probe: Probe) -> Iterator[Claim]:
    probe.prepare()
    yield from ()


def _may_find_more(probe: Probe, names: Sequence[str]) -> bool:
    """Whether a baseline is looked for again: objects or callers are known by now, or an app that was busy answers."""
    if probe.base is None or not probe.is_accepted:
        return "{" in probe.target.route or probe.base is None or probe.base.answer.status in UNANSWERED
    readers = probe.readers(probe.base.request)
    return probe.base.identity not in readers and not readers.isdisjoint(names)


def _tasks(kinds: Sequence[str], turn: Turn) -> Iterator[Task]:
    for name in kinds:
        item = KINDS[name]
        if turn.is_timed:
            if item.timed is not None:
                yield Task(name, item.timed, True)
        elif turn.has(item.kind):
            yield Task(name, item.run, turn.has_new_share)


def _untested(probe: Probe, is_checked: bool, stopped: str) -> str:
    """Why an endpoint counts as not tested: it never showed what it does, or the run did not come to it."""
    statuses = {exchange.answer.status for exchange in probe.exchanges}
    if stopped and not is_checked:
        return stopped
    if not probe.target.samples or not statuses:
        return ""
    if statuses <= _NOTHING:
        told = ", ".join(str(status) if status else "no response" for status in sorted(statuses))
        return f"answered nothing but {told}"
    if probe.base is not None and statuses <= _NOTHING | {401, 403}:
        return "refused everybody: no identity may have what stored requests ask for"
    return ""
