"""Stores of older versions: upgraded in place by whoever opens them first, wholly or not at all; newer ones refused."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Optional

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, update
from sqlalchemy.engine import Engine

from metlo_auto.collector.inventory import routes
from metlo_auto.collector.inventory.exposures import read_exposures
from metlo_auto.collector.inventory.queries import list_endpoints
from metlo_auto.collector.processes import start_mark
from metlo_auto.collector.store import schema
from metlo_auto.collector.store.database import connected, open_store, writing
from tests.collector.collector_support import ROOT, Collector, environment, run
from tests.collector.store.store_support import ACCEPTED, postgresql_store, sqlite_store


@pytest.fixture(params=["sqlite", "postgresql"])
def old_store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store as revision 5083a29 left it, without a version, with a batch in its inbox."""
    if request.param == "sqlite":
        return sqlite_store(tmp_path)
    return postgresql_store(request.getfixturevalue("postgres"))


def version_of(url: str) -> Any:
    engine = connected(url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("metlo_schema_version"):
                return None
            return connection.scalar(select(schema.schema_version.c.version_num))
    finally:
        engine.dispose()


def tables_of(url: str) -> set[str]:
    engine = connected(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_a_store_of_before_is_upgraded_in_place(old_store: str, tmp_path: Path) -> None:
    collector = Collector(tmp_path, "--store", old_store)
    try:
        status = collector.settled(ACCEPTED)
        assert (status["accepted_traces"], status["lost_traces"], status["set_aside_traces"]) == (ACCEPTED, 0, 0)
        calls = {(e["method"], e["route"]): e["calls"] for e in collector.get("/api/local/endpoints")}
        assert calls["GET", "/users/{id}"] == 7 and calls["GET", "/fruits/{param1}"] == 14
        assert calls["GET", "/cart/{id}"] == 3  # one endpoint of three hosts
        assert {trace["meta"]["traceId"] for trace in collector.get("/api/local/traces")} >= {"late", "u0"}
    finally:
        collector.stop()
    assert version_of(old_store) == str(schema.VERSION)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("origin", ["new", "old"])
def test_new_and_upgraded_stores_have_the_same_tables(
    kind: str, origin: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if origin == "old":
        url = sqlite_store(tmp_path) if kind == "sqlite" else postgresql_store(request.getfixturevalue("postgres"))
    else:
        url = f"sqlite:///{tmp_path}/new.db" if kind == "sqlite" else request.getfixturevalue("postgres")
    engine = open_store(url)
    with engine.connect() as connection:
        defaults = kind == "postgresql"  # alembic takes SQLite's '' for none
        opts = {"compare_type": True, "compare_server_default": defaults, "include_name": _is_no_partition}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, schema.metadata) == []
        if kind == "sqlite":  # what alembic does not compare
            fresh = open_store(f"sqlite:///{tmp_path}/fresh.db")
            for table in schema.metadata.tables:
                assert _columns(engine, table) == _columns(fresh, table)
            fresh.dispose()
            made = dict(connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all())
            without = {name for name, sql in made.items() if "WITHOUT ROWID" in sql}
            assert without == {
                table.name
                for table in schema.metadata.sorted_tables
                if table.dialect_options["sqlite"]["with_rowid"] is False
            }
    engine.dispose()
    assert version_of(url) == str(schema.VERSION)


def _is_no_partition(name: Optional[str], _kind: str, _parents: Any) -> bool:
    return re.fullmatch(r"traffic_\d+", name or "") is None


def _columns(engine: Engine, table: str) -> Any:
    found = sorted((c["name"], str(c["type"]), c["nullable"], c["default"]) for c in inspect(engine).get_columns(table))
    return found, inspect(engine).get_pk_constraint(table)["constrained_columns"]


_OPEN = "import sys; from metlo_auto.collector.store.database import open_store; open_store(sys.argv[1])"
_DIE = """
import os, signal, sys
from metlo_auto.collector.store import database, migrations
run = migrations.run
def die(connection):
    run(connection)
    os.kill(os.getpid(), signal.SIGKILL)
migrations.run = die
database.open_store(sys.argv[1])
"""


def test_endpoints_go_to_the_service_that_their_requests_name_else_to_their_host(old_store: str) -> None:
    before = connected(old_store)
    with before.begin() as connection:
        [leaky] = connection.exec_driver_sql(
            "SELECT id FROM endpoints WHERE host = '10.0.0.2:8000' AND template = '/cart/{id}'"
        ).scalars()
        seen = f"sensitive/{leaky}/response 2xx application/json/email/email"
        connection.exec_driver_sql(f"INSERT INTO dismissals VALUES ('{seen}', 5.0)")
        n = connection.exec_driver_sql("SELECT sum(n) FROM facts").scalar()
    before.dispose()
    engine = open_store(old_store)
    with engine.connect() as connection:
        listed = {(e.service, e.template): e for e in list_endpoints(connection)}
        assert {(service, template): (e.calls, e.hosts) for (service, template), e in listed.items()} == {
            ("cart", "/cart/{id}"): (2, ("10.0.0.1:8000", "10.0.0.2:8000")),
            ("localhost:5000", "/health"): (2, ("localhost:5000",)),  # of two services: nobody can tell them apart now
            ("127.0.0.1:5000", "/health"): (2, ("127.0.0.1:5000",)),
            ("shop.example", "/users/{id}"): (6, ("shop.example",)),
            ("shop.example", "/fails"): (1, ("shop.example",)),
            ("fruit.example", "/fruits/{param1}"): (14, ("fruit.example",)),
        }
        assert connection.exec_driver_sql("SELECT sum(n) FROM facts").scalar() == n
        dismissed = [found.endpoint_id for found in read_exposures(connection) if found.dismissed]
        assert dismissed == [listed["cart", "/cart/{id}"].id]
        requests = connection.exec_driver_sql("SELECT count(*) FROM samples WHERE service = 'cart' AND endpoint_id IS NOT NULL")
        assert requests.scalar() == 4
        route = routes.find(routes.locate(routes.read(connection), list(listed.values())), listed["cart", "/cart/{id}"])
        assert route is not None and (route.file, route.line) == ("cart/views.py", 3)
    engine.dispose()


def test_of_many_that_start_at_once_one_upgrades(old_store: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _OPEN, old_store]
    together = [subprocess.Popen(command, env=environment(tmp_path), cwd=ROOT) for _ in range(4)]
    assert [process.wait(60) for process in together] == [0] * 4
    assert version_of(old_store) == str(schema.VERSION)


def test_an_upgrade_that_is_killed_has_not_begun(old_store: str, tmp_path: Path) -> None:
    before = tables_of(old_store)
    killed = subprocess.run([sys.executable, "-c", _DIE, old_store], env=environment(tmp_path), cwd=ROOT, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert (version_of(old_store), tables_of(old_store)) == (None, before)
    open_store(old_store).dispose()
    assert version_of(old_store) == str(schema.VERSION)


@pytest.mark.parametrize(
    "arguments", [("endpoints",), ("serve", "--port", "0"), ("export",), ("test", "http://127.0.0.1:9")]
)
def test_a_newer_store_is_refused_in_one_line_that_says_what_to_do(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    _make_newer(f"sqlite:///{tmp_path}/collector.db")
    done = run(tmp_path, *arguments)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert "newer metlo-collector" in done.stderr and "pip install --upgrade 'metlo-auto[collector]'" in done.stderr


def _make_newer(url: str) -> None:
    engine = open_store(url)
    with writing(engine) as connection:
        connection.execute(update(schema.schema_version).values(version_num="999"))
    engine.dispose()


def test_an_analyser_leaves_a_store_alone_that_became_newer_under_it(postgres: str) -> None:
    from metlo_auto.collector.analysis.analyser import Worker
    from metlo_auto.collector.store import counters
    from metlo_auto.collector.store.schema_version import NewerStore

    postgresql_store(postgres)
    engine = open_store(postgres)
    worker = Worker(engine)
    worker.step()
    with writing(engine) as connection:  # as a newer node's upgrade does it, with a batch on its way
        connection.execute(update(schema.schema_version).values(version_num="999"))
        counters.add(connection, {schema.GENERATION: 1})
        connection.exec_driver_sql(
            "INSERT INTO inbox (received_at, version, traces, size, body) VALUES (1, 1, 1, 2, '[]')"
        )
    assert worker.step()  # it takes the batch, finds that rows have changed, and gives it back
    with pytest.raises(NewerStore):
        worker.step()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM inbox").scalar() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM claims WHERE until > 0").scalar() == 0
    engine.dispose()


def test_a_command_changes_no_tables_under_a_collector_of_an_older_version(tmp_path: Path) -> None:
    from metlo_auto.collector.data_folder import open_folder

    url = sqlite_store(tmp_path)
    said = {"pid": os.getpid(), "mark": start_mark(os.getpid()), "host": "127.0.0.1", "port": 9}
    open_folder(tmp_path).write_json("running.json", said)
    done = run(tmp_path, "endpoints")
    assert done.returncode == 1 and "of an older version; stop it, then try again" in done.stderr
    assert version_of(url) is None
    (tmp_path / "running.json").unlink()
    assert run(tmp_path, "endpoints").returncode == 0 and version_of(url) == str(schema.VERSION)
