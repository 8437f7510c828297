"""Object level authorization: an object of one identity asked for as another, for every pair and every id."""

from __future__ import annotations

import re
from typing import Iterator, Optional

from metlo_auto.collector.security_tests.compare import is_alike, is_refusal
from metlo_auto.collector.security_tests.content import content_of
from metlo_auto.collector.security_tests.inputs import inputs_of
from metlo_auto.collector.security_tests.kinds.personal import is_sensitive
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind
from metlo_auto.collector.security_tests.values import Answer, Exchange, Request

KIND = Kind(
    "bola", "Broken object level authorization", "API1:2023 Broken Object Level Authorization", "CWE-639",
    "Look the object up among those of the caller, and answer 404 where it is not one of them.",
)  # fmt: skip
MOST_OBJECTS = 2  # of one owner
_OF_THE_REQUEST = re.compile(r"trace|request-?id|correlation|idempotency|x-b3|^if-|version|language", re.IGNORECASE)


def run(probe: Probe) -> Iterator[Claim]:
    if probe.base is None or probe.target.is_public:
        return
    names = [name for name in probe.world.sessions.names if name not in probe.world.privileged]
    if not any(_names_object(probe, sample.request) for sample in probe.target.samples):
        return
    if len(names) < 2:
        probe.lack("two identities without a higher role are needed")
        return
    objects = {owner: _objects(probe, owner) for owner in names}
    if not any(objects.values()):
        probe.doubt("no object of any identity is known")
    for owner in names:
        for request in objects[owner]:
            for other in names:
                if other != owner and not _may_see(probe, other, request):
                    claim = _tried(probe, owner, other, request)
                    if claim is not None:
                        yield claim
                        return


def _objects(probe: Probe, owner: str) -> list[Request]:
    """Requests of `owner` that name an object."""
    return [request for request in probe.own_requests(owner) if _names_object(probe, request)][:MOST_OBJECTS]


def _names_object(probe: Probe, request: Request) -> bool:
    """Whether path or query have a value, or a header has one that others have otherwise, such as a tenant's name."""
    named = any(item.where in ("path", "query") for item in inputs_of(request, probe.target.route))
    return named or bool(_own_headers(probe, request))


def _own_headers(probe: Probe, request: Request) -> "dict[str, str]":
    """Headers of `request` that another caller's stored requests have with another value."""
    return {
        name.lower(): value for name, value in request.headers
        if not _OF_THE_REQUEST.search(name) and any(
            sample.request.header(name) not in ("", value) and sample.caller not in _senders(probe, name, value)
            for sample in probe.target.samples
        )
    }  # fmt: skip


def _senders(probe: Probe, name: str, value: str) -> "set[str]":
    return {sample.caller for sample in probe.target.samples if sample.request.header(name) == value}


def _may_see(probe: Probe, other: str, request: Request) -> bool:
    """Whether traffic, or its own lists, show that the object is shared with `other`."""
    world = probe.world
    readers = probe.readers(request)
    for name, value in _own_headers(probe, request).items():
        readers &= _senders(probe, name, value)
    return world.may_be_one_of(other, readers) or world.is_listed(other, probe.target, request)


def _tried(probe: Probe, owner: str, other: str, request: Request) -> Optional[Claim]:
    base = probe.send(request, owner, is_wanted=True)
    if is_refusal(base.answer) or not base.answer.is_success:
        return None
    for asked in [request, *_mixed(probe, other, request)]:
        test = probe.send(asked, other)
        told = _owners_values(probe, base, test, other, asked)
        if told and not _is_public(probe, base, request):
            severity = "high"
            evidence = f"{other} gets {owner}'s object; {_counted(told)} that only {owner}'s response has."
            return Claim("Gives an object to another identity", severity, evidence, test, base, _varied(probe, request))
    return None


def _counted(told: "frozenset[str]") -> str:
    return "one value" if len(told) == 1 else f"{len(told)} values"


def _varied(probe: Probe, request: Request) -> str:
    """What tells findings apart: the route has one for its path, one for each query, else one for its headers."""
    if "{" in probe.target.route:
        return "path"
    return ",".join(sorted(name for name, _ in request.query) or sorted(_own_headers(probe, request)))


def _mixed(probe: Probe, other: str, request: Request) -> Iterator[Request]:
    """The caller's own path with one id of the owner's, where a route has several."""
    wanted = {item.name: item for item in inputs_of(request, probe.target.route) if item.where in ("path", "query")}
    if len(wanted) < 2:
        return
    for own in probe.own_requests(other)[:1]:
        mine = {item.name: item for item in inputs_of(own, probe.target.route) if item.where in ("path", "query")}
        for name in reversed(list(wanted)):
            if name in mine and mine[name].value != wanted[name].value:
                yield mine[name].sent(wanted[name].value)


def _owners_values(probe: Probe, base: Exchange, test: Exchange, other: str, asked: Request) -> "frozenset[str]":
    """Values of the owner's answer that came to `other`, and that neither its own answers nor the request have."""
    if not test.answer.is_success or is_refusal(test.answer):
        return frozenset()
    if not is_alike(base.answer, test.answer) and not is_sensitive(test.answer):
        return frozenset()  # a view for strangers, with less in it
    told = content_of(base.answer).values & content_of(test.answer).values
    said = {item.value for item in inputs_of(asked, probe.target.route)}
    own = probe.view(other)
    mine = content_of(own.answer).values if own is not None and own.answer.is_success else frozenset()
    if own is not None and own.request.target == asked.target and not _own_headers(probe, asked):
        mine = frozenset()
    return frozenset(value for value in told - mine if not _repeats(value, said))


def _repeats(value: str, said: "set[str]") -> bool:
    """Whether a value has one that the request named, such as the heading "Ticket 71"."""
    return any(word and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", value) for word in said)


def _is_public(probe: Probe, base: Exchange, request: Request) -> bool:
    """Whether callers without credentials get the object too: then it is no question of whose it is."""
    anonymous = probe.send(request, "")
    return not is_refusal(anonymous.answer) and _shares(base.answer, anonymous.answer)


def _shares(base: Answer, other: Answer) -> bool:
    values = content_of(base).values
    return len(values & content_of(other).values) >= 0.5 * max(1, len(values))
