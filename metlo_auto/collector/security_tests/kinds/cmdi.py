"""Command injection: arithmetic that only a shell works out, and a sleep where nothing comes back."""

from __future__ import annotations

from typing import Iterator, Optional

from metlo_auto.collector.security_tests.inputs import Input
from metlo_auto.collector.security_tests.kinds.texts import spoken
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind
from metlo_auto.collector.security_tests.values import Exchange

KIND = Kind(
    "cmdi", "Command injection", "API8:2023 Security Misconfiguration", "CWE-78",
    "Run programs with a list of arguments and without a shell.",
)  # fmt: skip
SLEEP = 2  # seconds


def run(probe: Probe) -> Iterator[Claim]:
    if probe.base is None:
        return
    for given in probe.inputs():
        one, other = probe.rng.randint(10_000, 99_999), probe.rng.randint(10_000, 99_999)
        product = str(one * other)
        test = probe.send(given.sent(given.value + _anywhere(f"echo $(({one}*{other}))")))
        if product in spoken(test.answer):
            evidence = f"$(({one}*{other})) in {given.place} came back as {product}."
            yield Claim(f"A shell runs the {given.place}", "high", evidence, test, probe.base.exchange, given.place)
            continue
        slept = _slept(probe, given, test)
        if slept is not None:
            evidence = f"The answer took as long as a sleep in {given.place} asked for, three times."
            yield Claim(f"A shell runs the {given.place}", "high", evidence, slept, probe.base.exchange, given.place)


def _anywhere(command: str) -> str:
    """Runs `command` without quotes around it, in single ones and in double ones; a comment hides what follows."""
    return f";{command} #';{command} #\";{command} #"


def _slept(probe: Probe, given: Input, quick: Exchange) -> Optional[Exchange]:
    """What took as long as it was asked to, three times, with a control each time; None where anything did not."""
    if quick.answer.seconds > 1 or given.where == "header":
        return None
    for seconds in (SLEEP, 1, SLEEP):
        test = probe.send(given.sent(given.value + _anywhere(f"sleep {seconds}")))
        if not test.answer.status or not seconds <= test.answer.seconds < seconds + 1.5 + quick.answer.seconds:
            return None
        if probe.send(given.sent(given.value + _anywhere("sleep 0"))).answer.seconds > 0.5 + quick.answer.seconds:
            return None
    return test
