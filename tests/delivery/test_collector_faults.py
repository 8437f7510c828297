"""Each way in which a collector misbehaves: what was kept arrives exactly once when it is well, or is counted."""

import pytest

from tests.delivery.settings import adds_up, make_trace, wait_for_stats
from tests.support.faulty_collector import Answer, FaultyCollector, first, status, way

pytestmark = pytest.mark.core

PASSING = {
    "500s": status(500),
    "503s": status(503),
    "408": status(408),
    "425": status(425),
    "401 while its database is unreachable": status(401, "Client unauthorized"),
    "403": status(403),
    "404": status(404),
    "429 with Retry-After": status(429, Retry_After="1"),
    "a redirect": status(302, Location="http://127.0.0.1:9/elsewhere"),
    "a reset in the middle": way("reset"),
    "a closed connection": way("close"),
}


@pytest.mark.parametrize("spooling", [True, False], ids=["spool", "memory"])
@pytest.mark.parametrize("fault", PASSING.values(), ids=list(PASSING))
def test_all_arrives_once_after_passing_trouble(fault, spooling, deliver, tmp_path):
    with FaultyCollector(first(2, fault)) as collector:
        delivery = deliver(collector.host, tmp_path if spooling else None)
        for name in range(50):
            delivery.submit(make_trace(name))
        collector.wait_for(range(50))
        delivery.flush(5)
        collector.assert_once(range(50))
        stats = delivery.stats()
    assert stats["sent"] == 50 and stats["retries"] >= 1 and adds_up(stats)


def test_a_refused_connection_is_tried_again(deliver, tmp_path):
    collector = FaultyCollector()
    collector.start()
    collector.stop()
    delivery = deliver(collector.host, tmp_path)
    delivery.submit(make_trace(1))
    delivery.flush(5)
    assert delivery.stats()["spooled"] == 1
    with collector:
        collector.wait_for([1])
        delivery.flush(5)
    assert delivery.stats()["sent"] == 1


def test_retry_after_is_obeyed(deliver):
    with FaultyCollector(first(1, status(429, Retry_After="2"))) as collector:
        deliver(collector.host).submit(make_trace(1))
        collector.wait_for([1])
        assert collector.posts[1].at - collector.posts[0].at >= 2.0


def test_a_retry_keeps_its_batch_id(deliver):
    with FaultyCollector(first(2, way("reset"))) as collector:
        deliver(collector.host).submit(make_trace(1))
        collector.wait_for([1])
        assert len({post.batch_id for post in collector.posts}) == 1


def test_an_answer_that_is_lost_after_storing_does_not_double(deliver, tmp_path):
    with FaultyCollector(first(1, lambda post: Answer(way="reset", stored=len(post.traces)))) as collector:
        delivery = deliver(collector.host, tmp_path)
        for name in range(10):
            delivery.submit(make_trace(name))
        collector.wait_until(lambda: len(collector.posts) > 1)
        collector.assert_once(range(10))


def test_a_collector_that_never_answers_is_timed_out(deliver, tmp_path):
    with FaultyCollector(first(1, way("hang"))) as collector:
        delivery = deliver(collector.host, tmp_path, timeout=0.5)
        delivery.submit(make_trace(1))
        collector.wait_for([1])
        collector.assert_once([1])


def test_a_collector_that_answers_byte_by_byte_holds_no_thread(deliver, tmp_path):
    with FaultyCollector(first(1, way("dribble"))) as collector:
        delivery = deliver(collector.host, tmp_path, timeout=0.5)
        delivery.submit(make_trace(1))
        collector.wait_for([1])
        collector.assert_once([1])


def test_connections_are_kept(deliver):
    with FaultyCollector() as collector:
        delivery = deliver(collector.host)
        for name in range(5):
            delivery.submit(make_trace(name))
            collector.wait_for([name])
        assert len(collector.posts) == 5
        assert collector.connections == 1


def test_idle_connections_that_the_collector_closes_cost_nothing(deliver):
    with FaultyCollector(idle=0.2) as collector:
        delivery = deliver(collector.host)
        for name in range(3):
            delivery.submit(make_trace(name))
            collector.wait_for([name])
            collector.wait_until_nobody_is_connected()
        delivery.flush(5)
        collector.assert_once(range(3))
        assert delivery.stats()["errors"] == 0


def test_a_batch_that_is_too_large_is_halved(deliver, tmp_path):
    with FaultyCollector(limit=20000) as collector:
        delivery = deliver(collector.host, tmp_path)
        for name in range(100):
            delivery.submit(make_trace(name, body="x" * 1000))
        collector.wait_for(range(100))
        delivery.flush(5)
        collector.assert_once(range(100))
        assert delivery.stats()["dropped"] == {}


def test_a_single_trace_that_is_too_large_loses_its_bodies(deliver, tmp_path):
    with FaultyCollector(limit=5000) as collector:
        delivery = deliver(collector.host, tmp_path)
        delivery.submit(make_trace(1, body="é" * 10000))
        collector.wait_for([1])
        trace = collector.posts[-1].traces[0]
    assert trace["response"]["body"] == ""
    assert trace["meta"]["responseBody"] == {"size": 20000, "captured": 0, "omitted": "cut"}


def test_a_trace_that_is_too_large_without_bodies_is_counted(deliver, tmp_path):
    with FaultyCollector(limit=5000) as collector:
        delivery = deliver(collector.host, tmp_path)
        delivery.submit(make_trace(1, path="/" + "x" * 10000))
        delivery.submit(make_trace(2))
        collector.wait_for([2])
        delivery.flush(5)
        stats = delivery.stats()
    assert stats["dropped"] == {"too_large": 1}


def poison(code, names):
    """Refuses every batch with one of `names` in it, stores nothing of it."""

    def judge(post):
        return Answer(code, "bad") if set(post.ids) & {str(name) for name in names} else None

    return judge


@pytest.mark.parametrize("code", [400, 422])
@pytest.mark.parametrize("bad", [[0], [250], [499], [3, 4, 490]])
def test_bad_traces_are_found_and_the_others_arrive(code, bad, deliver, tmp_path):
    with FaultyCollector(poison(code, bad)) as collector:
        delivery = deliver(collector.host, tmp_path)
        for name in range(500):
            delivery.submit(make_trace(name))
        good = set(range(500)) - set(bad)
        collector.wait_for(good)
        delivery.submit(make_trace("later"))
        collector.wait_for(["later"])
        wait_for_stats(delivery, lambda stats: stats["dropped"] == {"rejected": len(bad)})
        wait_for_stats(delivery, lambda stats: stats["sent"] == len(good) + 1)
        collector.assert_once(good | {"later"})


def test_a_trace_that_makes_the_collector_fail_is_found(deliver, tmp_path):
    with FaultyCollector(poison(500, [7])) as collector:
        delivery = deliver(collector.host, tmp_path)
        for name in range(20):
            delivery.submit(make_trace(name))
        collector.wait_for(set(range(20)) - {7}, deadline=60)
        wait_for_stats(delivery, lambda stats: stats["dropped"] == {"rejected": 1}, deadline=60)
        collector.assert_once(set(range(20)) - {7})


def test_a_collector_that_rejects_everything_makes_nobody_throw_anything_away(deliver, tmp_path):
    with FaultyCollector(status(400)) as collector:
        delivery = deliver(collector.host, tmp_path)
        for name in range(100):
            delivery.submit(make_trace(name))
        collector.wait_until(lambda: len(collector.posts) >= 4)
        assert delivery.stats()["dropped"] == {}
        collector.fault = None
        collector.wait_for(range(100), deadline=60)
        collector.assert_once(range(100))


@pytest.mark.parametrize("words", ["Invalid path %s: cannot contain any of", "Invalid path encountered: %s"])
def test_a_path_that_is_named_costs_only_its_trace(words, deliver, tmp_path):
    def judge(post):
        for index, trace in enumerate(post.traces):
            path = trace["request"]["url"]["path"]
            if "?" in path:
                return Answer(400, words % path, stored=index)
        return None

    with FaultyCollector(judge) as collector:
        delivery = deliver(collector.host, tmp_path)
        for name in range(300):
            delivery.submit(make_trace(name, "/ok?x%d" % name if name in (100, 101, 299) else "/ok"))
        good = set(range(300)) - {100, 101, 299}
        collector.wait_for(good)
        delivery.flush(5)
        collector.assert_once(good)
        assert delivery.stats()["dropped"] == {"bad_path": 3}
        assert len(collector.posts) == 3
