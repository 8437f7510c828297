"""The shape that injections have in common: each input in its turn, until a payload shows that it is obeyed."""

from __future__ import annotations

from typing import Callable, Iterator, NamedTuple, Optional

from metlo_auto.collector.security_tests.inputs import Input
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind
from metlo_auto.collector.security_tests.values import Exchange

Run = Callable[[Probe], Iterator[Claim]]


class Hit(NamedTuple):
    """A payload that was obeyed. `baseline`: of the request that the input stands in, where it is another one."""

    test: Exchange
    evidence: str
    severity: str = "high"
    baseline: Optional[Exchange] = None


def through_inputs(kind: Kind, title: str, tried: Callable[[Probe, Input], Optional[Hit]]) -> Run:
    """A run that claims `title`, in which {} is the place, for each input through which `tried` has a hit."""

    def run(probe: Probe) -> Iterator[Claim]:
        if probe.base is None:
            return
        for given in probe.inputs():
            if (kind.name, given.place) in probe.claimed:
                continue
            hit = tried(probe, given)
            if hit is not None:
                baseline = hit.baseline or probe.base.exchange
                yield Claim(title.format(given.place), hit.severity, hit.evidence, hit.test, baseline, given.place)

    return run
