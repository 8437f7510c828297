"""Tests read and write the store in plain SQL, as SQLAlchemy would; any store that is not of now is left to it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

from metlo_auto.collector.inventory import plain_queries, queries, routes
from metlo_auto.collector.store import running_tests, test_runs
from metlo_auto.collector.store.database import open_store, reading, writing
from metlo_auto.collector.store.statements import OfEngine, Statements, of_current_sqlite
from metlo_auto.collector.store.tables_version import VERSION
from tests.collector.analysed import analysed
from tests.collector.collector_support import trace
from tests.collector.store.store_support import postgresql_store, sqlite_store

CHILD = """
import sys
from metlo_auto.collector.service.cli import main
status = main(sys.argv[1:])
print(sorted({"sqlalchemy", "alembic", "flask", "requests"} & set(sys.modules)))
sys.exit(status)
"""
DECLARED = {
    "app": "shop", "service": "eu", "mount": "/m",
    "routes": [{"methods": ["GET", "POST"], "rule": "/a/<int:id>", "endpoint": "a", "file": "shop.py", "line": 7},
               {"methods": ["GET"], "rule": "/b", "endpoint": "b"}],
}  # fmt: skip


@pytest.fixture(params=["sqlite3", "engine", "postgresql"])
def store(request: Any, tmp_path: Path) -> Iterator[Statements]:
    """An empty one, asked in each way."""
    url = f"sqlite:///{tmp_path}/c.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres")
    engine = open_store(url)
    found = of_current_sqlite(url) if request.param == "sqlite3" else OfEngine(engine)
    assert found is not None
    yield found
    found.close()
    engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_store_with_folded_endpoints_is_read_alike(kind: str, request: Any, tmp_path: Path) -> None:
    url = sqlite_store(tmp_path) if kind == "sqlite" else postgresql_store(request.getfixturevalue("postgres"))
    engine = open_store(url)
    found: Statements = OfEngine(engine)
    if kind == "sqlite":
        direct = of_current_sqlite(url)
        assert direct is not None
        found = direct
    with found.reading() as ask, reading(engine) as beside:
        listed = plain_queries.list_endpoints(ask)
        assert listed == queries.list_endpoints(beside) != []
        assert plain_queries.read_routes(ask) == routes.read(beside) != []
        kept = plain_queries.latest_of_each(ask, 3)
        groups = queries.groups(beside)
        assert any(len(members) > 1 for members in groups.values())
        for name, members in groups.items():
            assert kept.get(name, []) == queries.latest_traces(beside, 3, members)
    engine.dispose()


@pytest.mark.parametrize("way", ["sqlite3", "engine"])
def test_endpoints_and_routes_are_those_of_the_pages(tmp_path: Path, way: str) -> None:
    of_one = [trace(f"/a/{n}", route="/a/{id}") for n in range(3)] + [trace("/b", "POST"), trace("/gone", status=404)]
    guessed = [trace(f"/users/{n}/x") for n in range(40)]
    hosts = [
        trace("/a/1", route="/a/{id}", host=f"h{n % 3}.example", meta={"service": "eu"}) for n in range(7)
    ]
    with analysed(tmp_path, of_one, guessed, hosts) as connection:
        declaration = routes.parse(DECLARED)
        assert declaration is not None
        engine = open_store(f"sqlite:///{tmp_path}/c.db")
        connection.rollback()  # another may write
        with writing(engine) as other:
            routes.replace(other, declaration, 1.0)
        found = of_current_sqlite(f"sqlite:///{tmp_path}/c.db") if way == "sqlite3" else OfEngine(engine)
        assert found is not None
        with found.reading() as ask, reading(engine) as beside:
            listed = plain_queries.list_endpoints(ask)
            assert listed == queries.list_endpoints(beside)
            assert any(len(endpoint.hosts) > 1 for endpoint in listed) and any("{" in e.template for e in listed)
            assert plain_queries.read_routes(ask) == routes.read(beside) != []
        engine.dispose()


def test_a_run_is_begun_and_ended_and_few_are_kept(store: Statements, tmp_path: Path) -> None:
    for number in range(running_tests.MOST_RUNS + 3):
        running_tests.begin_run(store, f"run-{number}", "http://127.0.0.1:1")
    running_tests.end_run(store, f"run-{number}", {"run": "é"})
    with reading(store.engine()) as connection:
        kept = test_runs.read_runs(connection)
    assert [run.run for run in kept] == [f"run-{n}" for n in range(number, number - running_tests.MOST_RUNS, -1)]
    assert kept[0].result == {"run": "é"} and kept[1].result is None


def test_what_arrived_and_what_the_agent_saw(store: Statements) -> None:
    assert running_tests.arrived(store) == (0.0, 0) and not running_tests.is_reported(store, "r")
    with store.writing() as ask:
        ask("INSERT INTO test_traces (run, number, status, exception) VALUES (?, ?, ?, ?)", "r", 7, 500, "a.Error")
    assert running_tests.exception_of(store, "r", 7) == "a.Error" and running_tests.is_reported(store, "r")
    assert running_tests.exception_of(store, "r", 8) is None and not running_tests.is_reported(store, "s")


def test_what_is_broken_off_is_not_written(store: Statements) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as ask:
        ask("INSERT INTO test_runs (run, started_at, target, result) VALUES ('r', 1, '', '')")
        raise ZeroDivisionError
    with store.reading() as ask:
        assert ask("SELECT run FROM test_runs") == []


def test_only_a_file_of_this_version_is_asked_directly(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/c.db"
    assert of_current_sqlite(url) is None and not (tmp_path / "c.db").exists()  # none is made
    open_store(url).dispose()
    os.chmod(tmp_path / "c.db", 0o644)
    assert of_current_sqlite(url) is not None
    assert (tmp_path / "c.db").stat().st_mode & 0o777 == 0o600
    for other in (f"{url}?timeout=1", "sqlite://", "postgresql://localhost/x"):
        assert of_current_sqlite(other) is None
    for version in (VERSION - 1, VERSION + 1):
        with sqlite3.connect(tmp_path / "c.db") as connection:
            connection.execute("UPDATE metlo_schema_version SET version_num = ?", (str(version),))
        assert of_current_sqlite(url) is None
    (tmp_path / "d.db").write_bytes(b"no database, but long enough to be taken for a page of one" * 99)
    assert of_current_sqlite(f"sqlite:///{tmp_path}/d.db") is None


def test_a_run_on_a_store_of_now_imports_neither_sqlalchemy_nor_flask(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/collector.db").dispose()
    os.chmod(tmp_path, 0o700)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("METLO_")}
    arguments = ["test", "http://127.0.0.1:9", "--dry-run", "--data-dir", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *arguments], env=environ, cwd=str(Path(__file__).parents[2]),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 3 and "the collector has seen no endpoint" in done.stderr
    assert json.loads(done.stdout.strip().splitlines()[-1].replace("'", '"')) == []
