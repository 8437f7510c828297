"""Servers that fork for each request: their children's traces arrive, and nobody waits for a collector that is unreachable."""

import collections
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.delivery.serving import APPS, SERVERS, Server, environ, numbers_left, wait_until_left
from tests.support.faulty_collector import Answer, FaultyCollector, way

pytestmark = [pytest.mark.core, pytest.mark.skipif("sys.platform == 'win32'", reason="fork is POSIX")]

KINDS = ["app.run processes=4", "wsgiref ForkingMixIn"]
# There a server's first child waits for imports of seconds, and the later ones are slow: docs/compatibility.md.
is_quick = pytest.mark.skipif(sys.implementation.name == "pypy", reason="a matter of time, which PyPy's children need")
TAKES = {"X-Metlo-Collector": "metlo-auto/test; routes"}


def serve(kind, collector, tmp_path, **more):
    return Server(SERVERS[kind], dict(environ(collector.host, tmp_path), **more), tmp_path / "log")


def ask_four_at_a_time(server, times):
    """Seconds that each of `times` requests took."""

    def ask(name):
        begun = time.monotonic()
        server.get("/hit/%s" % name)
        return time.monotonic() - begun

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(ask, range(times)))


@pytest.mark.parametrize("kind", KINDS)
def test_each_child_delivers_its_trace(kind, tmp_path):
    with FaultyCollector() as collector, serve(kind, collector, tmp_path, METLO_SHUTDOWN_TIMEOUT="20") as server:
        ask_four_at_a_time(server, 60)
        collector.wait_for_paths(server.answered)
        wait_until_left(tmp_path, len(server.answered))
        assert server.process.poll() is None
    numbers = numbers_left(tmp_path)
    assert numbers["captured"] == numbers["sent"] + numbers["spooled"] == 61  # spooled, and sent by another, when it is busy


def test_a_client_has_all_of_its_answer_before_its_trace_is_sent(tmp_path):
    has_it = threading.Event()
    with FaultyCollector(lambda post: has_it.wait(60) and None) as collector:
        with serve(KINDS[1], collector, tmp_path, METLO_SPOOL_DIR="off", METLO_SHUTDOWN_TIMEOUT="60", METLO_TIMEOUT="60") as server:
            server.get("/hit/alone")  # reads until the server closes the connection
            has_it.set()
            collector.wait_for_paths(server.answered)


@is_quick
@pytest.mark.parametrize("fault", ["hang", "hang, v2", "refuse"])
def test_a_collector_that_is_away_takes_no_places_away_and_gets_all_later(fault, tmp_path):
    """Four requests may run at a time; were each to wait for the collector, sixty would take half a minute."""
    with FaultyCollector(way("hang"), v2="v2" in fault) as collector:
        if fault == "refuse":
            collector.stop()
        with serve(KINDS[0], collector, tmp_path, METLO_SHUTDOWN_TIMEOUT="2", METLO_TIMEOUT="30") as server:
            begun = time.monotonic()
            ask_four_at_a_time(server, 60)
            seconds = time.monotonic() - begun
            (tmp_path / "bare").mkdir()
            with serve(KINDS[0], collector, tmp_path / "bare", METLO_DISABLED="1") as bare:
                begun = time.monotonic()
                ask_four_at_a_time(bare, 60)
                assert seconds < 2 * (time.monotonic() - begun) + 15  # as long as this machine takes for them
            wait_until_left(tmp_path, len(server.answered))
            assert numbers_left(tmp_path) == {"captured": 61, "sent": 0, "spooled": 61, "dropped": 0}
            assert 1 <= server.said().count("does not take traces") <= 4, server.said()  # by those that met it first
            if fault == "refuse":
                collector.start()
            collector.fault = None
            pause = 0.1
            while sum(collector.paths.values()) < len(server.answered):  # v2 hears of paths by their routes alone
                assert pause < 20, server.said()
                server.get("/hit/later-%d" % len(server.answered))
                time.sleep(pause)  # as long as somebody asks; the last one's child may need longer than that
                pause *= 1.2
            wait_until_left(tmp_path, len(server.answered) - 61)
            server.get("/hit/last")
            collector.wait_until(lambda: sum(collector.paths.values()) == len(server.answered))
            assert max(collector.arrived.values()) == 1


SLOW_IMPORTS = """
import sys, time
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "requests":
            time.sleep(2)
sys.meta_path.insert(0, Slow())
"""


def test_a_child_whose_imports_take_longer_than_the_shutdown_time_delivers_without_a_spool(tmp_path):
    """As the first one's of a server do on PyPy, and on a busy machine."""
    (tmp_path / "serve.py").write_text(SLOW_IMPORTS + "exec(open('forking_counting.py').read())\n")
    command = SERVERS[KINDS[1]].replace("forking_counting.py", "%s" % (tmp_path / "serve.py"))
    with FaultyCollector() as collector:
        env = dict(environ(collector.host, tmp_path), METLO_SHUTDOWN_TIMEOUT="1", METLO_SPOOL_DIR="off")
        env["PYTHONPATH"] += os.pathsep + str(APPS)
        with Server(command, env, tmp_path / "log") as server:
            collector.wait_for_paths(server.answered)
            wait_until_left(tmp_path, 1)
    assert numbers_left(tmp_path) == {"captured": 1, "sent": 1, "spooled": 0, "dropped": 0}


def test_a_few_of_many_children_tell_the_routes(tmp_path):
    answers = {"/api/v1/verify": Answer(headers=TAKES), "/api/local/routes": Answer()}
    with FaultyCollector(lambda post: answers.get(post.path)) as collector:
        collector.verify = lambda: answers["/api/v1/verify"]
        with serve(KINDS[1], collector, tmp_path, METLO_SHUTDOWN_TIMEOUT="20") as server:
            server.hit(39)
            collector.wait_for_paths(server.answered)
            wait_until_left(tmp_path, len(server.answered))
        asked = collections.Counter(post.path for post in collector.posts)
    # The 1st, 2nd, 4th, 8th, 16th and 32nd; but for those that had to leave before they were answered.
    assert 1 <= asked["/api/local/routes"] <= 6
