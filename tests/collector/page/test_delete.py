"""What was collected can be deleted, and limits can be set; both only on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from tests.collector.collector_support import Collector, trace
from tests.collector.page.browser import expect

pytestmark = pytest.mark.slow


@pytest.fixture
def filled(collector: Collector) -> Collector:
    collector.batch([trace(f"/things/{n}", route="/things/{n}", response_body='{"n": 1}') for n in range(20)])
    collector.settled(20)
    return collector


def stored(collector: Collector) -> bytes:
    """Every byte of the database's files."""
    return b"".join(path.read_bytes() for path in sorted(collector.data_dir.glob("collector.db*")))


def form(page: Any, what: str) -> Any:
    return page.locator("form.delete", has=page.locator(f"[value={what}]"))


def test_deleting_raw_data_keeps_the_inventory(opened: Any, filled: Collector) -> None:
    filled.batch([trace("/things/7", route="/things/{n}", request_body="a note to alice@example.com")])
    filled.settled(21)
    assert b"alice@example.com" in stored(filled)
    page = opened(filled, "/settings")
    form(page, "raw").locator("[name=sure]").check()
    form(page, "raw").locator("button").click()
    expect(page.locator(".done-note")).to_contain_text("The kept requests are deleted")
    assert b"alice@example.com" not in stored(filled)
    page.goto(filled.url + "/requests")
    expect(page.locator(".nothing")).to_have_text("No request is kept.")
    page.goto(filled.url + "/")
    expect(page.locator("#rows .c-calls")).to_have_text("21")


@pytest.mark.parametrize("script", [True, False])
def test_deleting_everything_starts_again(opened: Any, filled: Collector, script: bool) -> None:
    page = opened(filled, "/settings", java_script_enabled=script)
    form(page, "all").locator("[name=sure]").check()
    form(page, "all").locator("button").click()
    expect(page.locator(".done-note")).to_contain_text("Everything is deleted")
    page.goto(filled.url + "/")
    expect(page.locator("h1")).to_have_text("Waiting for the first request")
    filled.batch([trace("/things/1", route="/things/{n}", response_body='{"email": "alice@example.com"}')])
    filled.settled(1)
    page.goto(filled.url + "/")
    expect(page.locator("#rows .c-calls")).to_have_text("1")
    expect(page.locator("#rows .c-data")).to_contain_text("email")


def test_one_endpoint_is_deleted_and_the_others_stay(opened: Any, filled: Collector) -> None:
    filled.batch([trace("/other", route="/other")])
    filled.settled(21)
    page = opened(filled)
    page.click("#rows a >> text=things")
    page.check("[name=sure]")
    page.click("text=Delete endpoint")
    expect(page.locator(".done-note")).to_contain_text("The endpoint is deleted")
    expect(page.locator("#rows .route")).to_have_text(["/other"])
    assert [item["request"]["url"]["path"] for item in filled.get("/api/local/traces")] == ["/other"]


def test_nothing_is_deleted_without_the_tick(opened: Any, filled: Collector) -> None:
    page = opened(filled, "/settings")
    form(page, "all").locator("button").click()
    assert page.locator("[name=sure]:invalid").count() == 2
    page.complaints.expected = ("400",)
    page.eval_on_selector_all("[name=sure]", "boxes => boxes.forEach(box => { box.required = false; })")
    form(page, "all").locator("button").click()
    expect(page.locator("main")).to_contain_text("Nothing was deleted")
    assert len(filled.get("/api/local/traces")) == 20


def test_a_lower_limit_takes_the_oldest_away(opened: Any, filled: Collector) -> None:
    page = opened(filled, "/settings")
    page.fill("[name=samples]", "5")
    page.click("text=Save limits")
    expect(page.locator(".done-note")).to_be_visible()
    assert page.input_value("[name=samples]") == "5"
    paths = [item["request"]["url"]["path"] for item in filled.get("/api/local/traces")]
    assert paths == [f"/things/{n}" for n in (19, 18, 17, 16, 15)]
