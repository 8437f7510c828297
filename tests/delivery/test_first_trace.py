"""A signal's handler may raise anywhere in a request's thread, while the first trace starts the sender's as well."""

import logging
import threading
import time

import pytest

from metlo_auto.delivery.batch import new_batch
from metlo_auto.delivery.channel import Channel
from metlo_auto.delivery.collector_kind import CollectorKind
from metlo_auto.delivery.process.fork_gate import ForkGate
from metlo_auto.delivery.process.own_threads import OwnThreads
from metlo_auto.delivery.spool.locks import Locks
from tests.delivery.settings import adds_up, make_settings, make_trace
from tests.support.faulty_collector import FaultyCollector

pytestmark = pytest.mark.core


class Interrupting(OwnThreads):
    """Raises what a handler of SIGQUIT would, at the start of one thread: before it, or after that thread runs."""

    def __init__(self, which, after):
        super().__init__()
        self.which, self.after, self.starts = which, after, 0

    def start(self, run, *args):
        self.starts += 1
        interrupts = self.starts == self.which
        if interrupts and not self.after:
            raise SystemExit(0)
        super().start(run, *args)
        if interrupts:
            if self.after == "it runs":
                time.sleep(0.1)
            raise SystemExit(0)


class CountingChannel(Channel):
    steps = 0

    def _step(self):
        self.steps += 1
        return super()._step()


def test_requests_that_are_not_reported_start_the_sender_and_never_wake_it(tmp_path):
    """Of an app with METLO_SAMPLE_RATE=0.01 they are nearly all; what is in the spool has to be sent all the same."""
    with FaultyCollector() as collector:
        own_threads = OwnThreads()
        settings = make_settings(collector.host, tmp_path)
        channel = CountingChannel(settings, ForkGate(), Locks(), CollectorKind(), own_threads)
        channel.prepare()
        channel.start()
        channel.wait_idle(10)
        assert channel.steps > 0
        settled = channel.steps
        for _ in range(50):
            channel.start()
            time.sleep(0.01)
        assert channel.steps <= settled + 5
        channel.begin_end(30)
        channel.wait_end()


def make_channel(collector, tmp_path, own_threads, for_one_request=False):
    settings = make_settings(collector.host, tmp_path)
    channel = Channel(settings, ForkGate(), Locks(), CollectorKind(), own_threads)
    channel.prepare(for_one_request)
    return channel


@pytest.mark.parametrize("goes_on", [False, True], ids=["and ends", "and goes on"])
@pytest.mark.parametrize("after", ["", "at once", "it runs"])
@pytest.mark.parametrize("which", [1, 2], ids=["the thread that uploads", "the sender's"])
def test_an_interrupted_start_loses_nothing_and_leaves_one_sender(which, after, goes_on, tmp_path):
    with FaultyCollector() as collector:
        own_threads = Interrupting(which, after)
        channel = make_channel(collector, tmp_path, own_threads)
        with pytest.raises(SystemExit):
            channel.submit(make_trace("first"))
        if goes_on:
            assert channel.submit(make_trace("second"))
        begun = time.monotonic()
        channel.begin_end(30)
        channel.wait_end()
        assert time.monotonic() - begun < 15
        collector.wait_for(["first", "second"] if goes_on else ["first"])
        assert max(collector.arrived.values()) == 1
        assert adds_up(channel.stats()) and channel.stats()["sent"] == 1 + goes_on
        senders = [thread for thread in own_threads._known if thread.ident in threading._active]
        assert len(senders) <= 2


def test_a_trace_that_comes_as_the_sender_falls_asleep_is_not_left_till_the_next(tmp_path):
    with FaultyCollector() as collector:
        channel = make_channel(collector, tmp_path, OwnThreads())
        watch, late = channel.queue.watch, [make_trace("late")]

        def watch_late(size):
            if collector.arrived and len(channel.queue) == 0 and late:
                channel.queue._items.append((late.pop(), None, None))  # between the step and this look, unnoticed
            return watch(size)

        channel.queue.watch = watch_late
        channel.submit(make_trace("first"))
        collector.wait_for(["first", "late"])  # and not after a minute
        channel.begin_end(5)
        channel.wait_end()


def test_a_step_that_fails_again_and_again_is_not_repeated_without_a_pause(tmp_path, caplog):
    with FaultyCollector() as collector:
        channel = make_channel(collector, tmp_path, OwnThreads())
        channel.submit(make_trace("first"))
        channel.wait_idle(20)
        steps = []

        def fail():
            steps.append(None)
            raise ValueError("of a test")

        step, channel._step = channel._step, fail
        channel.submit(make_trace("second"))
        time.sleep(0.5)
        assert 1 <= len(steps) < 20  # it waits a second after each
        channel._step = step
        channel.begin_end(20)
        channel.wait_end()
        collector.wait_for(["first", "second"])


@pytest.mark.parametrize("minutes, said", [(0, 0), (1440, 1)], ids=["a moment ago", "yesterday"])
def test_a_child_for_one_request_says_what_another_has_not_said_lately(minutes, said, tmp_path, caplog):
    """Each of hundreds of children finds the collector away; before it is asked to leave, too."""
    caplog.set_level(logging.WARNING, "metlo")
    with FaultyCollector() as collector:
        collector.stop()
        other = make_channel(collector, tmp_path, OwnThreads())
        other._outages.known("collector")
        other._spool.put(new_batch([make_trace("other")])._replace(born=time.time() - 60 * minutes))
        channel = make_channel(collector, tmp_path, OwnThreads(), for_one_request=True)
        channel.submit(make_trace("own"))
        end = time.monotonic() + 30
        while not channel.stats()["retries"]:
            assert time.monotonic() < end, channel.stats()
            time.sleep(0.01)
        channel.leave(time.monotonic() + 2)
        assert channel.stats()["spooled"] == 1
    assert caplog.text.count("does not take traces") == said
