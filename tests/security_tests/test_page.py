"""The page's Tests tab: what a run found, in light and dark, on a phone, by keyboard, for axe-core."""

from __future__ import annotations

from typing import Any, Iterator

import pytest
import requests

from tests.collector.page import browser as browsers
from tests.collector.page.conftest import fresh_address
from tests.collector.page.test_accessible import axe
from tests.security_tests.scene import Scene


@pytest.fixture(scope="module")
def tested(clinic_app: Scene) -> Scene:
    assert clinic_app.test("--rate", "300", "--only", "bola,exposure,hidden").status == 1
    return clinic_app


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if browsers.executable() is None:
        pytest.skip("no Chromium is installed (Debian: chromium)")
    with browsers.started() as running:
        yield running


def signed_in(scene: Scene) -> requests.Session:
    session = requests.Session()
    session.get(fresh_address(scene.collector), timeout=20)
    return session


def test_it_shows_findings_with_both_requests_and_no_credential(tested: Scene) -> None:
    page = signed_in(tested).get(tested.collector.url + "/tests", timeout=20).text
    assert "bola" in page and "Baseline, as mia" in page and "Test, as paul" in page
    assert "metlo-collector test " + tested.url in page
    assert not [secret for secret in tested.secrets() if secret in page]


def test_a_finding_shows_on_its_endpoint_until_a_run_no_longer_has_it(tested: Scene) -> None:
    session = signed_in(tested)
    listed = tested.collector.get("/api/local/endpoints")
    name = next(item["id"] for item in listed if item["route"] == "/v2/staff-directory")
    where = f"{tested.collector.url}/endpoints/{name}"
    assert "the hash of a password" in session.get(where, timeout=20).text
    tested.test("--rate", "300", "--only", "hidden")
    assert "the hash of a password" not in session.get(where, timeout=20).text
    tested.test("--rate", "300", "--only", "bola,exposure,hidden")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1360])
def test_axe_finds_nothing_and_a_phone_scrolls_in_one_direction_only(tested: Scene, browser: Any, scheme: str, width: int) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 740})
    try:
        page = context.new_page()
        page.goto(fresh_address(tested.collector))
        page.goto(tested.collector.url + "/tests")
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("details[open]").count() == 1
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    finally:
        context.close()
