"""An analyser that never catches up does what is due each minute all the same."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from metlo_auto.collector.analysis import analyser
from metlo_auto.collector.store import inbox
from metlo_auto.collector.store.database import open_store
from metlo_auto.collector.store.schema import inbox as waiting
from tests.collector.collector_support import trace


def test_what_is_due_each_minute_is_done_while_batches_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_store(f"sqlite:///{tmp_path}/c.db")
    body = json.dumps([trace("/a")]).encode()
    inbox.file(engine, [inbox.Batch(None, time.time(), 1, 1, body) for _ in range(4)])
    left: list[object] = []

    def note(_worker: analyser.Worker) -> None:
        with engine.connect() as connection:
            left.append(connection.scalar(select(func.count()).select_from(waiting)))

    monkeypatch.setattr(analyser, "TIDY_EVERY", -1.0)
    monkeypatch.setattr(analyser, "MOST_BYTES", len(body))  # so that a step takes one
    monkeypatch.setattr(analyser.Worker, "tidy", note)
    wake, other_end = os.pipe()
    os.close(other_end)
    analyser.run(engine, wake)
    os.close(wake)
    engine.dispose()
    assert left == [4, 3, 2, 1, 0]
