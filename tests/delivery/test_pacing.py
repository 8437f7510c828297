"""A collector that is not ours gets traces at a bounded rate: it replies 200 to all and drops what it cannot queue."""

import os
import threading
import time

import pytest

from metlo_auto.delivery.pacer import BUSY, Pacer, grant
from metlo_auto.delivery.spool.folder import Folder
from metlo_auto.delivery.spool.spool import Spool
from tests.delivery.serving import SERVERS, Server, environ
from tests.delivery.settings import adds_up, make_trace, wait_for_stats
from tests.support.faulty_collector import Answer, FaultyCollector, status
from tests.support.metlo_sink import MetloSink


def alone(change):
    return None


def granted(rate, batches, seconds, step=0.01):
    """The moments at which batches of that many traces left, asked for at each step."""
    now = [100.0]
    pacer = Pacer(rate, lambda: now[0], alone)
    left = []
    for _ in range(int(seconds / step)):
        while pacer.wait_for(batches) == 0.0:
            left.append((now[0], batches))
        now[0] += step
    return left


@pytest.mark.core
@pytest.mark.parametrize("rate", [0.5, 1, 7, 200, 1000])
def test_no_second_sees_more_than_the_rate_and_one_burst(rate):
    left = granted(rate, min(Pacer(rate, time.monotonic, alone).most, 100), 20)
    assert sum(n for _, n in left) <= rate * 20 + max(rate, 1) + 1
    assert sum(n for _, n in left) >= rate * 19
    for start, _ in left:
        assert sum(n for at, n in left if start <= at < start + 1) <= 2 * max(rate, 1) + 1
    assert sum(n for at, n in left if at == 100.0) <= max(rate, 1)


@pytest.mark.core
def test_a_batch_is_never_larger_than_a_second_of_the_rate():
    assert [Pacer(rate, time.monotonic, alone).most for rate in (0, 0.5, 20, 200, 5000)] == [500, 1, 20, 100, 100]


@pytest.mark.core
@pytest.mark.parametrize("ledger", [0.0, -5.0, 1e18, float("inf")])
def test_a_ledger_that_says_anything_holds_nobody_up_for_longer_than_the_window(ledger):
    assert grant(ledger, 100.0, 1, 200.0).wait <= 1.0


@pytest.mark.core
def test_processes_that_share_a_ledger_share_the_rate(tmp_path):
    folders = [Folder(str(tmp_path / "spool" / "a")) for _ in range(4)]
    folders[0].prepare()
    sent = [0] * 4

    def spend(number):
        pacer = Pacer(1000.0, time.monotonic, lambda change: folders[number].change_number("rate", change))
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            wait = pacer.wait_for(50)
            sent[number] += 50 * (wait == 0.0)
            time.sleep(min(wait, BUSY))

    begun = time.monotonic()
    threads = [threading.Thread(target=spend, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - begun
    assert 1500 <= sum(sent) <= 1000 * (1 + took)
    assert min(sent) > 0, sent


def busiest(collector, window=1.0):
    """Most traces that came within a second."""
    posts = [post for post in collector.posts if "/log-request/" in post.path]
    return max(sum(len(it.traces) for it in posts if post.at <= it.at < post.at + window) for post in posts)


@pytest.mark.parametrize("spooling", [True, False], ids=["spool", "memory"])
@pytest.mark.parametrize("late", [0.0, 1.0, 3.0])
def test_a_burst_is_spread_also_before_it_is_known_what_the_collector_is(late, spooling, deliver, tmp_path):
    with MetloSink(size=300, speed=300) as collector:
        collector.verify = lambda: Answer(way="plain") if not late else slow(late)
        delivery = deliver(collector.host, tmp_path if spooling else None, max_rate=250.0, workers=4)
        for name in range(1000):
            delivery.submit(make_trace(name))
        collector.wait_for(range(1000))
        assert not collector.lost and set(collector.stored.values()) == {1}
        assert collector.largest <= 100 and busiest(collector) <= 500
        wait_for_stats(delivery, lambda stats: stats["sent"] == 1000 and adds_up(stats))


def slow(seconds):
    time.sleep(seconds)
    return Answer()


def test_a_collector_of_ours_is_not_paced_and_gets_large_batches(deliver, tmp_path):
    with FaultyCollector() as collector:
        collector.verify = lambda: Answer(headers={"X-Metlo-Collector": "ours"})
        delivery = deliver(collector.host, tmp_path, max_rate=10.0)
        for name in range(2000):
            delivery.submit(make_trace(name))
        collector.wait_for(range(2000), deadline=10)
        assert max(len(post.traces) for post in collector.posts) == 500


def test_what_waits_on_disk_and_what_is_new_take_turns(deliver, tmp_path):
    with FaultyCollector(status(503)) as collector:
        delivery = deliver(collector.host, tmp_path, max_rate=300.0)
        for name in range(600):
            delivery.submit(make_trace(name))
        delivery.flush(20)
        assert delivery.stats()["spooled"] == 600
        collector.fault = None
        collector.wait_until(lambda: len(collector.arrived) > 0)
        for name in range(600, 1200):
            delivery.submit(make_trace(name))
            time.sleep(0.004)
        collector.wait_for(range(1200))
        order = [name for post in collector.posts if collector.took(post) for name in post.ids]
        new = sum(int(name) >= 600 for name in order[200:600])
        assert 100 <= new <= 300, "of the 400 traces in the middle %d are new" % new
        collector.assert_once(range(1200))


def test_large_batches_that_an_older_process_left_are_cut(deliver, tmp_path):
    with FaultyCollector(status(503)) as collector:
        older = deliver(collector.host, tmp_path)
        for name in range(900):
            older.submit(make_trace(name))
        older.end()
        collector.fault = None
        delivery = deliver(collector.host, tmp_path, max_rate=1000.0)
        before = len(collector.posts)
        delivery.submit(make_trace("new"))
        collector.wait_for(["new", *range(900)])
        assert max(len(post.traces) for post in collector.posts[before:]) <= 100
        collector.assert_once(["new", *range(900)])


def test_the_end_spools_what_the_rate_holds_back_and_the_next_process_sends_it(deliver, tmp_path):
    with MetloSink(size=300, speed=320) as collector:
        first = deliver(collector.host, tmp_path, max_rate=300.0)
        for name in range(1000):
            first.submit(make_trace(name))
        begun = time.monotonic()
        first.end()
        assert time.monotonic() - begun < 1.5 + 1.0
        stats = first.stats()
        assert adds_up(stats) and stats["spooled"] >= 300 and not stats["dropped"], stats
        heir = deliver(collector.host, tmp_path, max_rate=300.0)
        heir.submit(make_trace("heir"))
        collector.wait_for(["heir", *range(1000)])
        assert not collector.lost and set(collector.stored.values()) == {1}


@pytest.mark.parametrize("spooling", [True, False], ids=["spool", "memory"])
def test_what_exceeds_the_rate_for_long_is_counted_as_paced_and_said_once(spooling, deliver, tmp_path, caplog):
    with FaultyCollector() as collector:
        options = {"max_rate": 50.0, "queue_size": 200000, "spool_size": 200000}
        delivery = deliver(collector.host, tmp_path if spooling else None, **options)
        for name in range(3000):
            delivery.submit(make_trace(name, body="x" * 500))
            time.sleep(0.0005)
        wait_for_stats(delivery, lambda stats: adds_up(stats) and stats["dropped"])
        assert set(delivery.stats()["dropped"]) == {"paced"}
        assert caplog.text.count("METLO_MAX_RATE") == 1


def test_the_rate_is_settled_before_the_disk_is_asked_where_there_is_no_folder(deliver, tmp_path):
    (tmp_path / "spool").write_text("in the way")
    with MetloSink(size=300, speed=320) as collector:
        delivery = deliver(collector.host, tmp_path, max_rate=300.0)
        for name in range(700):
            delivery.submit(make_trace(name))
        collector.wait_for(range(700))
        assert not collector.lost


def fire(server, requests, threads=4):
    def ask(count):
        for _ in range(count):
            server.hit(1)

    asking = [threading.Thread(target=ask, args=(requests // threads,)) for _ in range(threads)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()


@pytest.mark.slow
def test_bursts_and_an_outage_of_two_workers_are_all_counted(tmp_path):
    with MetloSink(size=500, speed=420) as collector:
        env = environ(collector.host, tmp_path, METLO_MAX_RATE="400", METLO_SHUTDOWN_TIMEOUT="5")
        with Server(SERVERS["gunicorn sync -w 2"], env, tmp_path / "log") as server:
            fire(server, 1000)
            collector.stop()
            fire(server, 600)
            time.sleep(1.0)
            collector.start()
            fire(server, 800)
            collector.wait_for_paths(server.answered)
            server.end()
        assert not collector.lost, "%d lost" % len(collector.lost)
        assert set(collector.stored.values()) == {1} and len(collector.stored) == len(server.answered)
        assert collector.endpoints == {("GET", "/hit/{name}")}
        assert busiest(collector) <= 2 * 400
        assert not [name for name in os.listdir(str(tmp_path / "spool")) if name.endswith(".batch")]


@pytest.mark.parametrize("busy", [1, 5])
def test_what_another_process_has_for_a_moment_spools_nothing_at_the_end(busy, deliver, tmp_path, monkeypatch):
    left = [busy]
    share = Spool.share

    def taken(spool, change):
        if delivery.channel()._ends_at is not None and left[0]:
            left[0] -= 1
            return False
        return share(spool, change)
    monkeypatch.setattr(Spool, "share", taken)
    with FaultyCollector() as collector:
        delivery = deliver(collector.host, tmp_path, max_rate=200.0, shutdown_timeout=15.0)
        for name in range(40):
            delivery.submit(make_trace(name))
        delivery.end()
        stats = delivery.stats()
        assert (stats["sent"], stats["spooled"], left) == (40, 0, [0])
