"""A full inbox, a full disk, a store that is unreachable: the answer says so, and what was acknowledged is kept."""

from __future__ import annotations

import json
import resource
import sys
import threading
from pathlib import Path
from typing import Iterator

import pytest
import requests
import waitress

from metlo_auto.collector.ingest.group_commit import GroupCommit
from metlo_auto.collector.ingest.wsgi import Ingest
from metlo_auto.collector.service.access import Names
from metlo_auto.collector.service.app_factory import Parts, make_app
from metlo_auto.collector.store.database import open_store
from tests.collector.collector_support import Collector, trace, until


@pytest.fixture
def small(tmp_path: Path) -> Iterator[str]:
    """The address of a collector whose inbox takes 20 kB and that nobody empties."""
    engine = open_store("sqlite:///{}".format(tmp_path / "collector.db"))
    group_commit = GroupCommit(engine, inbox_limit=20_000)
    app = make_app(Parts(engine, Ingest(group_commit, "key"), "key", b"secret", Names(), dict))
    server = waitress.create_server(app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    group_commit.close()
    engine.dispose()


def _post(url: str, size: int) -> requests.Response:
    body = json.dumps([trace(response_body="x" * size)]).encode()
    headers = {"Authorization": "key", "Content-Type": "application/json"}
    return requests.post(url + "/api/v1/log-request/batch", data=body, headers=headers, timeout=10)


def test_a_full_inbox_answers_429_and_when_to_come_back(small: str) -> None:
    assert _post(small, 15_000).status_code == 200
    full = until(lambda: [answer for answer in [_post(small, 15_000)] if answer.status_code != 200])[0]
    assert full.status_code == 429
    assert int(full.headers["Retry-After"]) > 0
    status = requests.get(small + "/api/local/status", headers={"Authorization": "key"}, timeout=10).json()
    assert status["inbox_traces"] == status["accepted_traces"]


class Cramped(Collector):
    """A collector that may not make any file longer than 3 MB, as on a disk that is nearly full."""

    def command(self) -> list[str]:
        limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, {resource.getrlimit(resource.RLIMIT_FSIZE)[1]}));"
        return [sys.executable, "-c", limit + "from metlo_auto.collector.service.cli import main; main(['serve', '--port', '0'])"]


def test_a_full_disk_answers_503_and_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    cramped = Cramped(tmp_path)
    acknowledged = 0
    try:
        for number in range(400):
            answer = cramped.batch([trace("/x", route="/x", response_body="y" * 50_000)], f"batch-{number}")
            if answer.status_code != 200:
                break
            acknowledged += 1
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        cramped.kill()
        roomy = Collector(tmp_path)
        try:
            status = roomy.settled(acknowledged)
            assert status["applied_traces"] == status["accepted_traces"] == acknowledged
            assert roomy.batch([trace("/x", route="/x")], f"batch-{number}").status_code == 200
        finally:
            roomy.stop()
    finally:
        cramped.stop()


def test_two_collectors_share_one_database(postgres: str, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    pair = []
    try:
        for folder in folders:
            folder.mkdir()
            pair.append(Collector(folder, "--store", postgres))
        senders = []
        for index, collector in enumerate(pair):
            for lane in range(2):
                senders.append(threading.Thread(target=_send_many, args=(collector, index, lane)))
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(60)
        status = pair[0].settled(2 * 40 * 10)
        # the same ids went to both: each batch counts once, whoever took it
        assert (status["accepted_traces"], status["applied_traces"]) == (800, 800)
        assert sum(e["calls"] for e in pair[1].get("/api/local/endpoints")) == 800
    finally:
        for collector in pair:
            collector.stop()


def _send_many(collector: Collector, _index: int, lane: int) -> None:
    for number in range(40):
        name = f"{lane}-{number}"
        batch = [trace(f"/r{i % 3}", route=f"/r{i % 3}", trace_id=name) for i in range(10)]
        until(lambda batch=batch, name=name: collector.batch(batch, name).status_code == 200)
