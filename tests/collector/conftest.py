from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

pytest.importorskip("sqlalchemy", reason="the collector's packages are not installed (extra `collector`)")
pytest.importorskip("waitress", reason="the collector's packages are not installed (extra `collector`)")

from tests.collector import postgres_support  # noqa: E402
from tests.collector.collector_support import Collector  # noqa: E402


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    running = Collector(tmp_path)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """One collector for tests that do not look at totals."""
    running = Collector(tmp_path_factory.mktemp("collector"))
    yield running
    running.stop()


@pytest.fixture
def postgres_server() -> Iterator[postgres_support.Server]:
    """A PostgreSQL server that is not started."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    if postgres_support.binaries() is None:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
    server = postgres_support.Server()
    yield server
    server.remove()


@pytest.fixture
def postgres(postgres_server: postgres_support.Server) -> str:
    """The URL of an empty PostgreSQL database."""
    postgres_server.start()
    return postgres_server.url


@pytest.fixture(params=["sqlite", "postgres"])
def any_store(request: pytest.FixtureRequest) -> list[str]:
    """Arguments that choose the store: the default, and a real PostgreSQL."""
    return [] if request.param == "sqlite" else ["--store", request.getfixturevalue("postgres")]
