"""Calls by hour become calls by day, and none is lost or counted twice."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Iterator

import pytest
from sqlalchemy import func, inspect, select
from sqlalchemy.engine import Engine

from metlo_auto.collector.store.database import connected, open_store, reading, writing
from metlo_auto.collector.store.deletion import delete_all, delete_endpoints
from metlo_auto.collector.store.schema import traffic, traffic_days
from metlo_auto.collector.store.traffic_days import DAYS_BY_HOUR, Call, add, roll_up
from tests.collector.store.store_support import postgresql_store, sqlite_store

TODAY = 20_000
NOW = TODAY * 86_400.0 + 10 * 3_600
HOUR = TODAY * 24 + 10
NAMES = ("00f8376a6fe30f18", "7f49e0e32edbb0f2", "ffc91d8b8e0f4adb")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/c.db" if request.param == "sqlite" else request.getfixturevalue("postgres")
    made = open_store(url)
    yield made
    made.dispose()


def _add(engine: Engine, now: float, *calls: Call) -> None:
    with writing(engine) as connection:
        add(connection, calls, now)


def _rolled_up(engine: Engine, now: float) -> None:
    """In the minutes in which those of `NAMES` have their turn."""
    for name in NAMES:
        roll_up(engine, now + 60 * ((int(name[:2], 16) - int(now // 60)) % 256))


def _hours(engine: Engine) -> list[Any]:
    t = traffic.c
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(*t).order_by(t.endpoint_id, t.hour, t.bucket))]


def _days(engine: Engine) -> list[Any]:
    d = traffic_days.c
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(*d).order_by(d.endpoint_id, d.day, d.bucket))]


def test_hours_of_the_last_days_stay_and_those_before_become_days(engine: Engine) -> None:
    long_ago = HOUR - 24 * (DAYS_BY_HOUR + 3)
    calls = [Call(name, hour, 3, 5, 1) for name in NAMES for hour in (long_ago, long_ago + 1, HOUR - 47, HOUR)]
    _add(engine, NOW - 86_400 * (DAYS_BY_HOUR + 3), *calls)
    assert len(_hours(engine)) == 12 and _days(engine) == []
    _rolled_up(engine, NOW)
    assert _hours(engine) == [(name, hour, 3, 5, 1) for name in NAMES for hour in (HOUR - 47, HOUR)]
    assert _days(engine) == [(name, long_ago // 24, 3, 10, 2) for name in NAMES]
    _rolled_up(engine, NOW)
    assert len(_hours(engine)) == 6 and len(_days(engine)) == 3


def test_calls_of_a_day_that_is_rolled_up_are_added_to_it(engine: Engine) -> None:
    long_ago = HOUR - 24 * (DAYS_BY_HOUR + 3)
    _add(engine, long_ago * 3_600.0, Call(NAMES[0], long_ago, -1, 1, 0))
    _rolled_up(engine, NOW)
    late = [Call(NAMES[0], long_ago, -1, 2, 2), Call(NAMES[0], long_ago + 1, -1, 3, 0), Call(NAMES[0], HOUR, -1, 1, 0)]
    _add(engine, NOW, *late)
    _add(engine, NOW, *late)
    assert _days(engine) == [(NAMES[0], long_ago // 24, -1, 11, 4)]
    assert _hours(engine) == [(NAMES[0], HOUR, -1, 2, 0)]


def test_many_calls_at_once_are_counted_as_few_are(engine: Engine) -> None:
    """PostgreSQL takes many rows another way."""
    hours = range(HOUR - 24 * (DAYS_BY_HOUR + 4), HOUR)
    calls = [Call(name, hour, bucket, 1, 0) for name in NAMES for hour in hours for bucket in range(3)]
    for _ in range(2):
        _add(engine, NOW, *calls)
    rows = [*_hours(engine), *_days(engine)]
    assert sum(row[3] for row in rows) == 2 * len(calls)
    assert {row[1] for row in _hours(engine)} == {hour for hour in hours if hour >= 24 * (TODAY - DAYS_BY_HOUR)}


def test_a_day_that_calls_may_still_be_added_to_is_not_rolled_up(engine: Engine) -> None:
    """Not by an analyser whose clock is up to a day behind either."""
    first = TODAY - DAYS_BY_HOUR
    for behind in (0.0, 86_000.0):
        _add(engine, NOW - behind, Call(NAMES[0], first * 24, 0, 1, 0))
        _rolled_up(engine, NOW)
    assert _hours(engine) == [(NAMES[0], first * 24, 0, 2, 0)] and _days(engine) == []


def test_deleting_takes_days_too(engine: Engine) -> None:
    _add(engine, NOW, *(Call(name, 24, 0, 1, 0) for name in NAMES))
    with writing(engine) as connection:
        delete_endpoints(connection, NAMES[:1])
    assert [row[0] for row in _days(engine)] == list(NAMES[1:])
    with writing(engine) as connection:
        delete_all(connection)
    assert _days(engine) == []


def _partitions(url: str) -> set[str]:
    engine = connected(url)
    try:
        return {name for name in inspect(engine).get_table_names() if name.startswith("traffic_")} - {"traffic_days"}
    finally:
        engine.dispose()


def test_on_postgresql_a_day_is_a_partition_that_is_dropped(postgres: str) -> None:
    engine = open_store(postgres)
    days = [TODAY - DAYS_BY_HOUR - 2, TODAY - 1, TODAY]
    _add(engine, NOW - 86_400 * (DAYS_BY_HOUR + 2), *(Call(NAMES[0], day * 24, 0, 1, 0) for day in days))
    assert _partitions(postgres) == {f"traffic_{day}" for day in days}
    roll_up(engine, NOW)
    assert _partitions(postgres) == {f"traffic_{day}" for day in days[1:]}
    engine.dispose()


def test_on_postgresql_a_page_that_reads_for_long_is_not_disturbed(postgres: str) -> None:
    engine, days = open_store(postgres), [TODAY - 9, TODAY]
    for day in days:  # so late that it had been a day's at once
        _add(engine, day * 86_400.0, Call(NAMES[0], day * 24, 3, 5, 1))
    counted = select(func.sum(traffic.c.calls))
    with reading(engine) as page:
        assert page.scalar(counted) == 10
        roll_up(engine, NOW)  # nobody waits for anybody: there is another minute
        assert _partitions(postgres) == {f"traffic_{day}" for day in days} and _days(engine) == []
        assert page.scalar(counted) == 10
    roll_up(engine, NOW)
    assert _partitions(postgres) == {f"traffic_{TODAY}"} and [row[3] for row in _days(engine)] == [5]
    engine.dispose()


def test_on_postgresql_a_page_goes_on_while_a_day_is_summed_up(postgres: str) -> None:
    """It has the table of all days and waits for none of them, so it never stands in the way of what waits for it."""
    engine = open_store(postgres)
    _add(engine, NOW - 9 * 86_400, Call(NAMES[0], HOUR - 9 * 24, 3, 5, 1))
    with writing(engine) as summing:
        summing.exec_driver_sql(f"LOCK TABLE traffic_{TODAY - 9} IN SHARE MODE")
        with reading(engine) as page:
            page.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
            assert page.scalar(select(func.sum(traffic.c.calls))) == 5
    engine.dispose()


def test_analysers_that_make_the_same_partitions_at_once_lose_nothing(postgres: str) -> None:
    engine = open_store(postgres)
    start = threading.Barrier(4)

    def work() -> None:
        for step in range(6):
            start.wait(60)
            hours = [HOUR - 60 + step, HOUR - 30 + step, HOUR + step]
            _add(engine, NOW, *(Call(name, hour, 0, 1, 0) for hour in hours for name in NAMES))

    with ThreadPoolExecutor(4) as workers:
        for done in [workers.submit(work) for _ in range(4)]:
            done.result()
    assert sum(row[3] for row in _hours(engine)) == 4 * 6 * 3 * len(NAMES)
    engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_upgrade_keeps_all_calls_and_the_hours_of_late(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = sqlite_store(tmp_path) if kind == "sqlite" else postgresql_store(request.getfixturevalue("postgres"))
    hour = int(time.time() // 3_600)
    before = connected(url)
    with before.begin() as connection:
        [name] = connection.exec_driver_sql("SELECT id FROM endpoints WHERE template = '/fails'").scalars()
        connection.exec_driver_sql("UPDATE traffic SET hour = hour - 24000")
        connection.exec_driver_sql(f"INSERT INTO traffic VALUES ('{name}', {hour}, 5, 7, 2), ('{name}', {hour - 30}, 5, 1, 0)")
        calls = connection.exec_driver_sql("SELECT sum(calls) FROM traffic").scalar()
    before.dispose()
    engine = open_store(url)
    assert [row[1:] for row in _hours(engine)] == [(hour - 30, 5, 1, 0), (hour, 5, 7, 2)]
    with engine.connect() as connection:
        assert connection.scalar(select(func.sum(traffic_days.c.calls))) == calls - 8
    _add(engine, time.time(), Call(name, hour + 1, 5, 1, 0), Call(name, hour, 5, 1, 0))
    assert [row[3] for row in _hours(engine)] == [1, 8, 1]
    engine.dispose()
