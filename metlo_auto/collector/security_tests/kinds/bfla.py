"""Function level authorization: what traffic shows only callers of a higher role using, asked for by others."""

from __future__ import annotations

from typing import Iterator

from metlo_auto.collector.security_tests.compare import has_data
from metlo_auto.collector.security_tests.content import content_of
from metlo_auto.collector.security_tests.kinds.auth import gives_the_same
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind
from metlo_auto.collector.security_tests.values import ANONYMOUS, Answer, Exchange, Request

KIND = Kind(
    "bfla", "Broken function level authorization", "API5:2023 Broken Function Level Authorization", "CWE-285",
    "Check the caller's role where the function is, and refuse with 403.",
)  # fmt: skip


def run(probe: Probe) -> Iterator[Claim]:
    if probe.base is None or probe.target.is_public:
        return
    callers = probe.callers() - {ANONYMOUS}
    privileged = probe.world.privileged
    if not callers or not callers <= privileged:
        return
    names = probe.world.sessions.names
    request, wanted = _wanted(probe, [name for name in names if name in callers])
    if not has_data(wanted) or _is_for_all(probe, request, wanted):
        return
    if privileged.issuperset(names):
        probe.lack("an identity without a higher role is needed")
    for name in names:
        if name in privileged:
            continue
        if probe.world.may_be_one_of(name, callers):
            probe.doubt("stored requests are of callers that no identity stands for")
        else:
            test = probe.send(request, name, is_wanted=True)
            if _does_the_same(wanted, test):
                evidence = f"Traffic shows it used by {_who(callers)} alone; {name} gets the same."
                base = probe.base.exchange if probe.base.identity in callers else None
                yield Claim("Does for everybody what is meant for a role", "high", evidence, test, base)
                return


def _wanted(probe: Probe, roles: "list[str]") -> tuple[Request, Answer]:
    """The request and what the role gets: from this run where an identity has the role, else from traffic."""
    base = probe.base
    assert base is not None
    if base.identity in roles and probe.is_accepted:
        return base.request, base.answer
    for sample in probe.target.samples:
        if sample.answer.is_success and not sample.missing:
            return sample.request, sample.answer
    return base.request, base.answer


def _does_the_same(wanted: Answer, test: Exchange) -> bool:
    return test.answer.is_success and gives_the_same(wanted, test.answer)


def _is_for_all(probe: Probe, request: Request, wanted: Answer) -> bool:
    """Whether callers without credentials get it too: that is another kind of hole, or none."""
    anonymous = probe.send(request, ANONYMOUS)
    return _does_the_same(wanted, anonymous) and bool(content_of(wanted).leaves)


def _who(callers: "set[str]") -> str:
    known = sorted(name for name in callers if name[:1] != "?")
    return ", ".join(known) if known else "a caller of a higher role"
