"""Finds the traces of a batch that cannot be analysed: halves of it are tried, each in a child process that may die.

Knows no store: what the store refuses is asked of `try_to_store`.
"""

from __future__ import annotations

import os
import resource
import signal
import time
from typing import Any, Callable, NamedTuple, Optional, Sequence

from metlo_auto.collector.analysis import cpu_limit
from metlo_auto.collector.analysis.aggregation import aggregate, dump
from metlo_auto.collector.analysis.memory import Memory
from metlo_auto.collector.ingest import transport
from metlo_auto.collector.store.inbox import Filed

MOST_SECONDS = 60.0  # of processor time for the search in one batch
MOST_MEMORY = 1_500_000_000  # bytes beyond what the analyser has
TOO_LONG = f"analysis takes more than {cpu_limit.SECONDS:.0f} s of processor time"
UNKNOWN = "the search for the bad trace of this batch took too long"


class Bad(NamedTuple):
    """Traces, mostly one, as JSON, that are rejected with their reason."""

    traces: int
    reason: str
    body: bytes


class Found(NamedTuple):
    good: Filed  # the batch without its bad traces
    bad: list[Bad]


class _Search(NamedTuple):
    batch: Filed
    try_to_store: Callable[[Filed], Optional[str]]
    still_here: Callable[[], None]
    deadline: float
    good: list[Any]
    bad: list[Bad]


def find_bad_traces(
    batch: Filed, try_to_store: Callable[[Filed], Optional[str]], still_here: Callable[[], None] = lambda: None
) -> Found:
    """`try_to_store` gives the reason for which the store refuses what can be analysed, None where it takes it;
    `still_here` is called between two trials.
    """
    traces = [trace for trace, _ in transport.parse_items(batch.body)][: batch.traces]
    search = _Search(batch, try_to_store, still_here, _cpu_of_all() + MOST_SECONDS, [], [])
    _halve(search, traces)
    return Found(_part(batch, search.good), search.bad)


def _halve(search: _Search, traces: Sequence[Any]) -> None:
    if not traces:
        return
    part = _part(search.batch, traces)
    if _cpu_of_all() > search.deadline:
        search.bad.append(Bad(len(traces), UNKNOWN, part.body))
        return
    search.still_here()
    reason = why_it_fails(part) or search.try_to_store(part)
    if reason is None:
        search.good.extend(traces)
    elif len(traces) == 1:
        search.bad.append(Bad(1, reason, dump(traces[0])))
    else:
        middle = len(traces) // 2
        _halve(search, traces[:middle])
        _halve(search, traces[middle:])


def _part(batch: Filed, traces: Sequence[Any]) -> Filed:
    return batch._replace(traces=len(traces), body=dump(list(traces)))


def _cpu_of_all() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return cpu_limit.used() + children.ru_utime + children.ru_stime


def why_it_fails(batch: Filed) -> Optional[str]:
    """The reason for which `batch` cannot be analysed, None where it can; found out in a child process."""
    source, sink = os.pipe()
    pid = os.fork()
    if pid == 0:
        _answer_and_exit(batch, sink)
    os.close(sink)
    try:
        status = _wait(pid, time.monotonic() + 12 * cpu_limit.SECONDS)
        text = os.read(source, 1000).decode("utf-8", "replace")
    finally:
        os.close(source)
    if status == 0:
        return None
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) not in (signal.SIGXCPU, signal.SIGKILL):
        return f"analysis ended by signal {os.WTERMSIG(status)}"
    return text or TOO_LONG


def _wait(pid: int, deadline: float) -> int:
    pause = 0.001
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        if time.monotonic() > deadline:  # it may sleep, or the machine may be overloaded
            os.kill(pid, signal.SIGKILL)
            return os.waitpid(pid, 0)[1]
        time.sleep(pause)
        pause = min(0.05, pause * 2)


def _answer_and_exit(batch: Filed, sink: int) -> None:
    """In the child: exit status 0 where the analysis succeeds, else 1 and a reason."""
    code = 1
    try:
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        limit = int(cpu_limit.SECONDS)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        _limit_memory()
        aggregate([batch], Memory())
        code = 0
    except BaseException as error:  # noqa: BLE001  # the child says everything and runs nothing else of the parent
        os.write(sink, f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:500])
    finally:
        os._exit(code)


def _limit_memory() -> None:
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:
            pages = int(stream.read().split()[0])
    except OSError:
        return  # not Linux, which alone keeps to such a limit
    most = pages * resource.getpagesize() + MOST_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
