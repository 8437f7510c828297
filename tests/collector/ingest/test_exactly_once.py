"""What was answered 200 is applied once: over retries, deaths of the server and deaths of the analyser."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from pathlib import Path
from typing import Optional

import pytest
import requests

from tests.collector.collector_support import Collector, trace, until

TRACES = 20  # of a batch


def _batch(number: int) -> bytes:
    route = f"/r{number % 7}"
    return json.dumps([trace(route, route=route, trace_id=f"{number}-{i}") for i in range(TRACES)]).encode()


def test_a_batch_sent_twice_under_one_id_counts_once(tmp_path: Path, any_store: list[str]) -> None:
    collector = Collector(tmp_path, *any_store)
    try:
        for _ in range(3):
            assert collector.batch([trace(), trace()], "batch-1").text == "OK"
        assert collector.batch([trace(), trace()]).text == "OK"
        status = collector.settled(4)
        assert (status["accepted_traces"], status["applied_traces"], status["duplicate_batches"]) == (4, 4, 2)
        assert [e["calls"] for e in collector.get("/api/local/endpoints")] == [4]
    finally:
        collector.stop()


def test_one_id_with_other_content_is_another_batch(collector: Collector) -> None:
    collector.batch([trace("/one")], "same")
    collector.batch([trace("/two")], "same")
    collector.settled(2)
    assert {e["route"] for e in collector.get("/api/local/endpoints")} == {"/one", "/two"}


def test_what_lies_in_the_inbox_is_applied_by_the_next_start(collector: Collector) -> None:
    os.kill(collector.status()["analyser_pid"], signal.SIGSTOP)
    stopped = collector.status()["analyser_pid"]
    collector.batch([trace(), trace()])
    assert collector.status()["inbox_traces"] == 2
    collector.kill()
    os.kill(stopped, signal.SIGKILL)
    collector.start()
    assert collector.settled(2)["applied_traces"] == 2


class Sender(threading.Thread):
    """Posts its batches until each is answered 200, and every fifth once more."""

    def __init__(self, collector: Collector, numbers: range, done: threading.Event) -> None:
        super().__init__(daemon=True)
        self._collector, self._numbers, self._done = collector, numbers, done
        self._random = random.Random(numbers.start)
        self.acknowledged: set[int] = set()

    def run(self) -> None:
        for number in self._numbers:
            if self._done.is_set():
                return
            body = _batch(number)
            while not self._post(number, body):
                pass
            self.acknowledged.add(number)
            if self._random.random() < 0.2:
                self._post(number, body)

    def _post(self, number: int, body: bytes) -> bool:
        headers = {"Authorization": self._collector.key, "Content-Type": "application/json"}
        headers["X-Metlo-Batch-Id"] = f"batch-{number}"
        try:
            address = self._collector.url + "/api/v1/log-request/batch"
            return requests.post(address, data=body, headers=headers, timeout=10).status_code == 200
        except requests.RequestException:
            threading.Event().wait(0.02)  # the server is being started again
            return False


def _wait_for_progress(senders: list[Sender], seed: random.Random) -> None:
    """Until some more batches went through: the moment of the next death."""
    goal = sum(len(sender.acknowledged) for sender in senders) + seed.randint(1, 25)
    until(lambda: sum(len(sender.acknowledged) for sender in senders) >= goal, 60)


def _analyser(collector: Collector) -> Optional[int]:
    found: Optional[int] = collector.status()["analyser_pid"]
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_totals_are_exact_after_a_hundred_kills_under_load(tmp_path: Path, any_store: list[str]) -> None:
    collector = Collector(tmp_path, *any_store)
    done = threading.Event()
    senders = [Sender(collector, range(n * 1_000_000, (n + 1) * 1_000_000), done) for n in range(3)]
    seed = random.Random(20)
    try:
        for sender in senders:
            sender.start()
        for _ in range(50):
            _wait_for_progress(senders, seed)
            collector.kill()
            collector.start()
            _wait_for_progress(senders, seed)
            victim = _analyser(collector)
            if victim is not None:
                os.kill(victim, signal.SIGKILL)
        done.set()
        for sender in senders:
            sender.join(60)
            assert not sender.is_alive()
        acknowledged = set().union(*(sender.acknowledged for sender in senders))
        status = collector.settled(len(acknowledged) * TRACES)
        assert status["duplicate_batches"] > 0
        assert status["accepted_traces"] == status["applied_traces"] == len(acknowledged) * TRACES
        expected: dict[str, int] = {}
        for number in acknowledged:
            route = f"/r{number % 7}"
            expected[route] = expected.get(route, 0) + TRACES
        assert {e["route"]: e["calls"] for e in collector.get("/api/local/endpoints")} == expected
    finally:
        done.set()
        collector.stop()
