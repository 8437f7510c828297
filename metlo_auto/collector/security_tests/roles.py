"""Who may do more than others: told by names, by what answers say of their caller, and by who is refused; pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Iterator, Sequence

from metlo_auto.collector.security_tests.compare import is_refusal
from metlo_auto.collector.security_tests.content import content_of
from metlo_auto.collector.security_tests.ownership import UNKNOWN
from metlo_auto.collector.security_tests.values import ANONYMOUS

if TYPE_CHECKING:
    from metlo_auto.collector.security_tests.probe import Probe

_HIGH = (
    "admin|administrators?|root|superusers?|super|staff|moderators?|operators?|ops|managers?|supervisors?|sysadmin|"
    "auditors?|support|backoffice|superadmin"
)
_WORD = re.compile(rf"(?:^|[^a-z])(?:{_HIGH})(?:[^a-z]|$)", re.IGNORECASE)
_PLACE = re.compile(rf"(?:^|[^a-z])(?:{_HIGH}|manage|management|internal|console)(?:[^a-z]|$)", re.IGNORECASE)
_ROLE = re.compile(
    r"(?:^|[._])(roles?|permissions?|scopes?|groups?|user_?type|account_?type|access_?level)(?:\[\])?$", re.IGNORECASE
)
# One of them stands in all that the two below find; a backslash may spell anything.
_HINTS = (
    "admin", "staff", "superuser", "moderator", "manager", "role", "permission", "scope", "group", "user_type",
    "usertype", "account_type", "accounttype", "access_level", "accesslevel", "\\u",
)  # fmt: skip
_FLAG = re.compile(r"(?:^|[._])(is_?)?(admin|staff|superuser|moderator|manager)$", re.IGNORECASE)


def is_high_name(name: str) -> bool:
    return _WORD.search(name) is not None


def privileged_callers(probes: "Sequence[Probe]", names: Sequence[str]) -> frozenset[str]:
    """Identities and unknown callers who have a higher role than others."""
    found = {name for name in names if is_high_name(name)}
    callers_of = {probe: probe.callers() for probe in probes}
    everybody = set(names).union(*callers_of.values())
    for probe, callers in callers_of.items():
        if not callers or ANONYMOUS in callers:
            continue
        if _is_high_place(probe) and len(callers) < len(everybody - {ANONYMOUS}):
            found |= callers
        found |= set(_by_what_is_said(probe))
        if "{" in probe.target.route:
            continue
        groups = [callers]
        if all(caller.startswith(UNKNOWN) for caller in callers):  # one of them may be an identity of the run
            groups.append(_accepted(probe))
        for group in groups:
            if len(group) == 1 and _others_are_refused(probe, group):
                found |= group
    return frozenset(found)


def _accepted(probe: "Probe") -> "set[str]":
    """Identities that got something in this run where the request named nothing."""
    plain = (it for it in probe.exchanges if not it.request.query)
    given = (it for it in plain if it.answer.is_success and not is_refusal(it.answer))
    return {exchange.identity for exchange in given} - {ANONYMOUS}


def _is_high_place(probe: "Probe") -> bool:
    return _PLACE.search(probe.target.route) is not None or _PLACE.search(probe.target.view) is not None


def _by_what_is_said(probe: "Probe") -> Iterator[str]:
    """Callers whose own response says that they have a higher role."""
    if "{" in probe.target.route:
        return
    for sample in probe.target.samples:
        if sample.caller == ANONYMOUS or not sample.answer.is_success or not may_say_high(sample.answer.body):
            continue
        if _says_high(content_of(sample.answer).leaves):
            yield sample.caller


@lru_cache(maxsize=1024)
def may_say_high(body: str) -> bool:
    """Whether a name that says it can stand in a body; spares reading those in which none does."""
    lowered = body.lower()
    return any(hint in lowered for hint in _HINTS)


def _says_high(leaves: "Sequence[tuple[str, Any]]") -> bool:
    """Leaves of lists are of others."""
    for path, leaf in leaves:
        if "[]." in path:
            continue
        if _FLAG.search(path) and leaf is True or _ROLE.search(path) and isinstance(leaf, str) and _WORD.search(leaf):
            return True
    return False


def _others_are_refused(probe: "Probe", callers: "set[str]") -> bool:
    """Whether anybody else was told, in traffic or in this run, that this is not for them."""
    seen = [(sample.caller, sample.answer) for sample in probe.target.samples]
    seen += [(exchange.identity, exchange.answer) for exchange in probe.exchanges]
    others = [answer for caller, answer in seen if caller not in callers and caller != ANONYMOUS]
    return any(answer.status in (401, 403) or answer.is_success and is_refusal(answer) for answer in others)
