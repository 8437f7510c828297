"""Rows of several writers become one: one by one where they are few, by COPY where PostgreSQL is given many."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from metlo_auto.collector.store.database import WORTH_COPYING, insert_all, open_store, upsert, writing
from metlo_auto.collector.store.faults import is_environments
from metlo_auto.collector.store.schema import facts, samples

MANY = WORTH_COPYING * 3


@pytest.fixture
def engine(tmp_path: Path, any_store: list[str]) -> Iterator[Engine]:
    made = open_store(any_store[-1] if any_store else f"sqlite:///{tmp_path}/collector.db")
    yield made
    made.dispose()


def _rows(numbers: range, first_seen: float) -> list[dict[str, object]]:
    key = {"endpoint_id": "e", "section": "query", "path": "/\t\\N\n\u00e9", "kind": "value"}
    return [{**key, "value": str(number), "n": number, "first_seen": first_seen} for number in reversed(numbers)]


def test_many_rows_merge_as_few_do(engine: Engine) -> None:
    with writing(engine) as connection:
        for rows in (_rows(range(MANY), 5.0), _rows(range(3), 7.0), _rows(range(MANY), 3.0)):
            upsert(connection, facts, rows, sums=["n"], minima=["first_seen"])
    with writing(engine) as connection:
        upsert(connection, facts, _rows(range(MANY), 9.0), sums=["n"], minima=["first_seen"])
        found = {row.value: (row.path, row.n, row.first_seen) for row in connection.execute(select(facts))}
    times = {number: 4 if number < 3 else 3 for number in range(MANY)}
    assert found == {str(number): ("/\t\\N\n\u00e9", number * times[number], 3.0) for number in range(MANY)}


def test_bytes_and_missing_values_are_stored_as_they_are(engine: Engine) -> None:
    row = {"endpoint_id": None, "at": 1.5, "trace_id": "", "method": "GET", "status": 200, "size": 3, "body": b"\0\\\xff"}
    with writing(engine) as connection:
        insert_all(connection, samples, [row, row])
        found = connection.execute(select(samples.c.endpoint_id, samples.c.trace_id, samples.c.body)).all()
    assert [tuple(each) for each in found] == [(None, "", b"\0\\\xff")] * 2


def test_what_postgresql_refuses_is_the_rows_fault_and_a_lost_connection_is_not(postgres: str) -> None:
    engine = open_store(postgres)
    with pytest.raises(DBAPIError) as refused, writing(engine) as connection:
        upsert(connection, facts, [*_rows(range(MANY), 1.0), {**_rows(range(1), 1.0)[0], "kind": "\0"}])
    with pytest.raises(DBAPIError) as lost, writing(engine) as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with writing(engine) as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        insert_all(connection, samples, [{"at": 1.5, "method": "GET", "status": 200, "size": 0, "body": b""}])
    engine.dispose()
    assert not is_environments(refused.value)
    assert is_environments(lost.value)
