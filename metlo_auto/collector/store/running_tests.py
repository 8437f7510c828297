"""What a run of security tests writes to the store and asks of it while it goes on, in plain SQL."""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple, Optional

from metlo_auto.collector.store.statements import Statements

MOST_RUNS = 20
LATEST = 200  # samples among which the newest is: several analysers may file theirs out of turn


class Arrived(NamedTuple):
    """`newest`: when the newest trace was taken in; `waiting`: traces that are still to be analysed."""

    newest: float
    waiting: int


def begin_run(store: Statements, run: str, target: str) -> None:
    """Make the analyser know `run`."""
    with store.writing() as ask:
        ask("INSERT INTO test_runs (run, started_at, target, result) VALUES (?, ?, ?, '')", run, time.time(), target)
        known = ask("SELECT run FROM test_runs ORDER BY started_at DESC")
        for (old,) in known[MOST_RUNS:]:
            ask("DELETE FROM test_runs WHERE run = ?", old)
            ask("DELETE FROM test_traces WHERE run = ?", old)


def end_run(store: Statements, run: str, result: dict[str, Any]) -> None:
    with store.writing() as ask:
        ask("UPDATE test_runs SET result = ? WHERE run = ?", json.dumps(result, ensure_ascii=True), run)


def arrived(store: Statements) -> Arrived:
    with store.reading() as ask:
        newest = ask(f"SELECT max(at) FROM (SELECT at FROM samples ORDER BY id DESC LIMIT {LATEST}) latest")
        waiting = ask("SELECT coalesce(sum(traces), 0) FROM inbox")
        return Arrived(newest[0][0] or 0.0, int(waiting[0][0]))


def exception_of(store: Statements, run: str, number: int) -> Optional[str]:
    """The class of the exception of a request of a run, "" for no exception, None where no trace of it came."""
    with store.reading() as ask:
        found = ask("SELECT exception FROM test_traces WHERE run = ? AND number = ?", run, number)
    return found[0][0] if found else None


def is_reported(store: Statements, run: str) -> bool:
    """Whether any trace of the run has come: the app runs under an agent that reports to this collector."""
    with store.reading() as ask:
        return bool(ask("SELECT number FROM test_traces WHERE run = ? LIMIT 1", run))
