"""The sender lets go of the interpreter between small pieces of work: counted in calls, which no busy machine changes."""

import json
import sys
import time

import pytest

from metlo_auto.delivery.batch import PIECE, new_batch
from metlo_auto.delivery.channel import Channel
from metlo_auto.delivery.collector_kind import CollectorKind
from metlo_auto.delivery.process.fork_gate import ForkGate
from metlo_auto.delivery.process.own_threads import OwnThreads
from metlo_auto.delivery.spool.locks import Locks
from tests.delivery.settings import adds_up, make_settings, make_trace
from tests.support.faulty_collector import FaultyCollector, status

pytestmark = pytest.mark.core

LETS_GO = {"sleep", "send", "sendall", "recv_into", "recv", "connect", "write", "fsync", "open", "rename", "crc32", "compress"}
AT_MOST = 1500  # calls and returns, of Python and C; about 0.1 ms
TRACES = 500


class Watcher:
    """A profiler of this thread: how much happens between two moments at which others may have the interpreter."""

    def __init__(self):
        self.longest, self.where = 0, ""
        self._since, self._from = 0, "the beginning"

    def __call__(self, frame, event, what):
        self._since += 1
        if event == "c_call" and getattr(what, "__name__", "") in LETS_GO:
            if self._since > self.longest:
                self.longest, self.where = self._since, "%s to %s" % (self._from, what.__name__)
            self._since, self._from = 0, what.__name__

    def __enter__(self):
        sys.setprofile(self)
        return self

    def __exit__(self, *exc):
        sys.setprofile(None)


@pytest.mark.parametrize("where", ["posted", "posted in gzip", "spooled", "posted from the spool"])
def test_a_full_batch_is_worked_off_in_small_pieces(where, tmp_path):
    with FaultyCollector() as collector:
        settings = make_settings(collector.host, tmp_path, compress="true" if "gzip" in where else "false")
        channel = Channel(settings, ForkGate(), Locks(), CollectorKind(), OwnThreads(), threads=False)
        channel.prepare()
        offer(channel, ["first"])
        channel.wait_idle(20)  # what is imported and prepared once
        if "spool" in where:
            collector.fault = status(503)
            offer(channel, ["second"])
            channel.wait_idle(20)
        offer(channel, range(TRACES))
        if where == "posted from the spool":
            channel.wait_idle(20)
            collector.fault = None
        with Watcher() as seen:
            work_off(channel, "spooled" if where == "spooled" else "sent")
    assert adds_up(channel.stats())
    assert seen.longest <= AT_MOST, seen.where


def work_off(channel, into):
    end = time.monotonic() + 60
    while channel.stats()[into] < TRACES + 1:
        assert time.monotonic() < end, channel.stats()
        channel.work_inline()
        time.sleep(0.01)


def offer(channel, names):
    for name in names:
        channel.counters.captured.add()
        channel.queue.offer(make_trace(name, body="x" * 1800))


@pytest.mark.parametrize("sizes", [[1], [10] * 500, [2000] * 500, [900000, 10, 10], [10, 900000], [40000] * 20])
def test_a_batch_is_handed_over_in_pieces(sizes):
    batch = new_batch([b'"' + b"x" * size + b'"' for size in sizes])
    pieces = list(batch.pieces())
    assert [len(text) for text in json.loads(b"".join(pieces).decode())] == sizes
    assert sum(map(len, pieces)) == batch.length
    assert max(map(len, pieces)) <= PIECE + max(sizes) + 10
