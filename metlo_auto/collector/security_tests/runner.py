"""One run: baselines first, then every kind on every endpoint, in turn; knows no store and no output."""

from __future__ import annotations

import threading
import time
from typing import Callable, NamedTuple, Sequence

from metlo_auto.collector.security_tests.evidence import Shower
from metlo_auto.collector.security_tests.http_client import Client, TargetDown
from metlo_auto.collector.security_tests.kinds import KINDS
from metlo_auto.collector.security_tests.listener import Listener
from metlo_auto.collector.security_tests.plan import Options, Plan
from metlo_auto.collector.security_tests.probe import Probe, ShareUsed
from metlo_auto.collector.security_tests.rate import Exhausted
from metlo_auto.collector.security_tests.results import RANK, Checked, Claim, Finding, Result, Skip
from metlo_auto.collector.security_tests.safety import READING
from metlo_auto.collector.security_tests.schedule import Turns
from metlo_auto.collector.security_tests.sessions import Sessions
from metlo_auto.collector.security_tests.values import ANONYMOUS
from metlo_auto.collector.security_tests.world import World

BASELINE = "baseline"
LISTS = "lists"
_NOTHING = frozenset((0, 404, 405, 410, 429))


class Progress(NamedTuple):
    done: int
    total: int
    requests: int
    findings: int


class Run:
    """What one run gathers. `exception_of`: what the agent saw the run's request with a number raise."""

    def __init__(
        self, name: str, client: Client, sessions: Sessions, options: Options, exception_of: Callable[[int], str]
    ) -> None:
        self.name = name
        self._client = client
        self._options = options
        self._listener = Listener()
        self._world = World(sessions, self._listener, options.writes, exception_of, client.origin)
        self._lock = threading.Lock()
        self._findings: dict[str, Finding] = {}
        self._skipped: list[Skip] = []
        self._checked: list[Checked] = []
        self._stopped = ""
        self._began = time.time()

    def go(self, plan: Plan, look: Callable[[Progress], None]) -> None:
        """Work through `plan`. The result says where it ended early: on ^C, an app that is down, no request left."""
        self._skipped += plan.skipped
        probes = [(Probe(target, self._world, self._options.seed), kinds) for target, kinds in plan.tasks]
        self._world.probes = [probe for probe, _ in probes]
        try:
            called = [probe for probe in self._world.probes if self._is_asked(probe)]
            self._turns([(probe, [BASELINE]) for probe in called], look)
            self._turns([(probe, [LISTS]) for probe in called], look)
            again = [probe for probe in called if not probe.is_accepted and "{" in probe.target.route]
            self._turns([(probe, [BASELINE]) for probe in again], look)
            self._world.find_roles()
            self._turns(probes, look)
        except KeyboardInterrupt:
            self._stopped = "stopped by hand"
        except TargetDown:
            self._stopped = "the app answered nothing ten times in a row"
        except Exhausted:
            self._stopped = "as many requests were sent as --max-requests allows"
        finally:
            self._listener.close()

    def _is_asked(self, probe: Probe) -> bool:
        """Whether requests may be sent to it at all: some are there for their stored answers only."""
        method = probe.target.method
        return (
            bool(probe.target.samples)
            and (method in READING or bool(self._options.writes))
            and not any(
                skip.kind == "all" and (skip.method, skip.route) == (method, probe.target.route)
                for skip in self._skipped
            )
        )

    def _turns(self, queues: "Sequence[tuple[Probe, Sequence[str]]]", look: Callable[[Progress], None]) -> None:
        turns = Turns(queues, self._do)
        turns.run(lambda: look(Progress(turns.done, turns.total, self._client.sent, len(self._findings))))

    def _do(self, probe: Probe, task: str) -> None:
        try:
            if task == BASELINE:
                probe.prepare()
            elif task == LISTS:
                self._learn(probe)
            else:
                self._check(probe, task)
        except ShareUsed:
            self._skip(probe, task, f"has had its share of time, {self._world.share:.0f} s")

    def _learn(self, probe: Probe) -> None:
        """What each identity gets where the route names no object: its lists."""
        if "{" in probe.target.route or probe.target.method != "GET" or probe.target.is_public or probe.base is None:
            return
        if probe.base.identity == ANONYMOUS:
            return
        for name in self._world.sessions.names:
            exchange = probe.view(name)
            if exchange is not None:
                self._world.learn(name, probe.target.route, exchange)

    def _check(self, probe: Probe, kind: str) -> None:
        for claim in KINDS[kind].run(probe):
            probe.claimed.add(kind)
            finding = self._finding(probe, kind, claim)
            with self._lock:
                self._findings.setdefault(finding.id, finding)
        with self._lock:
            self._checked.append(Checked(probe.target.method, probe.target.route, kind))

    def _finding(self, probe: Probe, kind: str, claim: Claim) -> Finding:
        return Shower(self._world.sessions, self._client.origin).finding(probe.target, KINDS[kind].kind, claim)

    def _skip(self, probe: Probe, task: str, reason: str) -> None:
        if task not in (BASELINE, LISTS):
            with self._lock:
                self._skipped.append(Skip(probe.target.method, probe.target.route, task, reason))

    def result(self) -> Result:
        """All that is known so far."""
        untested = {
            probe.target.name: reason for probe in self._world.probes for reason in [_untested(probe)] if reason
        }
        found = sorted(self._findings.values(), key=lambda f: (RANK[f.severity], f.kind, f.route, f.method, f.id))
        claimed = {f"{finding.method} {finding.route}" for finding in found}
        untested = {name: reason for name, reason in untested.items() if name not in claimed}
        checked = [c for c in self._checked if f"{c.method} {c.route}" not in untested]
        already = {f"{skip.method} {skip.route}" for skip in self._skipped if skip.kind == "all"}
        skipped = list(self._skipped)
        for name, reason in untested.items():
            if name not in already:
                method, _, route = name.partition(" ")
                skipped.append(Skip(method, route, "all", reason))
        skipped += self._left_over(checked, {f"{skip.method} {skip.route}" for skip in skipped if skip.kind == "all"})
        tested = {f"{c.method} {c.route}" for c in checked} - already
        return Result(
            self.name, self._client.origin.url, self._options.seed, self._began, time.time() - self._began, len(tested),
            self._client.sent, tuple(found), tuple(sorted(skipped)), tuple(sorted(checked)), (), self._stopped,
        )  # fmt: skip

    def _left_over(self, checked: Sequence[Checked], skipped: "set[str]") -> list[Skip]:
        """What a run that ended early did not come to."""
        if not self._stopped:
            return []
        done = {(c.method, c.route) for c in checked}
        return [
            Skip(probe.target.method, probe.target.route, "all", self._stopped)
            for probe in self._world.probes
            if probe.target.name not in skipped and (probe.target.method, probe.target.route) not in done
        ]


def _untested(probe: Probe) -> str:
    """Why an endpoint that was asked counts as not tested: it never showed what it does."""
    statuses = {exchange.answer.status for exchange in probe.exchanges}
    if not probe.target.samples:
        return ""
    if not statuses:
        return ""
    if statuses <= _NOTHING:
        return "answered nothing but " + ", ".join(
            str(status) if status else "no answer" for status in sorted(statuses)
        )
    if probe.base is not None and statuses <= _NOTHING | {401, 403}:
        return "refused everybody: no identity may have what stored requests ask for"
    return ""
