"""SQL injection: quotes that raise database errors, conditions that are evaluated, delays that grow as asked."""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple, Optional

from metlo_auto.collector.security_tests.compare import Reading, is_same, reading
from metlo_auto.collector.security_tests.inputs import Input
from metlo_auto.collector.security_tests.kinds import sqli_time
from metlo_auto.collector.security_tests.kinds.through_inputs import Hit, through_inputs
from metlo_auto.collector.security_tests.probe import Baseline, Probe
from metlo_auto.collector.security_tests.results import Kind
from metlo_auto.collector.security_tests.values import Exchange

KIND = Kind(
    "sqli", "SQL injection", "API8:2023 Security Misconfiguration", "CWE-89",
    "Bind values as parameters of the statement; choose names of columns from a list.",
)  # fmt: skip
# What databases and their drivers say of a statement that cannot be read.
_ERROR = re.compile(
    r"sqlite3?\.(Operational|Programming)Error|SQLITE_ERROR|unrecognized token: |near \"[^\"]*\": syntax error|"
    r"incomplete input|You have an error in your SQL syntax|pymysql\.err|MySQLdb|mysql\.connector|"
    r"psycopg2?\.(errors|Programming)|syntax error at or near|unterminated quoted string|SQLSTATE\[|ORA-\d{5}|"
    r"Unclosed quotation mark|Incorrect syntax near|sqlalchemy\.exc\.(Operational|Programming)Error|"
    r"no such column: |Unknown column '"
)
_RAISED = re.compile(r"(OperationalError|ProgrammingError|SyntaxError|UndefinedColumn|DatabaseError)$")
_OTHERS = re.compile(r"^(json|builtins|lark|pyparsing|redis|pymongo|SyntaxError$)")


class Conditions(NamedTuple):
    """A context: what to put behind the value so that it holds, and so that it does not."""

    holds: str
    fails: str


def _shown(probe: Probe, given: Input) -> Optional[Hit]:
    """What an answer shows."""
    base = _reference(probe, given)
    if base is None:
        return None
    return _by_error(probe, given, base) or _by_condition(probe, given, base) or _by_hidden_name(probe, given, base)


def _late(probe: Probe, given: Input) -> Optional[Hit]:
    """What shows in no answer but in its time."""
    if given.where == "header":
        return None
    base = _reference(probe, given)
    return None if base is None or not base.answer.is_success else sqli_time.delayed(probe, given, base)


def _reference(probe: Probe, given: Input) -> Optional[Baseline]:
    """The baseline of the request that has the input, where it is answered, be it with a server error."""
    assert probe.base is not None
    if not probe.is_accepted and probe.base.answer.status < 500:
        probe.doubt(f"its baseline was refused with {probe.base.answer.status}")
        return None
    return probe.reference(given)


def _by_error(probe: Probe, given: Input, base: Baseline) -> Optional[Hit]:
    """A quote raises what a letter does not, twice: a database may fail by itself once, where it is locked or away."""
    if _database_error(probe, base.exchange):
        return None
    for _ in range(2):
        quoted = probe.send(given.sent(given.value + "'"))
        told = _database_error(probe, quoted)
        if not told:
            return None
        plain = probe.send(given.sent(given.value + probe.word()))
        if _database_error(probe, plain):
            return _by_name(probe, given, base)
    evidence = f"A quote in {given.place} raises {told}; letters there do not."
    return Hit(quoted, evidence, baseline=base.exchange)


def _by_name(probe: Probe, given: Input, base: Baseline) -> Optional[Hit]:
    """A column's name: a further expression is taken where it is SQL, and raises an error where it is not."""
    for _ in range(2):
        taken = probe.send(given.sent(f"{given.value},(SELECT {probe.rng.randint(10, 99)})"))
        refused = probe.send(given.sent(f"{given.value},(SELECT {probe.word()})"))
        if taken.answer.status >= 500 or not _same_as(base, taken, given) or not _database_error(probe, refused):
            return None
    evidence = f"A subquery behind {given.place} is evaluated; one that names no column raises a database error."
    return Hit(taken, evidence, baseline=base.exchange)


def _by_hidden_name(probe: Probe, given: Input, base: Baseline) -> Optional[Hit]:
    """The same where errors are hidden: a text is taken within quotes alone, and a number where it is no name."""
    if not base.answer.is_success or not base.is_stable:
        return None
    seen = []
    for quoted in (True, False):
        word, number = probe.word(), probe.rng.randint(10, 99)
        good, bad = (f"'{word}'", word) if quoted else (f"{number}", f"{number}{word}.{word}")
        seen.append(probe.send(given.sent(f"{given.value},(SELECT {good})")))
        if not _same_as(base, seen[-1], given):
            return None
        if _same_as(base, probe.send(given.sent(f"{given.value},(SELECT {bad})")), given):
            return None
    evidence = f"A subquery behind {given.place} changes nothing; one that names no column changes the response."
    return Hit(seen[0], evidence, baseline=base.exchange)


def _database_error(probe: Probe, exchange: Exchange) -> str:
    """What names a database in the response, or in what the agent saw; "" for nothing."""
    found = _ERROR.search(exchange.answer.body)
    if found is not None:
        return found.group().strip()
    if exchange.answer.status < 500:
        return ""
    raised = probe.exception(exchange)
    return raised if _RAISED.search(raised) and not _OTHERS.search(raised) else ""


def _contexts(probe: Probe, given: Input) -> Iterator[Conditions]:
    """Two numbers that are equal or not, so that nothing that searches words finds a difference."""
    one = probe.rng.randint(100, 499)
    other = one + probe.rng.randint(1, 99)
    if given.is_number:
        yield Conditions(f" AND {one}={one}", f" AND {one}={other}")
        yield Conditions(f") AND ({one}={one}", f") AND ({one}={other}")
    yield Conditions(f"' AND '{one}'='{one}", f"' AND '{one}'='{other}")
    yield Conditions(f"%' AND '{one}%'='{one}", f"%' AND '{one}%'='{other}")
    yield Conditions(f"') AND ('{one}'='{one}", f"') AND ('{one}'='{other}")
    yield Conditions(f'" AND "{one}"="{one}', f'" AND "{one}"="{other}')


def _by_condition(probe: Probe, given: Input, base: Baseline) -> Optional[Hit]:
    """A condition that holds changes nothing, one that does not does; both twice."""
    if not base.answer.is_success:
        return None
    if not base.is_stable:
        probe.doubt("its responses vary by themselves: no condition would show")
        return None
    for context, again in zip(_contexts(probe, given), _contexts(probe, given)):
        test = _tried(probe, given, base, context)
        if test is not None and _tried(probe, given, base, again) is not None:
            evidence = f"A condition that holds in {given.place} changes nothing, one that fails does; tried twice."
            return Hit(test, evidence, baseline=base.exchange)
    return _by_widening(probe, given, base)


def _tried(probe: Probe, given: Input, base: Baseline, context: Conditions) -> Optional[Exchange]:
    holds = probe.send(given.sent(given.value + context.holds))
    if not _same_as(base, holds, given, context.holds):
        return None
    fails = probe.send(given.sent(given.value + context.fails))
    return fails if not _same_as(base, fails, given, context.fails) else None


def _by_widening(probe: Probe, given: Input, base: Baseline) -> Optional[Hit]:
    """The same for a value that finds nothing: OR brings more than the baseline has. Reads only."""
    if given.request.method != "GET":
        return None
    word = probe.word()
    for quote, tail in (("'", "'"), ("", "")) if given.is_number else (("'", "'"),):
        seen = []
        for _ in range(2):
            one = probe.rng.randint(100, 499)
            start = word if quote else "-7"
            all_, none = (
                f"{start}{quote} OR {quote}{one}{quote}={quote}{one + shift}" + ("" if tail else "") for shift in (0, 1)
            )
            first, second = probe.send(given.sent(all_)), probe.send(given.sent(none))
            if not first.answer.is_success or is_same(_read(base, first, all_), _read(base, second, none)):
                break
            seen.append((first, second))
        if len(seen) == 2 and all(_is_more(base, *pair) for pair in seen):
            evidence = f"OR with a condition that holds brings more through {given.place} than with one that fails."
            return Hit(seen[0][0], evidence, baseline=base.exchange)
    return None


def _is_more(base: Baseline, first: Exchange, second: Exchange) -> bool:
    if second.answer.status != first.answer.status:
        return second.answer.status < 500
    one, other = _read(base, first, ""), _read(base, second, "")
    return sum(one.parts.values()) > sum(other.parts.values())


def _read(base: Baseline, exchange: Exchange, payload: str) -> Reading:
    return reading(exchange.answer, base.volatile, [payload] if payload else [])


def _same_as(base: Baseline, exchange: Exchange, given: Input, payload: str = "") -> bool:
    """Whether a response says what the baseline says, apart from what the request put into it."""
    if exchange.answer.status != base.answer.status:
        return False
    said = [given.value + payload, payload] if payload else []
    mine = reading(base.answer, base.volatile, [given.value] if payload else [])
    theirs = reading(exchange.answer, base.volatile, [*said, given.value] if payload else [])
    return is_same(mine, theirs) or is_same(base.reading(), reading(exchange.answer, base.volatile))


run = through_inputs(KIND, "The {} is a part of an SQL statement", _shown)
timed = through_inputs(KIND, "The {} is a part of an SQL statement", _late)
