"""Aggregation in several processes, each of which has a memory of its own; none of them knows the store."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for_sentinels
from typing import Callable, Iterable, NamedTuple, Optional, Sequence

from metlo_auto.collector.analysis.aggregates import Aggregates, merged
from metlo_auto.collector.analysis.aggregation import Aggregation
from metlo_auto.collector.analysis.cpu_limit import SECONDS, Overrun, limited
from metlo_auto.collector.analysis.memory import Memory
from metlo_auto.collector.processes import seldom_look_for_cycles
from metlo_auto.collector.store.inbox import Filed

USUAL = 1.0  # seconds of processor time that the values of one batch may take beyond reading it: hundreds of fields do
LOOK_UP = 2.0  # seconds between two calls of `still_here`


class TooLong(Exception):
    """A batch takes too much processor time: the one at this place."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


def aggregate(
    batches: Sequence[Filed], memory: Memory, test_runs: frozenset[str], still_here: Callable[[], None] = lambda: None
) -> Aggregates:
    """Everything that `batches` add, in this process. Raises TooLong, and Overrun where it is none of them alone."""
    aggregation = Aggregation(memory, test_runs)
    for place, batch in enumerate(batches):
        try:
            with limited():
                aggregation.add_batch(batch)
        except Overrun as error:
            raise TooLong(place) from error
        still_here()
    with limited(SECONDS + len(batches) * USUAL):
        return aggregation.finish()


class _Task(NamedTuple):
    batches: Sequence[Filed]
    test_runs: frozenset[str]
    run: int  # memories of earlier ones are forgotten
    news: frozenset[str]  # endpoints to analyse wholly again
    is_behind: bool


class Pool:
    """`processes` of them, started when there is something to do and again when one has died."""

    def __init__(self, processes: int) -> None:
        self._executors: list[Optional[ProcessPoolExecutor]] = [None] * processes
        self._news: list[set[str]] = [set() for _ in range(processes)]
        self._run = 0
        self.is_behind = False  # as `Depth` has it

    def forget(self) -> None:
        """What was aggregated last has not come into the store: it is no longer known."""
        self._run += 1

    def deepen(self, endpoint_ids: Iterable[str]) -> None:
        for news in self._news:
            news.update(endpoint_ids)

    def aggregate(
        self, batches: Sequence[Filed], test_runs: frozenset[str], still_here: Callable[[], None]
    ) -> Aggregates:
        """As the function does. Raises BrokenProcessPool where a process has died, too."""
        among = len(self._executors)
        futures = [self._submit(place, batches[place::among], test_runs) for place in range(min(among, len(batches)))]
        while wait(futures, LOOK_UP).not_done:
            still_here()
        for place, future in enumerate(futures):
            if isinstance(future.exception(), BrokenProcessPool):
                self._end(place)
        return merged(self._result(place, future) for place, future in enumerate(futures))

    def _submit(self, place: int, batches: Sequence[Filed], test_runs: frozenset[str]) -> "Future[Aggregates]":
        executor = self._executors[place]
        if executor is None:
            spawning = multiprocessing.get_context("spawn")  # a fork would have the connections of this one
            executor = self._executors[place] = ProcessPoolExecutor(1, spawning, _begin)
        news, self._news[place] = frozenset(self._news[place]), set()
        return executor.submit(_work, _Task(batches, test_runs, self._run, news, self.is_behind))

    def _result(self, place: int, future: "Future[Aggregates]") -> Aggregates:
        try:
            return future.result()
        except TooLong as error:
            raise TooLong(error.place * len(self._executors) + place) from error

    def _end(self, place: int) -> None:
        executor, self._executors[place] = self._executors[place], None
        if executor is not None:
            executor.shutdown()

    def close(self) -> None:
        for place in range(len(self._executors)):
            self._end(place)


_memory = Memory()  # of a process of the pool
_run = -1


def _work(task: _Task) -> Aggregates:
    global _memory, _run
    if task.run != _run:
        _memory, _run = Memory(), task.run
    _memory.deepen(task.news)
    _memory.depth.is_behind = task.is_behind
    return aggregate(task.batches, _memory, task.test_runs)


def _begin() -> None:
    """The process that writes says when the others end; they end with it whatever it dies of."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    seldom_look_for_cycles()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_sentinels([parent.sentinel])
        os._exit(1)
