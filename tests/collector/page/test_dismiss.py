"""What a person has looked at can be dismissed and brought back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.collector.collector_support import Collector, trace
from tests.collector.page.browser import expect

pytestmark = pytest.mark.slow


@pytest.fixture
def leaky(collector: Collector) -> Collector:
    """A collector that saw an e-mail address go to somebody without credentials."""
    leak = trace("/people/1", route="/people/{id}", response_body='{"email": "alice@example.com"}')
    collector.batch([leak] * 3)
    collector.settled(3)
    return collector


@pytest.mark.parametrize("script", [True, False])
def test_a_finding_is_dismissed_and_brought_back(opened: Any, leaky: Collector, script: bool) -> None:
    page = opened(leaky, "/findings", java_script_enabled=script)
    title = page.locator(".kind h2", has_text="Sensitive data without authentication")
    expect(title).to_have_count(1)
    page.click(".kind button:has-text('Dismiss')")
    expect(title).to_have_count(0)
    page.goto(leaky.url + "/")
    expect(page.locator("#attention li")).to_have_count(0)
    page.goto(leaky.url + "/findings")
    page.click("summary")
    page.click("button:has-text('Restore')")
    expect(title).to_have_count(1)


def test_a_sensitive_field_is_dismissed_and_brought_back(opened: Any, leaky: Collector) -> None:
    page = opened(leaky, "/sensitive")
    page.click(".exposed button:has-text('Dismiss')")
    expect(page.locator(".exposed")).to_have_count(0)
    page.goto(leaky.url + "/")
    expect(page.locator("#numbers b").nth(2)).to_have_text("0")
    page.goto(leaky.url + "/sensitive")
    page.click("summary")
    page.click("button:has-text('Restore')")
    expect(page.locator(".exposed")).to_have_count(1)


def test_a_finding_is_dismissed_on_its_endpoints_page(opened: Any, leaky: Collector) -> None:
    page = opened(leaky)
    page.click("#rows a")
    page.click("#findings button:has-text('Dismiss')")
    expect(page.locator("h1")).to_have_text("Findings")
    assert [item["dismissed"] for item in leaky.get("/api/local/findings")] == [True]


def test_many_sensitive_fields_come_page_by_page(opened: Any, collector: Collector) -> None:
    many = json.dumps({f"contact_{n}": f"someone{n}@example.com" for n in range(130)})
    collector.batch([trace("/contacts", route="/contacts", response_body=many)] * 3)
    collector.settled(3)
    page = opened(collector, "/sensitive")
    rows = page.locator(".exposed tbody tr")
    expect(rows).to_have_count(20)
    page.click("nav.pages a:has-text('All 130 fields')")
    expect(rows).to_have_count(100)
    page.click("nav.pages a[rel=next]")
    expect(rows).to_have_count(30)
    page.click(".exposed button:has-text('Dismiss')")
    page.goto(collector.url + "/sensitive?data=email&page=2")
    expect(rows).to_have_count(29)
