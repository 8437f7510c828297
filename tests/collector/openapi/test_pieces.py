"""The document in pieces is the document; a page shows the beginning of a large one."""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from metlo_auto.collector import openapi
from metlo_auto.collector.ingest.group_commit import GroupCommit
from metlo_auto.collector.ingest.wsgi import Ingest
from metlo_auto.collector.inventory import routes
from metlo_auto.collector.openapi import pieces
from metlo_auto.collector.service.access import Names
from metlo_auto.collector.service.app_factory import Parts, make_app
from metlo_auto.collector.store.database import open_store, writing
from tests.collector.analysed import analysed
from tests.collector.collector_support import trace, until
from tests.collector.page import shop


def _linked() -> list[dict[str, Any]]:
    """Ids of one list, used in the path and in the query of others, which come before and after it."""
    made = []
    for name in ("ord_Ab3dEf6hIj9kLm", "ord_Zx3cVb6nMa9sDf"):
        listed = json.dumps({"items": [{"id": name, "total": 3}]})
        made.append(trace("/m/orders", route="/m/orders", response_body=listed))
        for path, route in (
            ("/a/{}", "/a/{order_id}"),
            ("/z/{}/lines", "/z/{order_id}/lines"),
            ("/z/{}/lines", "/z/{o}/lines"),
        ):
            made.append(trace(path.format(name), route=route, response_body='{"n": 1}'))
        query = [{"name": "order", "value": name}]
        made.append(trace("/b", route="/b", parameters=query, response_body="[]"))
    return made


@pytest.mark.parametrize("at_once", [1, 2, 7, 1_000])
@pytest.mark.parametrize("traces", [_linked, lambda: list(shop.traces(time.time(), share=0.02)), list])
def test_all_pieces_are_the_document(
    tmp_path: Path, traces: Any, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "MOST_AT_ONCE", at_once)
    monkeypatch.setattr(pieces, "FIELDS_AT_ONCE", at_once * 50)
    with analysed(tmp_path, traces()) as connection:
        service = next(iter(openapi.read_operations(connection)), None)
        name = service.services[0] if service else ""
        whole = openapi.make_document(openapi.read_operations(connection, service=name), "T")
        text = "".join(openapi.document_pieces(lambda: nullcontext(connection), name, "T"))
    assert text == json.dumps(whole, indent=2)
    assert not openapi.differences(json.loads(text), whole)


def test_links_lead_to_operations_of_other_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MOST_AT_ONCE", 1)
    with analysed(tmp_path, _linked()) as connection:
        service = openapi.read_operations(connection)[0].services[0]
        found = json.loads("".join(openapi.document_pieces(lambda: nullcontext(connection), service, "T")))
    links = found["paths"]["/m/orders"]["get"]["responses"]["200"]["links"].values()
    said = {(link["operationId"], *link["parameters"]) for link in links}
    assert {("get_a_order_id", "path.order_id"), ("get_b", "query.order")} <= said


def _shown(folder: Path, path: str) -> str:
    engine = open_store(f"sqlite:///{folder}/c.db")
    commit = GroupCommit(engine, 10**9)
    client = Client(make_app(Parts(engine, Ingest(commit, "key"), "key", b"secret", Names(), dict)))
    try:
        answer = client.get(path, headers={"Authorization": "key", "Host": "localhost"})
        assert answer.status_code == 200
        return answer.get_data(as_text=True)
    finally:
        commit.close()
        engine.dispose()


def test_the_page_of_a_large_service_shows_the_first_operations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "FIRST", 3)
    with analysed(tmp_path, [trace(f"/r{n}", route=f"/r{n}", response_body="{}") for n in range(9)]):
        pass
    page = _shown(tmp_path, "/openapi")
    assert "/r2" in page and "/r3" not in page and "the download has all 9" in page and "9 operations" in page
    assert sorted(json.loads(_shown(tmp_path, "/openapi.json"))["paths"]) == [f"/r{n}" for n in range(9)]


def test_a_preview_of_an_operation_with_many_fields_has_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "ROWS_OF_A_WHOLE", 50)
    monkeypatch.setattr(pieces, "MOST_FIELDS", 20)
    body = json.dumps({f"f{n:03}": n for n in range(100)})
    with analysed(tmp_path, [trace("/r", route="/r", response_body=body)]):
        pass
    page = _shown(tmp_path, "/openapi")
    assert "f010" in page and "f090" not in page
    assert "f090" in _shown(tmp_path, "/openapi.json")


def test_many_routes_are_compared_beside_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from metlo_auto.collector.page import openapi_view

    monkeypatch.setattr(openapi_view, "FEW", 0)
    with analysed(tmp_path, [trace("/r", route="/r", response_body="{}")]):
        pass
    engine = open_store(f"sqlite:///{tmp_path}/c.db")
    rules = [{"methods": ["GET"], "rule": rule, "endpoint": "v"} for rule in ("/r", "/never")]
    declared = routes.parse({"app": "shop", "routes": rules})
    assert declared is not None
    with writing(engine) as connection:
        routes.replace(connection, declared, 1.0)
    commit = GroupCommit(engine, 10**9)
    client = Client(make_app(Parts(engine, Ingest(commit, "key"), "key", b"secret", Names(), dict)))
    pages = []

    def compared() -> bool:
        answer = client.get("/openapi", headers={"Authorization": "key", "Host": "localhost"})
        pages.append(answer.get_data(as_text=True))
        return "/<wbr>never" in pages[-1]

    until(compared)
    assert "being compared" in pages[0] and "/<wbr>never" not in pages[0]
    commit.close()
    engine.dispose()
