"""A collector that is unreachable for long, and workers that are killed: bounded, counted, nothing twice."""

import json
import logging
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.delivery.serving import SERVERS, Server, environ
from tests.delivery.settings import adds_up, make_trace, wait_for_stats
from tests.delivery.test_exits import program
from tests.support.faulty_collector import Answer, FaultyCollector, status

pytestmark = pytest.mark.slow

FLOOD = """
def resident():
    for line in open("/proc/self/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
def on_disk():
    sizes = []
    for folder, _, names in os.walk({tmp!r}):
        for name in names:
            try: sizes.append(os.path.getsize(os.path.join(folder, name)))
            except OSError: pass
    return sum(sizes)
body = os.urandom(500000).hex()
traces = [make_trace(name, body=body) for name in range(8)]
submit("first")
delivery.flush(10)
before, memory, disk, step = resident(), 0, 0, time.monotonic()
for name in range(4000):
    delivery.submit(traces[name % 8][:-1] + b" }")  # bytes of its own
    step += 0.001
    time.sleep(max(step - time.monotonic(), 0))
    memory = max(memory, resident() - before)
    if name % 20 == 0:
        disk = max(disk, on_disk())
print(json.dumps([memory, disk, delivery.stats()]))
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads memory from /proc")
@pytest.mark.parametrize("spooling", [True, False], ids=["spool", "memory"])
def test_an_outage_under_load_stays_within_memory_and_disk(spooling, tmp_path):
    with FaultyCollector(status(503)) as collector:
        options = {"queue_size": 32 << 20, "spool_size": 64 << 20}
        if not spooling:
            options["spool_dir"] = None
        text = program(FLOOD.replace("{tmp!r}", repr(str(tmp_path / "spool"))), collector, tmp_path, **options)
        done = subprocess.run([sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=110)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    memory, disk, stats = json.loads(done.stdout.decode())
    assert memory <= (32 + 10) << 20
    assert disk <= 64 << 20
    assert adds_up(stats) and sum(stats["dropped"].values()) > 0, stats
    said = done.stderr.decode()
    assert said.count("does not take traces") == 1
    assert said.count("is full") == len(stats["dropped"]), said


def test_losses_are_said_when_they_begin_and_when_they_end(deliver, caplog):
    caplog.set_level(logging.WARNING, "metlo")
    with FaultyCollector(status(503)) as collector:
        delivery = deliver(collector.host, queue_size=100000)
        for name in range(200):
            delivery.submit(make_trace(name, body="x" * 2000))
        wait_for_stats(delivery, lambda stats: stats["retries"] > 0)
        lost = delivery.stats()["dropped"]["queue_full"]
        collector.fault = None
        wait_for_stats(delivery, lambda stats: stats["sent"] == 200 - lost, deadline=60)
        end = time.monotonic() + 30
        while "%d were" % lost not in caplog.text:
            assert time.monotonic() < end, caplog.text
            time.sleep(0.05)
    assert caplog.text.count("is full") == 1
    assert caplog.text.count("does not take traces") == 1
    assert caplog.text.count("takes traces again") == 1


def test_what_a_refused_connection_is_said_to_be_is_for_people(deliver, caplog):
    caplog.set_level(logging.WARNING, "metlo")
    with FaultyCollector() as collector:
        host = collector.host
    delivery = deliver(host)
    delivery.submit(make_trace(1))
    wait_for_stats(delivery, lambda stats: stats["retries"] > 0)
    end = time.monotonic() + 30
    while "does not take traces" not in caplog.text:
        assert time.monotonic() < end, caplog.text
        time.sleep(0.05)
    assert "refused" in caplog.text and " object at 0x" not in caplog.text


def test_the_spool_drains_oldest_first_and_new_traces_do_not_wait_for_it(deliver, tmp_path):
    with FaultyCollector(status(503)) as collector:
        delivery = deliver(collector.host, tmp_path)
        for name in range(20000):
            delivery.submit(make_trace(name, body="x" * 700))
        delivery.flush(30)
        assert delivery.stats()["spooled"] == 20000
        collector.fault = lambda post: time.sleep(0.05)
        collector.wait_until(lambda: len(collector.arrived) > 0, deadline=60)
        delivery.submit(make_trace("new"))
        collector.wait_for(["new"])
        assert len(collector.arrived) < 20001
        collector.wait_for(range(20000), deadline=60)
        collector.assert_once(["new", *range(20000)])
        old = [int(post.ids[0]) for post in collector.posts if collector.took(post) and post.ids[0] != "new"]
        assert old == sorted(old)
        wait_for_stats(delivery, lambda stats: stats["sent"] == 20001 and adds_up(stats))


BUSY = """
name = 0
while True:
    submit("%s-%d" % (os.getpid(), name))
    sys.stdout.write("%s-%d\\n" % (os.getpid(), name))
    sys.stdout.flush()
    name += 1
    time.sleep(0.002)
"""


def test_fifty_kills_lose_at_most_a_flush_interval_and_double_nothing(tmp_path):
    chance = random.Random(5)
    with FaultyCollector() as collector:
        text = program(BUSY, collector, tmp_path, flush_interval=0.5)
        turns = []
        for turn in range(50):
            collector.fault = [status(503), None, lambda post: time.sleep(0.6)][turn % 3]
            victim = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            time.sleep(0.3 + chance.random())
            victim.send_signal(signal.SIGKILL)
            names = victim.communicate()[0].decode().split()
            turns.append(names)
        collector.fault = None
        heir = program("submit('heir'); time.sleep(8); delivery.flush(10)", collector, tmp_path)
        subprocess.run([sys.executable, "-c", heir], timeout=60, check=True)
        collector.wait_for(["heir"])
        assert max(collector.arrived.values()) == 1
        assert not list(tmp_path.glob("**/*.corrupt"))
        for names in turns:
            lost = [name for name in names if name not in collector.arrived]
            assert lost == names[len(names) - len(lost) :], "only the newest are lost"


def wait_until_nothing_comes(collector, seconds):
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < seconds:
        if len(collector.arrived) != seen:
            seen, since = len(collector.arrived), time.monotonic()
        time.sleep(0.05)


def hangs_after_a_while(post):
    return Answer(way="hang") if post.number > 3 else None


@pytest.mark.parametrize("fault", [None, status(503), hangs_after_a_while], ids=["well", "away", "hangs"])
def test_what_a_kill_loses_was_captured_in_the_last_flush_interval(fault, tmp_path):
    with FaultyCollector(fault) as collector:
        env = environ(
            collector.host, tmp_path, METLO_FLUSH_INTERVAL="1.0", METLO_SHUTDOWN_TIMEOUT="20", METLO_TIMEOUT="30",
            METLO_MAX_RATE="0",  # or what waits in the spool would take as long as it was captured faster than that
        )
        with Server(SERVERS["gunicorn sync"], env, tmp_path / "log") as server:
            begun = time.monotonic()
            times = [begun] * len(server.answered)
            while time.monotonic() < begun + 10:
                server.hit(1)
                times.append(time.monotonic())
            os.killpg(server.process.pid, signal.SIGKILL)
            killed = time.monotonic()
        collector.fault = None
        with Server(SERVERS["gunicorn sync"], env, tmp_path / "log") as heir:
            wait_until_nothing_comes(collector, 8.0)  # longer than the pauses between looks into a spool
    assert set(heir.answered) <= set(collector.paths) and max(collector.paths.values()) == 1
    lost = [moment for path, moment in zip(server.answered, times) if path not in collector.paths]
    assert not lost or killed - min(lost) < 3.0, "a flush interval, and as much again twice for a busy machine"
