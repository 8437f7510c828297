"""Declared routes that nobody was seen calling, asked for without credentials."""

from __future__ import annotations

import re
from typing import Iterator, Optional

from metlo_auto.collector.security_tests.compare import has_data, is_refusal
from metlo_auto.collector.security_tests.content import content_of
from metlo_auto.collector.security_tests.inputs import filled
from metlo_auto.collector.security_tests.kinds.personal import is_sensitive
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind
from metlo_auto.collector.security_tests.values import ANONYMOUS, Request

KIND = Kind(
    "hidden", "Hidden endpoint", "API9:2023 Improper Inventory Management", "CWE-912",
    "Take the route out, or ask for credentials on it.",
)  # fmt: skip
_OPEN = re.compile(  # what everybody may ask for in most apps
    r"(.*[/._-])?(health|healthz|healthcheck|ready|readyz|livez|alive|ping|version|static|robots|openapi|swagger(-ui)?|redoc|"
    r"apidocs|docs|sitemap|terms|privacy|about|log-?in|sign-?in|register|sign-?up)(\.\w+)?/?|.*/\.well-known/.*|.*/static/.*|"
    r".*/(favicon|manifest)\.\w+",
    re.IGNORECASE,
)


def run(probe: Probe) -> Iterator[Claim]:
    if probe.target.method != "GET":
        probe.doubt("routes that were never called are asked with GET only")
        return
    if _OPEN.fullmatch(probe.target.route):
        return
    request = _request(probe)
    if request is None:
        return
    test = probe.send(request, ANONYMOUS)
    if not test.answer.is_success or is_refusal(test.answer) or not has_data(test.answer):
        return
    sensitive = is_sensitive(test.answer)
    if sensitive or content_of(test.answer).kind != "html":
        again = probe.send(request, ANONYMOUS)
        if again.answer.is_success:
            evidence = "No call was ever seen, and a caller without credentials gets data."
            yield Claim("A route that nobody calls gives data to everybody", "high" if sensitive else "medium",
                        evidence, test, again)  # fmt: skip


def _request(probe: Probe) -> Optional[Request]:
    """The route with values that its parameters have elsewhere, 1 where none is known."""
    names = re.findall(r"\{([^{}]*)\}", probe.target.route)
    values = {name: probe.world.known_value(name) or "1" for name in names}
    return Request("GET", filled(probe.target.route, values))
