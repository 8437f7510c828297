"""A collector full of a shop's traffic, an empty one, and a browser that is signed in to it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, Iterator, Optional

import pytest

pytest.importorskip("sqlalchemy", reason="the collector's packages are not installed (extra `collector`)")
pytest.importorskip("waitress", reason="the collector's packages are not installed (extra `collector`)")

from metlo_auto.collector.service.access import page_token  # noqa: E402
from tests.collector.collector_support import Collector  # noqa: E402
from tests.collector.page import browser as browsers  # noqa: E402
from tests.collector.page import shop  # noqa: E402


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if browsers.executable() is None:
        pytest.skip("no Chromium is installed (Debian: chromium)")
    with browsers.started() as running:
        yield running


@pytest.fixture
def contexts() -> Iterator[list[Any]]:
    """The browser's windows of a test; they are closed before the collector goes away under them."""
    opened: list[Any] = []
    yield opened
    close(opened)


def close(contexts: list[Any]) -> None:
    while contexts:
        contexts.pop().close()


@pytest.fixture
def collector(tmp_path: Path, contexts: list[Any]) -> Iterator[Collector]:
    """A collector that has seen nothing yet."""
    running = Collector(tmp_path)
    yield running
    close(contexts)
    running.stop()


@pytest.fixture(scope="module")
def shop_collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A collector that watched a shop for two days; tests that share it change nothing that others look at."""
    running = Collector(tmp_path_factory.mktemp("shop"))
    fill(running, share=0.2)
    yield running
    running.stop()


def fill(collector: Collector, share: float = 1.0, now: Optional[float] = None, stepwise: bool = False) -> None:
    """Post the shop's traffic and routes, and wait until all of it is analysed.

    `stepwise`: batch by batch, since how many calls are analysed in depth goes by what one step has.
    """
    listed = list(shop.traces(time.time() if now is None else now, share=share))
    for start in range(0, len(listed), 300):
        assert collector.batch(listed[start : start + 300]).status_code == 200
        if stepwise:
            collector.settled(min(start + 300, len(listed)))
    assert collector.post("/api/local/routes", shop.declared()).status_code == 200
    collector.settled(len(listed))


def fresh_address(collector: Collector) -> str:
    """An address of the page that signs a browser in, as `metlo-collector status` prints it."""
    secret = (collector.data_dir / "page-secret").read_text().strip().encode()
    return f"{collector.url}/?token={page_token(secret)}"


Open = Callable[..., Any]


@pytest.fixture
def opened(browser: Any, contexts: list[Any]) -> Iterator[Open]:
    """`opened(collector, path, **options)`: a page in a signed-in browser; whatever it complains of fails the test."""
    watched = []

    def open_page(collector: Collector, path: str = "/", **options: Any) -> Any:
        options.setdefault("viewport", {"width": 1360, "height": 900})
        context = browser.new_context(**options)
        context.set_default_timeout(browsers.PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.complaints = browsers.Complaints(page, collector.url)
        watched.append(page.complaints)
        page.goto(fresh_address(collector))
        if path != "/":
            page.goto(collector.url + path)
        return page

    yield open_page
    close(contexts)
    assert [text for complaints in watched for text in complaints.seen] == []


@pytest.fixture(scope="module")
def endpoint_ids(shop_collector: Collector) -> dict[tuple[str, str], str]:
    return {(item["method"], item["route"]): item["id"] for item in shop_collector.get("/api/local/endpoints")}
