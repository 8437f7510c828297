"""What pages show of all endpoints is kept; it is what would be read from everything, on either database."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Iterator

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Engine

from metlo_auto.collector.analysis.analysis_state import AnalysisState
from metlo_auto.collector.analysis.merge import apply
from metlo_auto.collector.inventory import figure_queries, figures, findings, queries, routes
from metlo_auto.collector.inventory.exposures import classes_by_endpoint, read_exposures
from metlo_auto.collector.page import endpoint_table, listing
from metlo_auto.collector.store import deletion, figure_marks
from metlo_auto.collector.store.database import open_store, reading, writing
from metlo_auto.collector.store.inbox import Filed
from metlo_auto.collector.store.retention import Caps
from metlo_auto.collector.store.schema import endpoint_figures, endpoints, exposure_figures, finding_figures
from tests.collector.analysed import admitted
from tests.collector.collector_support import trace
from tests.collector.page import shop

DAY = 86_400.0
BEARER = [{"name": "Authorization", "value": "Bearer redacted-abcdefghijkl"}]


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/c.db" if request.param == "sqlite" else request.getfixturevalue("postgres")
    engine = open_store(url)
    yield engine
    engine.dispose()


def take_in(engine: Engine, traces: list[dict[str, Any]], now: float) -> None:
    result = admitted([Filed(1, now, 1, len(traces), json.dumps(traces).encode())], AnalysisState())
    with writing(engine) as connection:
        apply(connection, result, Caps(), now)


def from_everything(engine: Engine) -> tuple[list[Any], list[Any]]:
    with reading(engine) as connection:
        found = findings.find_all(connection, time.time())
        # what these were first seen with is no part of a finding
        return [item._replace(route=None) for item in found], [
            item._replace(anonymous=0, in_error=0) for item in read_exposures(connection)
        ]


def from_figures(engine: Engine) -> tuple[list[Any], list[Any]]:
    with reading(engine) as connection:
        view = figure_queries.view(connection, None)
        found = figure_queries.findings(view, 10_000) + figure_queries.findings(view, 10_000, dismissed=True)
        exposed = figure_queries.exposures(connection, None, 10_000)
        exposed += figure_queries.exposures(connection, None, 10_000, dismissed=True)
        return [item._replace(route=None) for item in found], exposed


def assert_figures_are_those_of_everything(engine: Engine) -> None:
    for kept, whole in zip(from_figures(engine), from_everything(engine)):
        assert whole
        assert sorted(map(repr, kept)) == sorted(map(repr, whole))


def test_figures_are_what_everything_says(store: Engine) -> None:
    now = time.time()
    traces = list(shop.traces(now, share=0.1))
    take_in(store, traces[: len(traces) // 2], now - 3 * DAY)
    figures.refresh(store, 60)
    take_in(store, traces[len(traces) // 2 :], now)  # endpoints and fields that are news by then
    with writing(store) as connection:
        declared = routes.parse(shop.declared())
        assert declared is not None
        routes.replace(connection, declared._replace(routes=declared.routes[:3]), now)
    figures.refresh(store, 60)
    assert_figures_are_those_of_everything(store)
    kinds = {item.kind.name for item in from_figures(store)[0]}
    assert {"new-endpoint", "undeclared"} <= kinds and len(kinds) > 4


def test_what_is_dismissed_and_restored_shows_at_once(store: Engine) -> None:
    now = time.time()
    take_in(store, list(shop.traces(now, share=0.1)), now)
    figures.refresh(store, 60)
    found, exposed = from_figures(store)
    keys = [found[0].key, exposed[0].key]
    with writing(store) as connection:
        for key in keys:
            findings.dismiss(connection, key, now)
    figures.refresh_quickly(store)
    assert_figures_are_those_of_everything(store)
    assert {item.key for several in from_figures(store) for item in several if item.dismissed} == set(keys)
    with writing(store) as connection:
        for key in keys:
            findings.restore(connection, key)
    figures.refresh_quickly(store)
    assert not any(item.dismissed for several in from_figures(store) for item in several)


def test_news_end_by_time_alone(store: Engine) -> None:
    now = time.time()
    take_in(store, [trace("/old", response_body='{"a": 1}')], now - 20 * DAY)
    take_in(store, [trace("/new", response_body='{"a": 1}')], now)
    figures.refresh(store, 60)
    with reading(store) as connection:
        view = figure_queries.view(connection, None)
        assert [item.endpoint.template for item in figure_queries.findings(view, 9)] == ["/new"]
        assert figure_queries.findings(view._replace(since=now + 1), 9) == []
        assert figure_queries.finding_counts(view._replace(since=now + 1)) == []


def test_an_endpoint_that_joins_another_leaves_no_figures_of_its_own(store: Engine) -> None:
    now = time.time()
    mail = json.dumps({"email": "ann@example.com"})
    take_in(store, [trace(f"/users/{name}", response_body=mail, route=f"/users/{name}") for name in ("ann", "bob")], now)
    figures.refresh(store, 60)
    with writing(store) as connection:
        first, second = sorted(connection.execute(select(endpoints.c.id)).scalars())
        connection.execute(update(endpoints).where(endpoints.c.id == second).values(folded_into=first))
        figure_marks.mark(connection, [second, first])
    figures.refresh(store, 60)
    assert {item.endpoint_id for item in from_figures(store)[1]} == {first}
    assert [item.claim.hits for item in from_figures(store)[1]] == [2]
    assert_figures_are_those_of_everything(store)


def test_what_is_deleted_has_no_figures(store: Engine) -> None:
    now = time.time()
    take_in(store, list(shop.traces(now, share=0.1)), now)
    figures.refresh(store, 60)
    found = from_figures(store)[0]
    with writing(store) as connection:
        deletion.delete_endpoints(connection, queries.group(connection, found[0].endpoint.id))
    assert found[0].endpoint.id not in {item.endpoint.id for item in from_figures(store)[0]}
    with writing(store) as connection:
        deletion.delete_all(connection)
    with reading(store) as connection:
        for table in (endpoint_figures, exposure_figures, finding_figures):
            assert connection.execute(select(table)).all() == []


def test_what_changes_while_it_is_gathered_is_gathered_again(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_store(postgres)
    mail = '{"email": "a@example.com"}'
    take_in(engine, [trace("/users/1", response_body=mail)], time.time())
    gathered, times = figures._insert, []

    def meanwhile(*arguments: Any) -> None:
        gathered(*arguments)
        times.append(1)
        if len(times) == 1:
            take_in(engine, [trace("/users/1", response_body=mail)], time.time())

    monkeypatch.setattr(figures, "_insert", meanwhile)
    figures.refresh(engine, 60)
    assert len(times) == 2
    assert [item.claim.hits for item in from_figures(engine)[1]] == [2]
    engine.dispose()


def test_a_page_does_not_wait_for_one_that_writes(store: Engine) -> None:
    take_in(store, [trace("/users/1", response_body='{"email": "a@example.com"}')], time.time())
    with writing(store) as connection:
        figure_marks.lock(connection)
        begun = time.monotonic()
        figures.refresh_quickly(store)
        assert time.monotonic() - begun < 10  # and not the twenty seconds of one that analyses
        assert from_figures(store) == ([], [])
    figures.refresh_quickly(store)
    assert len(from_figures(store)[1]) == 1


def fill_table(engine: Engine) -> None:
    now = time.time()
    ok = '{"email": "ann@example.com"}'
    old = [
        *[trace("/a", response_body=ok, request_headers=BEARER, duration=1) for _ in range(5)],
        *[trace("/b", status=500 if n % 10 == 0 else 200, duration=9) for n in range(50)],
    ]
    new = [trace("/c", "POST", duration=70, request_headers=BEARER if n == 0 else []) for n in range(20)]
    take_in(engine, old, now - 2 * DAY)
    take_in(engine, new, now)
    with writing(engine) as connection:
        connection.execute(update(endpoints).values(last_seen=now))
    figures.refresh(engine, 60)


TABLES: list[tuple[dict[str, str], str]] = [
    ({}, "/b /c /a"),
    ({"reverse": "1"}, "/a /c /b"),
    ({"sort": "endpoint"}, "/a /b /c"),
    ({"sort": "method"}, "/a /b /c"),
    ({"sort": "errors"}, "/b /a /c"),
    ({"sort": "data"}, "/a /b /c"),
    ({"sort": "auth"}, "/b /c /a"),
    ({"q": "post SHOP"}, "/c"),
    ({"q": "shop nothing"}, ""),
    ({"q": "%"}, ""),
    ({"method": "GET"}, "/b /a"),
    ({"auth": "never"}, "/b"),
    ({"auth": "always", "data": "email"}, "/a"),
    ({"data": "any"}, "/a"),
    ({"data": "phone"}, ""),
    ({"only": "new"}, "/c"),
    ({"only": "errors"}, "/b"),
    ({"only": "findings"}, "/b /c"),
    ({"auth": "sometimes"}, "/c"),
    ({"sort": "p95"}, "/c /a /b"),
    ({"sort": "nonsense", "page": "-1", "method": "<script>", "auth": "x", "only": "y"}, "/b /c /a"),
]


def test_filters_and_orders(store: Engine) -> None:
    fill_table(store)
    with reading(store) as connection:
        view, now = figure_queries.view(connection, None), time.time()
        for arguments, templates in TABLES:
            rows, found = endpoint_table.page(view, listing.read(arguments), 3, now - DAY, now - DAY)
            assert (" ".join(row.template for row in rows), found) == (templates, len(templates.split())), arguments


def test_rows_say_what_the_inventory_says(store: Engine) -> None:
    now = time.time()
    take_in(store, list(shop.traces(now, share=0.1)), now)
    figures.refresh(store, 60)
    with reading(store) as connection:
        view = figure_queries.view(connection, None)
        listed = queries.list_endpoints(connection)
        counts = figure_queries.finding_counts(view)
        numbers = endpoint_table.overview(view, sum(count.n for count in counts), now - DAY)
        rows, found = endpoint_table.page(view, listing.read({"sort": "endpoint"}), numbers.endpoints, now, now)
        classes = classes_by_endpoint(read_exposures(connection))
        said = findings.find_all(connection, now)
        calls = figure_queries.calls(view, counts, 5)
    assert found == numbers.endpoints == len(listed) == len(rows) <= listing.PAGE
    for row, endpoint in zip(rows, sorted(listed, key=lambda one: (one.template, one.method))):
        shared = endpoint._asdict()
        shared.pop("declared")
        assert {name: getattr(row, name) for name in shared} == shared
        assert set(row.classes) == set(classes.get(row.id, ()))
    assert numbers.sensitive == sum(bool(names) for names in classes.values())
    assert numbers.findings == len(said)
    assert [call.first.kind for call in calls] == [item.kind for item in _one_of_each(said)][: len(calls)]
    assert all(call.first.kind.severity != "news" for call in calls)


def _one_of_each(said: list[findings.Finding]) -> list[findings.Finding]:
    return list({(item.kind.name, item.endpoint.id): item for item in reversed(said)}.values())[::-1]


def test_pages_hold_every_row_once(store: Engine) -> None:
    now = time.time()
    row = {
        "service": "shop", "host": "shop.example", "method": "GET", "declared": 1, "confirmed": 1, "calls": 1,
        "errors": 0, "client_errors": 0, "authenticated": 0, "first_seen": now, "last_seen": now, "folded_into": None,
    }  # fmt: skip
    number = listing.PAGE * 2 + 1
    with writing(store) as connection:
        connection.execute(insert(endpoints), [{**row, "id": f"{n:04}", "template": f"/{n}"} for n in range(number)])
    with reading(store) as connection:
        view = figure_queries.view(connection, None)
        pages = [endpoint_table.page(view, listing.Wanted(page=n), number, now, now)[0] for n in (1, 2, 3, 4)]
    assert [len(rows) for rows in pages] == [listing.PAGE, listing.PAGE, 1, 0]
    assert len({row.id for rows in pages for row in rows}) == number
