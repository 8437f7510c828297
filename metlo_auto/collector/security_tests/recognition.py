"""Which identity an unknown caller of the traffic is: who alone gets now what that caller got; pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Iterator, Sequence

from metlo_auto.collector.security_tests.compare import is_alike, is_refusal
from metlo_auto.collector.security_tests.content import content_of
from metlo_auto.collector.security_tests.ownership import UNKNOWN

if TYPE_CHECKING:
    from metlo_auto.collector.security_tests.probe import Probe
    from metlo_auto.collector.security_tests.values import Exchange


def recognised(probes: "Sequence[Probe]", names: Sequence[str]) -> "dict[str, str]":
    """Unknown caller → identity. Who gets many things as this identity and others as that one is left unknown."""
    if len(names) < 2:
        return {}  # what everybody gets tells nobody
    votes: dict[str, Counter[str]] = {}
    for probe in probes:
        for caller, name in _matches(probe, names):
            votes.setdefault(caller, Counter())[name] += 1
    best = {caller: found.most_common(1)[0] for caller, found in votes.items()}
    return {caller: name for caller, (name, n) in best.items() if 3 * n > 2 * sum(votes[caller].values())}


def _matches(probe: "Probe", names: Sequence[str]) -> "Iterator[tuple[str, str]]":
    """Where the request names no object, what comes back is the caller's own."""
    strangers = [s for s in probe.target.samples if s.caller.startswith(UNKNOWN) and s.answer.is_success]
    if not strangers or "{" in probe.target.route or probe.target.method != "GET" or probe.target.is_public:
        return
    if probe.base is None or probe.base.volatile:
        return  # what differs by itself tells nothing
    seen = [view for view in (probe.seen(name) for name in names) if view is not None and not view.request.query]
    if len(seen) < 2:
        return
    for view in seen:
        own = _own_values(view, seen)
        if not own or is_refusal(view.answer):
            continue
        for sample in strangers:
            if sample.request.target == view.request.target and is_alike(sample.answer, view.answer):
                values = content_of(sample.answer).values
                if own <= values and _nearly_equal(values, content_of(view.answer).values):
                    yield sample.caller, view.identity


def _nearly_equal(some: "frozenset[str]", others: "frozenset[str]") -> bool:
    return len(some & others) >= 0.9 * len(some | others)


def _own_values(view: "Exchange", seen: "Sequence[Exchange]") -> "frozenset[str]":
    """Values that nobody else got."""
    others: frozenset[str] = frozenset().union(*(content_of(it.answer).values for it in seen if it is not view))
    return content_of(view.answer).values - others
