"""No limit on guessing: thirty wrong logins in a row. Runs only where it is asked for by name."""

from __future__ import annotations

import json
import re
from typing import Any, Iterator, Optional
from urllib.parse import parse_qsl, urlencode

from metlo_auto.collector.security_tests.inputs import FORM
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind
from metlo_auto.collector.security_tests.targets import Sample
from metlo_auto.collector.security_tests.values import Request

KIND = Kind(
    "rate", "Unlimited guessing", "API4:2023 Unrestricted Resource Consumption", "CWE-307",
    "Slow down or refuse after a few wrong tries of one user or from one address.", is_optional=True,
)  # fmt: skip
TRIES = 30
_LOGIN = re.compile(r"log[-_]?in|sign[-_]?in|auth|token|session|password|otp|verify", re.IGNORECASE)
_SECRET = re.compile(r"pass|pwd|secret|pin$|otp|code", re.IGNORECASE)


def run(probe: Probe) -> Iterator[Claim]:
    if probe.target.method != "POST" or not _LOGIN.search(probe.target.route) or not probe.world.writes:
        return
    request = next((r for r in map(_wrong, probe.target.samples) if r is not None), None)
    if request is None:
        return
    times = []
    for _ in range(TRIES):
        test = probe.send_with(request, ())
        if (
            test.answer.status in (0, 403, 423, 429, 503)
            or test.answer.is_success
            or "retry-after" in _names(test.answer.headers)
        ):
            return
        times.append(test.answer.seconds)
    if sum(times[-5:]) < 5 * max(0.5, 3 * sum(times[:5]) / 5):
        evidence = f"{TRIES} wrong tries in a row were answered with {test.answer.status}, none slowed or refused."
        yield Claim("Nothing limits guessing", "medium", evidence, test)


def _names(headers: Any) -> "set[str]":
    return {name.lower() for name, _ in headers}


def _wrong(sample: Sample) -> Optional[Request]:
    """A stored login with a password that is wrong; None where it is no login."""
    request = sample.request
    if request.header("content-type").startswith(FORM):
        pairs = parse_qsl(request.body, keep_blank_values=True)
        if any(_SECRET.search(name) for name, _ in pairs):
            return request._replace(body=urlencode([(n, "wrong-guess" if _SECRET.search(n) else v) for n, v in pairs]))
        return None
    try:
        value = json.loads(request.body)
    except ValueError:
        return None
    if not isinstance(value, dict) or not any(_SECRET.search(name) for name in value):
        return None
    return request._replace(body=json.dumps({n: "wrong-guess" if _SECRET.search(n) else v for n, v in value.items()}))
