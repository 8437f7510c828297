"""Retention under much traffic: the caps hold, the disk stays flat, nothing is lost from the totals."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.collector.collector_support import Collector, trace

KEPT, MEGABYTES = 500, 1
BATCHES, TRACES = 200, 100


def _batch(number: int, chosen: random.Random) -> list[dict[str, object]]:
    traces = []
    for n in range(TRACES):
        order = {"id": number * TRACES + n, "mail": f"u{chosen.randrange(10**6)}@shop.example", "note": "x" * 400}
        text = json.dumps(order)
        traces.append(trace(f"/r{n % 40}", "POST", route=f"/r{n % 40}", request_body=text, response_body=text))
    return traces


def _disk(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())


@pytest.mark.slow
def test_the_disk_is_flat_and_totals_exact_over_20_000_traces(tmp_path: Path) -> None:
    collector = Collector(tmp_path, "--keep-requests", str(KEPT), "--keep-megabytes", str(MEGABYTES))
    chosen, disk = random.Random(7), []
    try:
        for number in range(BATCHES):
            assert collector.batch(_batch(number, chosen)).status_code == 200  # type: ignore[arg-type]
            if number % 10 == 9:  # what waits for the analyser is on disk too
                status = collector.settled((number + 1) * TRACES)
                assert status["sample_bytes"] <= MEGABYTES * 1_000_000
            if number + 1 in (BATCHES // 2, BATCHES):
                disk.append(_disk(tmp_path))
        kept = len(collector.get("/api/local/traces?limit=10000"))
        assert 0 < kept <= KEPT
        assert status["expired_traces"] == BATCHES * TRACES - kept
        assert status["accepted_traces"] == status["applied_traces"] == BATCHES * TRACES
        assert sum(endpoint["calls"] for endpoint in collector.get("/api/local/endpoints")) == BATCHES * TRACES
    finally:
        collector.stop()
    assert disk[1] <= disk[0] * 1.2
