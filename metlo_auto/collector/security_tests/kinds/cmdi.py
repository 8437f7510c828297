"""Command injection: arithmetic that only a shell works out, and a sleep where nothing comes back."""

from __future__ import annotations

from typing import Optional

from metlo_auto.collector.security_tests.inputs import Input
from metlo_auto.collector.security_tests.kinds.texts import spoken
from metlo_auto.collector.security_tests.kinds.through_inputs import Hit, through_inputs
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Kind
from metlo_auto.collector.security_tests.values import Request

KIND = Kind(
    "cmdi", "Command injection", "API8:2023 Security Misconfiguration", "CWE-78",
    "Run programs with a list of arguments and without a shell.",
)  # fmt: skip
SLEEP = 2  # seconds


def _worked_out(probe: Probe, given: Input) -> Optional[Hit]:
    one, other = probe.rng.randint(10_000, 99_999), probe.rng.randint(10_000, 99_999)
    test = probe.send(given.sent(given.value + _anywhere(f"echo $(({one}*{other}))")))
    if str(one * other) not in spoken(test.answer):
        return None
    return Hit(test, f"$(({one}*{other})) in {given.place} came back as {one * other}.")


def _anywhere(command: str) -> str:
    """Runs `command` without quotes around it, in single ones and in double ones; a comment hides what follows."""
    return f";{command} #';{command} #\";{command} #"


def _slept(probe: Probe, given: Input) -> Optional[Hit]:
    """What took as long as it was asked to, three times, with a control each time; None where anything did not."""
    if given.where == "header":
        return None
    quick = _asleep(probe, given, 0)
    if quick > 1:
        probe.doubt(f"responses take {quick:.1f} s: no sleep would show")
        return None
    if _asleep(probe, given, SLEEP) < SLEEP:
        return None
    with probe.world.quiet:
        for seconds in (1, SLEEP, 1):
            test = probe.send_timed(_sleeping(given, seconds))
            if not seconds <= test.answer.seconds < seconds + 1.5 + quick or _asleep(probe, given, 0) > 0.5 + quick:
                probe.doubt("a response came late, but did not obey each sleep")
                return None
    return Hit(test, f"The response took as long as a sleep in {given.place} asked for, three times.")


def _asleep(probe: Probe, given: Input, seconds: int) -> float:
    """How long it took; infinite where nothing came."""
    answer = probe.send_timed(_sleeping(given, seconds)).answer
    return answer.seconds if answer.status else float("inf")


def _sleeping(given: Input, seconds: int) -> Request:
    return given.sent(given.value + _anywhere(f"sleep {seconds}"))


run = through_inputs(KIND, "A shell runs the {}", _worked_out)
timed = through_inputs(KIND, "A shell runs the {}", _slept)
