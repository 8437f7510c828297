"""Every page reads the same from SQLite and from PostgreSQL."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Iterator

import pytest

from tests.collector import postgres_support
from tests.collector.collector_support import Collector
from tests.collector.page import shop
from tests.collector.page.conftest import fill

pytestmark = pytest.mark.slow
PATHS = (
    "/",
    "/?sort=p95&data=any",
    "/requests?status=2",
    "/findings",
    "/sensitive",
    "/openapi",
    "/openapi.json",
    "/settings",
)


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    if postgres_support.binaries() is None:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
    servers = postgres_support.running()
    running = Collector(tmp_path_factory.mktemp("postgres"), "--store", next(servers))
    yield running
    running.stop()
    servers.close()  # type: ignore[attr-defined]


def text(collector: Collector, path: str) -> str:
    answer = collector.session.get(collector.url + path, headers={"Authorization": collector.key}, timeout=60)
    assert answer.status_code == 200, (path, answer.text)
    return answer.text


def words(page: str) -> list[str]:
    """What a page says, without its markup and without what differs from store to store: times, sizes and tokens."""
    plain = re.sub(r"<time.*?</time>|<[^>]*>", " ", page, flags=re.S)
    plain = re.sub(r"\b[\d.]+ ([kM]?B|ms|s)\b|[\d.,]+/s|127\.0\.0\.1:\d+|/tmp/\S+|since \S+ \S+ \S+ process \d+", "", plain)
    return plain.split()


def test_pages_say_the_same_on_both_stores(on_postgres: Collector, tmp_path: Path) -> None:
    on_sqlite = Collector(tmp_path)
    try:
        now = time.time()
        for collector in (on_sqlite, on_postgres):
            fill(collector, share=0.05, now=now, stepwise=True)
        endpoints = ["/endpoints/" + item["id"] for item in on_sqlite.get("/api/local/endpoints")]
        assert len(endpoints) == len(shop.ROUTES)
        for path in (*PATHS, *endpoints):
            assert words(text(on_postgres, path)) == words(text(on_sqlite, path)), path
    finally:
        on_sqlite.stop()
