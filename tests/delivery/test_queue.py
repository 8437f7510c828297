"""The queue between request threads and the sender."""

import sys
import threading

import pytest

from metlo_auto.delivery.batch import new_batch
from metlo_auto.delivery.batcher import Batcher
from metlo_auto.delivery.counters import Counters
from metlo_auto.delivery.queue import AT_ONCE, NEVER, FreeThreadedQueue, TraceQueue, make_queue
from metlo_auto.delivery.types import BATCH_BYTES, ITEM_OVERHEAD
from metlo_auto.delivery.wakeup import Wakeup

pytestmark = pytest.mark.core


BOTH = pytest.mark.parametrize("kind", [TraceQueue, FreeThreadedQueue])


@BOTH
def test_it_is_bounded_by_bytes_and_the_newest_is_refused(kind):
    queue = kind(10000, lambda: None)
    taken = [queue.offer(b"x" * 800) for _ in range(20)]
    assert taken == [True] * 10 + [False] * 10
    assert queue.total_bytes <= 10000


def test_it_is_bounded_by_count_too():
    queue = TraceQueue(10000, lambda: None)
    while queue.offer(b""):
        pass
    assert len(queue) <= 10000 / 200


@BOTH
def test_what_is_taken_counts_until_it_is_settled(kind):
    queue = kind(2000, lambda: None)
    assert queue.offer(b"x" * 1500)
    items = queue.take(500, 10000)
    assert not queue.offer(b"x" * 1500)
    queue.settle(new_batch([items[0][0]]).weight)
    assert queue.offer(b"x" * 1500)


def test_batches_are_bounded_by_count_and_bytes_and_never_empty():
    queue = TraceQueue(1 << 20, lambda: None)
    for size in (10, 10, 10, 5000, 10):
        queue.offer(b"x" * size)
    assert [len(item[0]) for item in queue.take(2, 1000)] == [10, 10]
    assert [len(item[0]) for item in queue.take(10, 1000)] == [10]
    assert [len(item[0]) for item in queue.take(10, 1000)] == [5000]
    assert [len(item[0]) for item in queue.take(10, 1000)] == [10]
    assert queue.take(10, 1000) == []


@BOTH
def test_what_does_not_fit_stays_in_its_order_and_counts(kind):
    queue = kind(1 << 20, lambda: None)
    for number in range(100):
        queue.offer(b"%03d" % number, ("h", "GET", "/"), b"announced" if number % 10 == 0 else None)
    taken = []
    while len(queue):
        items = queue.take(50, 4 * 7)  # seven of them and what separates them
        assert len(items) == 7 or not len(queue)
        taken += items
        batch = [new_batch([trace], announcement or b"").weight for trace, _, announcement in taken]
        assert queue.total_bytes - queue.waiting_bytes == sum(batch)
    assert [trace for trace, _, _ in taken] == [b"%03d" % number for number in range(100)]
    queue.settle(sum(batch))
    assert queue.total_bytes == 0


@BOTH
def test_updates_that_threads_lose_to_each_other_are_put_right(kind):
    queue = kind(1 << 30, lambda: None)

    def offer():
        for _ in range(5000):
            queue.offer(b"x" * 50)

    threads = [threading.Thread(target=offer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    items = queue.take(100000, 1 << 30)
    queue.settle(new_batch([item[0] for item in items]).weight)
    assert len(items) == 40000
    queue.take(1, 1)
    assert queue.total_bytes == 0


def test_the_bound_holds_but_for_one_trace_of_each_thread():
    """Of what is made for interpreters without their lock; the sender never finds the queue empty."""
    limit, trace, producers = 200000, b"x" * 100, 8
    weight = len(trace) + ITEM_OVERHEAD
    queue = FreeThreadedQueue(limit, lambda: None)
    most, stop = [0], threading.Event()

    def offer():
        while not stop.is_set():
            queue.offer(trace)

    threads = [threading.Thread(target=offer) for _ in range(producers)]
    for thread in threads:
        thread.start()
    held = 0
    for _ in range(3000):
        taken = queue.take(20, 1 << 20)
        held += len(taken)
        most[0] = max(most[0], (held + len(queue)) * weight)
        if held > 300:
            queue.settle(weight * 280)
            held -= 280
    stop.set()
    for thread in threads:
        thread.join()
    assert most[0] <= limit + producers * weight
    assert queue.total_bytes == (held + len(queue)) * weight


def test_which_one_is_used_depends_on_the_interpreters_lock():
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    assert type(make_queue(1000, lambda: None)) is (TraceQueue if locked else FreeThreadedQueue)


@BOTH
def test_a_sleeping_sender_is_woken_once(kind):
    rings = []
    queue = kind(1 << 20, lambda: rings.append(1))
    queue.wake_at = AT_ONCE
    for _ in range(100):
        queue.offer(b"x")
    assert len(rings) == 1


@BOTH
def test_a_sender_that_waits_for_a_full_batch_is_woken_once_when_it_is_there(kind):
    rings = []
    queue = kind(1 << 20, lambda: rings.append(len(queue)))
    weight = 100 + ITEM_OVERHEAD
    queue.offer(b"x" * 100)
    assert queue.watch(10 * weight)
    for _ in range(50):
        queue.offer(b"x" * 100)
    assert rings == [10]
    assert queue.watch(10 * weight)  # it is full and stays full, as while a collector is unreachable
    queue.offer(b"x" * 100)
    assert (rings, queue.wake_at) == ([10], NEVER)


@BOTH
def test_a_trace_that_comes_before_the_wait_is_waited_for_by_nobody(kind):
    queue = kind(1 << 20, lambda: None)
    assert queue.watch(1000)
    queue.offer(b"x")
    assert queue.wake_at == NEVER


def test_what_fills_a_batch_is_taken_and_no_trace_more():
    """A trace that is left over would be an upload of its own."""
    queue = TraceQueue(1 << 30, lambda: None)
    batcher = Batcher(queue, Counters(), 1.0)
    for _ in range(1000):
        queue.offer(b"x" * 2800)
    sizes = []
    while len(queue) or batcher.wait(0.0) == 0.0:
        batch = batcher.next(0.0, hurry=True)
        sizes.append(len(batch.traces))
        assert batch.length <= BATCH_BYTES
    assert sizes == [357, 357, 286]


def test_a_ring_before_the_wait_is_not_lost():
    wakeup = Wakeup()
    wakeup.ring()
    wakeup.ring()
    assert wakeup.wait(10.0)
    assert not wakeup.wait(0.0)


@pytest.mark.parametrize("sizes", [[2], [2] * 500, [100000], [40000, 2, 40000], [32766, 32768, 32770], [2, 3000000, 2]])
def test_the_pieces_of_a_batch_are_one_json_array_of_the_announced_length(sizes):
    batch = new_batch([b'"' + b"x" * (size - 2) + b'"' for size in sizes])
    text = b"".join(batch.pieces())
    assert text == b"[" + b",".join(batch.traces) + b"]"
    assert batch.length == len(text)
