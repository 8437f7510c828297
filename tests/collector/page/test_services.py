"""Four services on one collector, in a browser: each page shows all of them or one, by mouse, keyboard, phone and in the dark."""

from __future__ import annotations

from typing import Any, Iterator

import pytest

from tests.collector.collector_support import Collector, trace
from tests.collector.page.browser import expect
from tests.collector.page.test_accessible import axe

pytestmark = pytest.mark.slow
SERVICES = ("billing", "mail", "search", "shop")
PATHS = ("/", "/requests?status=2", "/findings", "/openapi", "/openapi/docs", "/findings?service=mail", "/tests?service=mail")


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """Four apps that have the same route; one of them shows an address to everybody, one fails."""
    collector = Collector(tmp_path_factory.mktemp("four"))
    traces = []
    for number, service in enumerate(SERVICES):
        more = {"meta": {"service": service}, "host": f"10.0.0.{number}:8000", "route": "/users/{id}"}
        body = '{"email": "ann.smith@example.com"}' if service == "mail" else '{"id": 7}'
        status = 503 if service == "search" else 200
        traces += [trace("/users/7", response_body=body, status=status, **more), trace("/users/8", status=204, **more)]
    assert collector.batch(traces).status_code == 200
    collector.settled(len(traces))
    yield collector
    collector.stop()


def test_the_table_has_each_service_and_the_choice_leads_to_one(opened: Any, four: Collector) -> None:
    page = opened(four)
    assert sorted(page.locator("#rows .c-service").all_inner_texts()) == list(SERVICES)
    page.select_option("form.services select", "mail")
    expect(page.locator("#rows > tr")).to_have_count(1)
    assert page.url.endswith("?service=mail") and page.locator("#feed > tr").count() == 2
    for name in ("Requests", "Findings", "Sensitive data", "Tests", "OpenAPI"):
        page.click(f"nav[aria-label=Pages] >> text={name}")
        assert page.url.endswith("?service=mail"), page.url
        assert page.locator("form.services select").input_value() == "mail"


def test_without_script_the_choice_has_a_button(opened: Any, four: Collector) -> None:
    page = opened(four, java_script_enabled=False)
    page.select_option("form.services select", "search")
    page.click("form.services button")
    assert page.locator("#rows > tr").count() == 1 and page.url.endswith("?service=search")


def test_each_service_has_its_document_in_swagger_ui(opened: Any, four: Collector) -> None:
    page = opened(four, "/openapi/docs")
    for name in SERVICES:
        page.goto(four.url + "/openapi/docs")
        page.locator("ul.findings li", has_text=name).get_by_role("link", name="Swagger UI").click()
        expect(page.locator(".opblock-summary-path")).to_have_text("/users/{id}")
        expect(page.locator("h1").first).to_have_text(f"OpenAPI of {name}")
        host = f"http://10.0.0.{SERVICES.index(name)}:8000"
        expect(page.locator(".servers option")).to_have_text(host)


@pytest.mark.parametrize("kind, service, path", [("anonymous-data", "mail", "/users/7"), ("server-errors", "search", "/users/7")])
def test_a_finding_opens_the_request_that_shows_it(opened: Any, four: Collector, kind: str, service: str, path: str) -> None:
    page = opened(four, "/findings")
    row = page.locator(f"section[aria-labelledby=kind-{kind}] li")
    assert row.count() == 1 and service in row.inner_text()
    row.get_by_text("Request").click()
    expect(page.locator("h1")).to_contain_text(path)
    said = dict(zip(page.locator(".facts dt").all_inner_texts(), page.locator(".facts dd").all_inner_texts()))
    assert (said["Service"], said["Host"]) == (service, f"10.0.0.{SERVICES.index(service)}:8000")


def test_a_finding_that_has_gone_says_so(opened: Any, four: Collector) -> None:
    page = opened(four, "/findings")
    page.complaints.expected = ("404",)
    page.goto(four.url + "/findings/request?key=server-errors/none/")
    assert "no such finding any more" in page.inner_text("main")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_and_a_phone_scrolls_in_one_direction_only(opened: Any, four: Collector, path: str, scheme: str) -> None:
    page = opened(four, path, color_scheme=scheme)
    assert axe(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("path", ["/", "/requests", "/requests?service=mail", "/endpoints/ANY"])
def test_a_phone_shows_the_whole_path_of_a_request(opened: Any, four: Collector, path: str) -> None:
    where = path.replace("ANY", four.get("/api/local/endpoints")[0]["id"])
    page = opened(four, where, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    cells = page.locator("table.requests .path")
    assert cells.count() >= 2
    for cell in cells.all():
        assert cell.inner_text().startswith("/users/") and cell.evaluate("e => e.scrollWidth <= e.clientWidth && e.clientWidth > 200")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("table.requests thead small").count() == page.locator("table.requests thead small:visible").count()


def test_every_page_says_that_it_is_metlo_autos_and_times_say_their_zone(opened: Any, four: Collector) -> None:
    page = opened(four, "/requests")
    assert page.title() == "Requests · metlo-auto collector" and page.locator(".brand").inner_text().split() == ["metlo-auto", "collector"]
    zone = page.locator("thead small").inner_text()
    assert zone and page.locator("#feed time").first.get_attribute("title").endswith(zone)
    page.locator("#feed a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".facts time")).to_contain_text(zone)
    assert page.locator("nav.pages a").all_inner_texts() == ["All", "Older"]
    page.click("text=Older")
    assert page.locator("nav.pages a").all_inner_texts() == ["Newer", "All", "Older"]
