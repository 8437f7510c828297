"""The pure parts: when a batch leaves, when to try again, what an answer means, whose fault a rejection is."""

import random

import pytest

from metlo_auto.delivery.backoff import LONGEST, Backoff
from metlo_auto.delivery.bad_trace_search import DROP, LATER, PEEL, SPLIT, BadTraceSearch
from metlo_auto.delivery.batch_timing import FEW, LINGER, BatchTiming
from metlo_auto.delivery.transport.verdict import (
    BAD_PATH,
    DELIVERED,
    NO_V2,
    REJECTED,
    RETRY,
    TOO_LARGE,
    judge,
    retry_after,
)
from metlo_auto.delivery.types import BATCH_BYTES, BATCH_TRACES

pytestmark = pytest.mark.core


@pytest.mark.parametrize("failures, longest", [(0, 1), (1, 2), (3, 8), (5, 32), (6, 60), (500, 60)])
def test_backoff_doubles_up_to_a_minute(failures, longest):
    assert Backoff(failures).failed(100.0, lambda: 1.0).not_before == 100.0 + longest
    assert Backoff(failures).failed(100.0, lambda: 0.0).not_before == 100.0


def test_jitter_comes_on_top_of_retry_after():
    assert Backoff(0).failed(100.0, lambda: 0.5, 30.0).not_before == 130.5


@pytest.mark.parametrize("told", [None, 20.0], ids=["by themselves", "by Retry-After"])
def test_ten_thousand_agents_come_back_spread_out(told):
    chance = random.Random(1).random
    agents = [Backoff() for _ in range(10000)]
    now = 0.0
    for _ in range(6):  # the collector stays unreachable for six tries
        agents = [agent.failed(max(now, agent.not_before), chance, told) for agent in agents]
    first = min(agent.not_before for agent in agents)
    seconds = [int(agent.not_before - first) for agent in agents]
    histogram = [seconds.count(second) for second in range(30)]
    assert max(histogram) < 500, histogram  # of 10,000: no second gets more than one in twenty
    assert max(seconds) <= 6 * (LONGEST + (told or 0.0))


ANSWERS = [
    (200, "OK", DELIVERED),
    (204, "", DELIVERED),
    (302, "", RETRY),
    (400, "Unexpected token", REJECTED),
    (400, "Invalid path /a?b: cannot contain", BAD_PATH),
    (400, "Invalid path encountered: /a?b", BAD_PATH),
    (401, "Client unauthorized", RETRY),
    (403, "", RETRY),
    (404, "", RETRY),
    (408, "", RETRY),
    (413, "<html>", TOO_LARGE),
    (415, "", RETRY),
    (422, "", REJECTED),
    (425, "", RETRY),
    (429, "", RETRY),
    (500, "", REJECTED),
    (502, "", RETRY),
    (503, "", RETRY),
    (504, "", RETRY),
]


@pytest.mark.parametrize("status, text, outcome", ANSWERS)
def test_answers_to_a_batch(status, text, outcome):
    assert judge(status, {}, text, False).outcome == outcome


@pytest.mark.parametrize("status, outcome", [(200, DELIVERED), (404, NO_V2), (400, NO_V2), (401, RETRY), (503, RETRY)])
def test_answers_to_an_announcement(status, outcome):
    assert judge(status, {}, "", True).outcome == outcome


@pytest.mark.parametrize(
    "value, seconds",
    [
        (None, None),
        ("7", 7.0),
        ("0", 0.0),
        ("-3", 0.0),
        ("nan", None),
        ("soon", None),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 0.0),
    ],
)
def test_retry_after_in_both_of_its_forms(value, seconds):
    assert retry_after(value, 60.0) == seconds


def test_a_lone_trace_leaves_within_a_tenth_of_a_second():
    pace = BatchTiming(1.0)
    assert not pace.due(10.0, 1, 300)
    assert pace.wait(10.0, 1) <= LINGER
    assert pace.due(10.0 + LINGER, 1, 300)


def test_under_load_a_batch_fills_for_the_flush_interval():
    pace = BatchTiming(1.0)
    assert not pace.due(10.0, FEW + 1, 300)
    assert not pace.due(10.5, 200, 90000)
    assert pace.wait(10.5, 200) == pytest.approx(0.4)
    assert pace.due(10.95, 300, 90000)


@pytest.mark.parametrize("traces, size", [(BATCH_TRACES, 1), (1, BATCH_BYTES)])
def test_a_full_batch_leaves_at_once(traces, size):
    assert BatchTiming(1.0).due(10.0, traces, size)


def test_prompt_posts_are_rationed():
    pace, left, now = BatchTiming(1.0), 0, 0.0
    while now < 60.0:
        if pace.due(now, 1, 300):
            left += 1
            pace.left(now, 0)
        now += 0.01
    assert left < 6 * 60


def test_nothing_is_dropped_while_the_collector_takes_nothing():
    suspects = BadTraceSearch()
    assert suspects.rejected("a", 100, 400, 1.0) == PEEL
    assert suspects.rejected("a.a", 1, 400, 2.0) == LATER
    for now in range(3, 50):
        assert suspects.rejected("a.b", 99, 400, float(now)) == LATER
        assert suspects.rejected("a.a", 1, 400, float(now)) == LATER


def test_once_the_collector_took_something_the_bad_trace_is_looked_for():
    suspects = BadTraceSearch()
    assert suspects.rejected("a", 100, 400, 1.0) == PEEL
    suspects.succeeded(2.0)
    assert suspects.rejected("a.b", 99, 400, 3.0) == SPLIT
    assert suspects.rejected("a.bb", 1, 400, 4.0) == DROP


def test_a_500_is_tried_again_before_anything_is_blamed():
    suspects = BadTraceSearch()
    assert [suspects.rejected("a", 10, 500, 1.0) for _ in range(2)] == [LATER, LATER]
    suspects.succeeded(2.0)
    assert suspects.rejected("a", 10, 500, 3.0) == SPLIT
    assert [suspects.rejected("a.a", 1, 500, 4.0) for _ in range(3)] == [LATER, LATER, DROP]
