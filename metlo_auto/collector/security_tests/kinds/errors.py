"""Errors: wrong types, missing and long values, broken JSON; tracebacks, debugger pages and exceptions that follow."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Iterator, Optional, Sequence
from urllib.parse import unquote, unquote_plus

from metlo_auto.collector.security_tests.compare import core, spellings
from metlo_auto.collector.security_tests.inputs import FORM, Input
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind
from metlo_auto.collector.security_tests.values import Answer, Exchange, Request

KIND = Kind(
    "errors", "Errors that tell or break", "API8:2023 Security Misconfiguration", "CWE-209",
    "Check the input and answer 400; say no more of an error than that it happened.",
)  # fmt: skip
_DEBUGGER = re.compile(r"Werkzeug Debugger|__debugger__|EVALEX\s*=|The debugger caught an exception|django-debug")
_TRACEBACK = re.compile(r"Traceback \(most recent call last\)|^\s+File \"[^\"]+\", line \d+", re.MULTILINE)
_SQL = re.compile(
    r"\[SQL: |\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\s[^\"]{3,200}\s(FROM|VALUES|SET|WHERE)\s", re.IGNORECASE
)
_PATH = re.compile(r"(?<![\w/.:-])/(?:usr|home|opt|srv|var|app|root|Users)/[\w./-]+\.py\b")

_TELLING = (
    ("a debugger that runs code", "high", _DEBUGGER),
    ("a traceback", "medium", _TRACEBACK),
    ("the text of a database query", "medium", _SQL),
    ("paths of the server", "low", _PATH),
)
_INJECTIONS = frozenset(("sqli", "nosqli", "cmdi", "path", "ssti", "ssrf", "redirect", "crlf", "xss", "xxe"))


def run(probe: Probe) -> Iterator[Claim]:
    base = probe.base
    if base is None:
        return
    sent = []
    for given in probe.inputs():
        sent.append(probe.echo(given)[1])
        sent += [probe.send(request) for request in _wrong(given)]
    if base.request.body and "json" in base.request.header("content-type"):
        sent.append(probe.send(base.request._replace(body=base.request.body[:-1])))
    told = _told(probe)
    if told is not None:
        yield told
    elif not _INJECTIONS & {kind for kind, _ in probe.claimed}:  # one cause, one finding
        yield from _broken(probe, sent)


def _wrong(given: Input) -> Iterator[Request]:
    if given.where == "header":
        return
    if given.is_number or given.where != "path":  # a long path is refused by servers, or is the name of no file
        yield given.sent(str(2**31) if given.is_number else "A" * 3_000)
    if given.where in ("query", "form"):
        yield _without(given)
    if given.where != "path":
        yield given.sent("")


def _without(given: Input) -> Request:
    if given.where == "query":
        return given.request._replace(query=tuple(pair for pair in given.request.query if pair[0] != given.name))
    kept = [part for part in given.request.body.split("&") if not part.startswith(given.name + "=")]
    return given.request._replace(body="&".join(kept)).with_header("Content-Type", FORM)


def _told(probe: Probe) -> Optional[Claim]:
    """Of all responses that this run had from the endpoint, the first that tells too much."""
    base = probe.base
    assert base is not None
    for exchange in probe.exchanges:
        tells = exchange.answer.status >= 400 and _may_tell(exchange.answer.body)
        body = unsaid(exchange) if tells else ""
        for what, severity, pattern in _TELLING:
            if body and pattern.search(body) and not pattern.search(base.answer.body):
                evidence = f"The response to an unexpected value holds {what}."
                return Claim(f"An error shows {what}", severity, evidence, exchange, base.exchange, "told")
    return None


@lru_cache(maxsize=256)  # most errors of an app are the same page
def _may_tell(body: str) -> bool:
    """Whether anything of the kind stands in it at all, be it what the request put there."""
    return any(pattern.search(body) for _, _, pattern in _TELLING)


def unsaid(exchange: Exchange) -> str:
    """The body of a response without what the request put into it."""
    request, body = exchange.request, exchange.answer.body
    values = [value for _, value in request.query] + [unquote(step) for step in request.path.split("/")]
    for value in sorted([*values, *re.split(r"[&=\"{}]", unquote_plus(request.body))], key=len, reverse=True):
        if len(value) > 6 and core(value) in body:
            for spelling in spellings(value):
                body = body.replace(spelling, "")
    return body


def _broken(probe: Probe, sent: Sequence[Exchange]) -> Iterator[Claim]:
    """The first server error that a changed value caused, with what the agent saw."""
    base = probe.base
    assert base is not None
    if base.answer.status >= 500:
        return
    for exchange in sent:
        if _is_fault(exchange.answer):
            evidence = _evidence(probe, exchange)
            yield Claim("An unexpected value breaks the view", "low", evidence, exchange, base.exchange, "5xx")
            return


def _is_fault(answer: Answer) -> bool:
    return answer.status in (500, 501, 505) or 505 < answer.status < 600


def _evidence(probe: Probe, exchange: Exchange) -> str:
    exception = probe.exception(exchange)
    seen = f", and the agent saw {exception}" if exception else ""
    return f"The response has status {exchange.answer.status}{seen}."
