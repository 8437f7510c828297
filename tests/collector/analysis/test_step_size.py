"""A step takes as many bytes as the facts that they turn into allow."""

from __future__ import annotations

from metlo_auto.collector.analysis.step_size import FIRST_BYTES, LEAST_BYTES, MOST_FACTS, StepSize

MOST = 12_000_000


def _step(size: StepSize, facts: int) -> None:
    size.begin(size.bytes, is_full=False)
    size.end(facts)


def test_steps_grow_while_their_facts_are_few() -> None:
    size = StepSize(MOST)
    assert size.bytes == FIRST_BYTES
    for _ in range(3):
        _step(size, 100)
    assert size.bytes == MOST


def test_a_step_of_too_many_facts_is_followed_by_a_smaller_one() -> None:
    size = StepSize(MOST)
    _step(size, 2 * MOST_FACTS)
    assert size.bytes == FIRST_BYTES // 2
    _step(size, 100 * MOST_FACTS)
    assert size.bytes == LEAST_BYTES


def test_a_step_without_facts_and_one_without_bytes_change_nothing_for_the_worse() -> None:
    size = StepSize(MOST)
    size.begin(0, is_full=False)
    size.end(0)
    assert LEAST_BYTES <= size.bytes <= FIRST_BYTES


def test_what_one_step_may_take_is_a_burst_however_many_steps_it_takes() -> None:
    size = StepSize(MOST)
    taken, behind = 0, []
    for _ in range(20):
        taken += size.bytes
        _step(size, 4 * MOST_FACTS)
        behind.append((taken, size.is_behind))
    assert {is_behind for taken, is_behind in behind if taken < MOST * 0.75} == {False}
    assert behind[-1][1]


def test_as_many_batches_as_a_step_may_have_are_full_whatever_their_size() -> None:
    size = StepSize(MOST)
    size.begin(1_000, is_full=True)
    assert not size.is_behind
    size.begin(1_000, is_full=True)
    assert size.is_behind


def test_a_step_that_leaves_nothing_and_a_rest_end_the_backlog() -> None:
    size = StepSize(MOST)
    for _ in range(2):
        size.begin(MOST, is_full=False)
    assert size.is_behind
    size.begin(10, is_full=False)
    assert not size.is_behind
    size.begin(MOST, is_full=False)
    assert not size.is_behind
    size.rest()
    size.begin(MOST, is_full=False)
    assert not size.is_behind
