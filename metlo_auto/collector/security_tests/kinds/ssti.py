"""Template injection: a product that only a template engine works out, for Jinja first."""

from __future__ import annotations

from typing import Optional

from metlo_auto.collector.security_tests.inputs import Input
from metlo_auto.collector.security_tests.kinds.texts import spoken
from metlo_auto.collector.security_tests.kinds.through_inputs import Hit, through_inputs
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Kind

KIND = Kind(
    "ssti", "Template injection", "API8:2023 Security Misconfiguration", "CWE-1336",
    "Give values to the template as variables; never make them a part of its text.",
)  # fmt: skip


def _worked_out(probe: Probe, given: Input) -> Optional[Hit]:
    one, other = probe.rng.randint(10_000, 99_999), probe.rng.randint(10_000, 99_999)
    payload = f"{given.value}{{{{{one}*{other}}}}}${{{one}*{other}}}#{{{one}*{other}}}"
    test = probe.send(given.sent(payload))
    if str(one * other) not in spoken(test.answer):
        return None
    return Hit(test, f"{one}*{other} in {given.place} came back as {one * other}.")


run = through_inputs(KIND, "A template engine evaluates the {}", _worked_out)
