"""METLO_METRICS: the counts of a process reach a real statsd socket, each once, also those of its last moment."""

import collections
import socket

import pytest

from metlo_auto.delivery.statsd import INTERVAL, LARGEST, Statsd
from tests.capture.test_integration import run
from tests.support.faulty_collector import FaultyCollector
from tests.support.serving import clean_environ, instrumented


class Server:
    """Adds up what statsd clients send."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.settimeout(0.2)
        self.port = self.sock.getsockname()[1]
        self.counts = collections.Counter()
        self.datagrams = []

    def read(self):
        """All that has come in so far."""
        while True:
            try:
                datagram = self.sock.recv(65536)
            except socket.timeout:
                return self.counts
            self.datagrams.append(datagram)
            for line in datagram.decode().split("\n"):
                name, _, rest = line.partition(":")
                value, kind = rest.split("|")
                assert kind == "c" and int(value) > 0
                self.counts[name] += int(value)


@pytest.fixture()
def server():
    made = Server()
    yield made
    made.sock.close()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_what_was_counted_since_is_sent_at_most_every_interval(server):
    clock, numbers, said = Clock(), {"captured": 0, "dropped": {}}, []
    statsd = Statsd("statsd://127.0.0.1:%d" % server.port, lambda: numbers, clock, said.append)
    assert statsd.step() is None
    numbers.update(captured=3)
    assert statsd.step() == INTERVAL and not server.read()
    clock.now = INTERVAL
    statsd.step()
    numbers.update(captured=5, dropped={"queue_full": 2})
    statsd.step()
    assert server.read() == {"metlo.captured": 3}
    clock.now *= 2
    statsd.step()
    assert server.read() == {"metlo.captured": 5, "metlo.dropped.queue_full": 2}
    clock.now *= 2
    assert statsd.step() is None and len(server.datagrams) == 2
    assert set(said) == {None}


def test_a_number_that_falls_is_not_sent_and_long_messages_are_split(server):
    numbers = {"spooled": 4, "dropped": {"reason %d" % n: 1 for n in range(200)}}
    statsd = Statsd("statsd://127.0.0.1:%d/shop/api" % server.port, lambda: numbers, Clock(), lambda why: None)
    statsd.send()
    numbers = {"spooled": 1}
    statsd.send()
    assert sum(server.read().values()) == 204 and server.counts["shop.api.spooled"] == 4
    assert len(server.datagrams) > 1 and max(map(len, server.datagrams)) <= LARGEST


@pytest.mark.parametrize("last", [False, True])
def test_a_name_that_nobody_knows_is_said_and_not_looked_up_at_the_end(last, monkeypatch):
    said, asked = [], []
    original = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **named: asked.append(named["flags"]) or original(*args, **named))
    statsd = Statsd("statsd://nobody.invalid", lambda: {"captured": 1}, Clock(), said.append)
    statsd.send(is_last=last)
    assert len(said) == 1 and "gaierror" in said[0]
    assert asked == [socket.AI_NUMERICHOST if last else 0]


@pytest.mark.core
def test_a_short_process_and_its_child_send_all_their_counts(server, tmp_path):
    with FaultyCollector() as collector:
        point = {"METLO_HOST": collector.host, "METLO_API_KEY": "test-key", "METLO_ENV_FILE": "off",
                 "METLO_METRICS": "statsd://127.0.0.1:%d" % server.port, "METLO_SHUTDOWN_TIMEOUT": "15"}
        done = run("""
            import os
            app = make()
            for n in range(3): ask(app)
            sys.stdout.flush()
            if not os.fork():
                ask(app); ask(app)
                sys.exit()
            os.wait()
        """, instrumented(clean_environ(tmp_path), point))
        assert (done.returncode, done.stderr) == (0, "")
        collector.wait_until(lambda: collector.paths["/hi"] == 5)
    counts = server.read()
    assert (counts["metlo.captured"], counts["metlo.sent"]) == (5, 5)


def test_a_statsd_that_is_not_there_is_no_trouble(tmp_path):
    with FaultyCollector() as collector, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        point = {"METLO_HOST": collector.host, "METLO_API_KEY": "test-key", "METLO_ENV_FILE": "off",
                 "METLO_METRICS": "statsd://127.0.0.1:%d" % port}
        done = run("ask(make())", instrumented(clean_environ(tmp_path), point))
    assert (done.returncode, done.stdout, done.stderr) == (0, "200 hello\n", "")
