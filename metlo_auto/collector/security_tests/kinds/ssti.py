"""Template injection: a product that only a template engine works out, for Jinja first."""

from __future__ import annotations

from typing import Iterator

from metlo_auto.collector.security_tests.kinds.texts import spoken
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind

KIND = Kind(
    "ssti", "Template injection", "API8:2023 Security Misconfiguration", "CWE-1336",
    "Give values to the template as variables; never make them a part of its text.",
)  # fmt: skip


def run(probe: Probe) -> Iterator[Claim]:
    if probe.base is None:
        return
    for given in probe.inputs():
        one, other = probe.rng.randint(10_000, 99_999), probe.rng.randint(10_000, 99_999)
        product = str(one * other)
        payload = f"{given.value}{{{{{one}*{other}}}}}${{{one}*{other}}}#{{{one}*{other}}}"
        test = probe.send(given.sent(payload))
        if product in spoken(test.answer) and product not in spoken(probe.base.answer):
            evidence = f"{one}*{other} in {given.place} came back as {product}."
            yield Claim(f"A template engine evaluates the {given.place}", "high", evidence, test,
                        probe.base.exchange, given.place)  # fmt: skip
