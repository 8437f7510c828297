"""The page of one endpoint: its fields, its findings, where its view stands, its latest requests."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.collector.collector_support import Collector
from tests.collector.page.browser import expect

pytestmark = pytest.mark.slow
Ids = dict[tuple[str, str], str]


def opened_endpoint(opened: Any, collector: Collector, ids: Ids, method: str, route: str) -> Any:
    return opened(collector, "/endpoints/" + ids[method, route])


def fields(page: Any, caption: str) -> dict[str, str]:
    """The rows of the table of fields whose caption begins with `caption`: name and all the rest."""
    table = page.locator("table.fields", has=page.locator("caption", has_text=re.compile("^" + caption)))
    return {
        row.locator(".name").inner_text(): " ".join(row.inner_text().split()[1:])
        for row in table.locator("tbody tr").all()
    }


def test_a_row_of_the_table_leads_to_its_endpoint(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector)
    page.click("#rows a >> text=/checkout")
    expect(page.locator("h1")).to_have_text(re.compile(r"POST\s*/checkout"))


def test_fields_form_a_tree_with_presence(opened: Any, shop_collector: Collector, endpoint_ids: Ids) -> None:
    page = opened_endpoint(opened, shop_collector, endpoint_ids, "GET", "/products/{product_id}")
    found = fields(page, "Response 2xx")
    assert re.fullmatch(r"object [\d,]+ of [\d,]+", found["discount"])
    assert found["percent"] == "integer always"
    assert page.locator("tr", has=page.locator(".name", has_text="percent")).locator("th.depth1").count() == 1
    assert found["status"] == "string available sold_out always"


def test_sensitive_fields_carry_their_evidence_and_no_value(
    opened: Any, shop_collector: Collector, endpoint_ids: Ids
) -> None:
    page = opened_endpoint(opened, shop_collector, endpoint_ids, "POST", "/checkout")
    number = fields(page, "Request body")["number"]
    assert re.search(r"card \d+ of \d+, •+\d{4}", number)
    assert "4111111111111111" not in page.content()


def test_the_views_file_and_line_are_named(opened: Any, shop_collector: Collector, endpoint_ids: Ids) -> None:
    page = opened_endpoint(opened, shop_collector, endpoint_ids, "POST", "/checkout")
    assert re.search(r"shop/orders\.py:\d+", page.inner_text(".under"))


def test_its_requests_are_listed_and_lead_to_each(opened: Any, shop_collector: Collector, endpoint_ids: Ids) -> None:
    page = opened_endpoint(opened, shop_collector, endpoint_ids, "GET", "/orders/{order_id}")
    paths = page.locator("#feed .path").all_inner_texts()
    assert paths and all(path.startswith("/orders/") for path in paths)
    page.locator("#feed > tr").first.click()
    expect(page.locator("h1")).to_have_text(re.compile(r"GET\s*/orders/\d+"))


def test_its_findings_say_what_to_do(opened: Any, shop_collector: Collector, endpoint_ids: Ids) -> None:
    page = opened_endpoint(opened, shop_collector, endpoint_ids, "GET", "/admin/users")
    assert "Secret in a response" in page.inner_text("#findings")
    assert "password_hash" in page.inner_text("#findings")


def test_an_endpoint_that_is_none_is_404(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector)
    page.complaints.expected = ("404",)
    answer = page.goto(shop_collector.url + "/endpoints/0000000000000000")
    assert answer.status == 404 and "There is no such endpoint." in page.inner_text("main")
