"""Exact endpoints: the announcement goes ahead of its route's other traces, or everything goes by v1."""

import json

import pytest

from metlo_auto.delivery.announcements import AHEAD
from tests.delivery.settings import adds_up, make_trace, wait_for_stats
from tests.support.faulty_collector import FaultyCollector, first, status

pytestmark = pytest.mark.core

ROUTE = ("shop", "GET", "/users/{id}")
OTHER = ("shop", "GET", "/other")


def announcement(name):
    """The v2 form of a trace."""
    document = json.loads(make_trace(name, path="/users/{id}").decode())
    document["processedTraceData"] = {"dataTypes": {}}
    return json.dumps(document).encode()


def submit_ten(delivery):
    delivery.submit(make_trace(0, path="/users/0"), ROUTE, announcement(0))
    for name in range(1, 10):
        delivery.submit(make_trace(name, path="/users/%d" % name), ROUTE)


def test_other_traces_of_the_route_wait_for_two_seconds(deliver, tmp_path):
    with FaultyCollector(v2=True) as collector:
        delivery = deliver(collector.host, tmp_path)
        submit_ten(delivery)
        delivery.submit(make_trace("other"), OTHER)
        collector.wait_for(["other", *range(10)])
        collector.assert_once(["other", *range(10)])
        single = [post for post in collector.posts if post.path == "/api/v2/log-request/single"]
        rest = [post for post in collector.posts if "1" in post.ids]
        others = [post for post in collector.posts if "other" in post.ids]
        assert [post.ids for post in single] == [["0"]]
        assert single[0].traces[0]["request"]["url"]["path"] == "/users/{id}"
        assert rest[0].at - single[0].at >= AHEAD
        assert others[0].at - single[0].at < AHEAD
        wait_for_stats(delivery, lambda stats: stats["sent"] == 11 and adds_up(stats))


def test_a_collector_without_v2_gets_everything_by_v1_at_once(deliver, tmp_path):
    with FaultyCollector(v2=False) as collector:
        delivery = deliver(collector.host, tmp_path)
        submit_ten(delivery)
        collector.wait_for(range(10))
        delivery.submit(make_trace("later"), OTHER, announcement("later"))
        collector.wait_for(["later"])
        collector.assert_once(["later", *range(10)])
        assert len([post for post in collector.posts if "/v2/" in post.path]) == 1
        traces = [trace for post in collector.posts if "/v1/" in post.path for trace in post.traces]
        assert all("processedTraceData" not in trace for trace in traces)


def test_an_announcement_that_v2_refuses_goes_by_v1(deliver, tmp_path):
    with FaultyCollector(lambda post: status(400)(post) if "/v2/" in post.path else None, v2=True) as collector:
        delivery = deliver(collector.host, tmp_path)
        submit_ten(delivery)
        collector.wait_for(range(10))
        collector.assert_once(range(10))


@pytest.mark.parametrize("spooling", [True, False], ids=["spool", "memory"])
def test_the_announcement_comes_first_after_an_outage_too(spooling, deliver, tmp_path):
    with FaultyCollector(first(2, status(503)), v2=True) as collector:
        delivery = deliver(collector.host, tmp_path if spooling else None)
        submit_ten(delivery)
        collector.wait_for(range(10), deadline=30)
        collector.assert_once(range(10))
        taken = [post for post in collector.posts if post.number >= 2]
        assert taken[0].path == "/api/v2/log-request/single"
        assert [post for post in taken if "1" in post.ids][0].at - taken[0].at >= AHEAD


def test_a_flush_does_not_wait_for_the_two_seconds(deliver, tmp_path):
    with FaultyCollector(v2=True) as collector:
        delivery = deliver(collector.host, tmp_path)
        submit_ten(delivery)
        delivery.flush(20)
        collector.assert_once(range(10))
