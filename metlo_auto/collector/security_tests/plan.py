"""Which kinds are run on which endpoints, and why others are not; pure."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from metlo_auto.collector.security_tests.kinds import KINDS
from metlo_auto.collector.security_tests.results import Skip
from metlo_auto.collector.security_tests.safety import refusal
from metlo_auto.collector.security_tests.targets import Target

_OF_NEVER_CALLED = ("hidden",)


class Options(NamedTuple):
    """What a run is asked for. `writes`: "", "some" or "all"; `only` empty: all kinds that are not optional."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    writes: str = ""
    seed: int = 0

    @property
    def kinds(self) -> tuple[str, ...]:
        chosen = self.only or tuple(name for name, item in KINDS.items() if not item.kind.is_optional)
        return tuple(name for name in KINDS if name in chosen and name not in self.skip)


class Plan(NamedTuple):
    """`tasks`: each endpoint with the kinds to run on it. `callers`: who got something there and elsewhere."""

    tasks: tuple[tuple[Target, tuple[str, ...]], ...]
    skipped: tuple[Skip, ...]
    callers: frozenset[str]


def make_plan(targets: Sequence[Target], options: Options) -> Plan:
    tasks: list[tuple[Target, tuple[str, ...]]] = []
    skipped: list[Skip] = []
    for target in sorted(targets, key=lambda item: (item.route, item.method)):
        if options.endpoints and target.name not in options.endpoints:
            continue
        reason = _reason(target, options)
        if reason and "headers" in options.kinds and target.samples and target.method not in ("HEAD", "OPTIONS"):
            tasks.append((target, ("headers",)))  # looks at stored answers and sends nothing
        if reason:
            skipped.append(Skip(target.method, target.route, "all", reason))
            continue
        kinds = tuple(name for name in options.kinds if bool(target.samples) != (name in _OF_NEVER_CALLED))
        if kinds:
            tasks.append((target, kinds))
        elif not target.samples:
            skipped.append(Skip(target.method, target.route, "all", "never called: there is no request to go by"))
    callers = frozenset(sample.caller for target in targets for sample in target.samples if sample.answer.is_success)
    return Plan(tuple(tasks), tuple(skipped), callers)


def _reason(target: Target, options: Options) -> str:
    """Why an endpoint is not asked at all, "" where it is."""
    if target.method in ("HEAD", "OPTIONS"):
        return f"{target.method} is tested with GET"
    refused = refusal(target.method, target.route, options.writes)
    if refused:
        return refused
    if target.samples and all(sample.missing for sample in target.samples):
        return f"cannot be sent again: {target.samples[0].missing}"
    return ""
