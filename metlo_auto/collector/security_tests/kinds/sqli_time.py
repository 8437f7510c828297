"""Delays that grow with the delay asked for, three times, with controls between: for what shows in no response."""

from __future__ import annotations

from typing import Callable, Iterator, Optional

from metlo_auto.collector.security_tests.inputs import Input
from metlo_auto.collector.security_tests.kinds.through_inputs import Hit
from metlo_auto.collector.security_tests.probe import Baseline, Probe

SLOWEST = 2.0  # seconds of a baseline on which a delay still shows
FIRST = 0.35  # seconds that the first try has to take longer


def _count(n: int) -> str:
    """Counts up to n million within the database: standard SQL, and the longer the larger n."""
    last = max(1, n * 1_000_000)
    numbers = f"q(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM q WHERE x<{last})"
    return f"(WITH RECURSIVE {numbers} SELECT count(x) FROM q)"


def _payloads(given: Input) -> Iterator[Callable[[int], str]]:
    """Each takes how long, in steps of about half a second or of a second."""
    if given.is_number:
        yield lambda n: f"{given.value}-0*{_count(n)}"
        yield lambda n: f"{given.value}-(SELECT 0 FROM pg_sleep({n}))"
        yield lambda n: f"{given.value}-SLEEP({n})"
    yield lambda n: f"{given.value}'||{_count(n)}||'"
    yield lambda n: f"{given.value}'||(SELECT '' FROM pg_sleep({n}))||'"
    yield lambda n: f"{given.value}'+SLEEP({n})+'"


def delayed(probe: Probe, given: Input, base: Baseline) -> Optional[Hit]:
    """What shows that a delay was obeyed; None where none was."""
    usual = base.seconds
    if usual > SLOWEST:  # as it was while all endpoints were asked at once
        usual = probe.send_timed(given.request).answer.seconds
    if usual > SLOWEST:
        probe.doubt(f"responses take {usual:.1f} s: no delay would show")
        return None
    for payload in _payloads(given):
        first = probe.send_timed(given.sent(payload(2)))
        if first.answer.seconds > usual + FIRST and first.answer.status:
            with probe.world.quiet:  # a busy machine may spoil one attempt
                found = _confirmed(probe, given, payload) or _confirmed(probe, given, payload)
            if found is not None:
                return found
            probe.doubt("a response came late, but did not obey each delay")
    return None


def _confirmed(probe: Probe, given: Input, payload: Callable[[int], str]) -> Optional[Hit]:
    """Three rounds of none, some, and twice as much; each has to be in order, by a clear distance."""
    rounds = []
    for _ in range(3):
        none, some, more = (probe.send_timed(given.sent(payload(n))) for n in (0, 2, 4))
        rounds.append((none.answer.seconds, some.answer.seconds, more.answer.seconds))
        delay = some.answer.seconds - none.answer.seconds
        if not more.answer.status or delay < FIRST * 0.7:
            return None
        if not 1.3 * delay < more.answer.seconds - none.answer.seconds < 4 * delay:
            return None
    shown = "; ".join("{:.1f}, {:.1f}, {:.1f} s".format(*times) for times in rounds)
    return Hit(more, f"Delays asked for in {given.place} (none, some, twice as much) were obeyed three times: {shown}.")
