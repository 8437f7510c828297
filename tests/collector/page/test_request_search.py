"""The list of kept requests: searched and filtered, and from one request to the next."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any, Iterator

import pytest

from tests.collector.collector_support import Collector, trace

NOON = datetime.now(timezone.utc).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)


def _traces() -> Iterator[dict[str, Any]]:
    def at(hours: int, **more: Any) -> dict[str, Any]:
        return {"requestTimestamp": (NOON + timedelta(hours=hours)).isoformat(), **more}

    yield trace("/teapots/7", route="/teapots/{id}", meta=at(0, service="shop"), response_body=json.dumps({"note": 'a "Fine" pot'}))
    yield trace("/search", route="/search", parameters=[{"name": "q", "value": "Käse & more"}], meta=at(1, service="shop"))
    yield trace("/orders", "POST", 201, route="/orders", host="pay.example", meta=at(2, service="pay"), request_body='{"sku": "KETTLE-9"}')
    yield trace("/orders", "POST", 503, route="/orders", host="pay.example:8443", meta=at(3, service="pay"), response_body="out of teapots")
    yield trace("/nowhere", status=404, host="pay.example", meta=at(4, service="pay"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    collector = Collector(tmp_path_factory.mktemp("kept"))
    collector.batch(list(_traces()))
    collector.settled(5)
    yield collector
    collector.stop()


def _get(collector: Collector, path: str) -> str:
    answer = collector.session.get(collector.url + path, headers={"Authorization": collector.key}, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.text


def _listed(collector: Collector, path: str) -> list[str]:
    return re.findall(r'<td class="path" title="([^"]*)"', _get(collector, path))


def _local(hours: float) -> str:
    return (NOON + timedelta(hours=hours)).astimezone().strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(("query", "paths"), [
    ("", ["/nowhere", "/orders", "/orders", "/search", "/teapots/7"]),
    ("q=teapot", ["/orders", "/teapots/7"]),  # a body, a path
    ("q=kettle-9", ["/orders"]),
    ("q=%22NOTE%22%3A", ["/teapots/7"]),  # with quotes, which JSON escapes in the trace
    ("q=k%C3%A4se+%26", ["/search"]),
    ("q=q%3DK", ["/search"]),
    ("q=application/json", []),  # nor headers
    ("q=teapot&service=pay", ["/orders"]),
    ("host=PAY.example", ["/nowhere", "/orders"]),
    ("status=5", ["/orders"]),
    ("status=201", ["/orders"]),
    ("status=abc", ["/nowhere", "/orders", "/orders", "/search", "/teapots/7"]),
    ("method=POST&status=2", ["/orders"]),
    (f"since={_local(2.5)}", ["/nowhere", "/orders"]),
    (f"until={_local(1)}", ["/search", "/teapots/7"]),
    (f"since={_local(0.5)}&until={_local(2.5)}&method=GET", ["/search"]),
    ("since=yesterday", ["/nowhere", "/orders", "/orders", "/search", "/teapots/7"]),
])  # fmt: skip
def test_requests_are_searched_and_filtered(kept: Collector, query: str, paths: list[str]) -> None:
    assert _listed(kept, "/requests?" + query) == paths


def test_one_leads_to_the_next_of_those_that_fit(kept: Collector) -> None:
    page = _get(kept, "/requests?service=shop")
    newest, oldest = re.findall(r'href="(/requests/\d+\?service=shop)"', page)
    shown = _get(kept, newest)
    assert f'rel="next" href="{oldest}"' in shown and 'rel="prev"' not in shown and "/search" in shown
    shown = _get(kept, oldest)
    assert f'rel="prev" href="{newest}"' in shown and 'rel="next"' not in shown


def test_one_request_is_taken_away_as_har(kept: Collector) -> None:
    number = re.findall(r'href="/requests/(\d+)', _get(kept, "/requests?q=kettle-9"))[0]
    assert f'href="/requests/{number}/har"' in _get(kept, f"/requests/{number}")
    [entry] = json.loads(_get(kept, f"/requests/{number}/har"))["log"]["entries"]
    assert (entry["request"]["method"], entry["request"]["url"], entry["response"]["status"]) == ("POST", "http://pay.example/orders", 201)
    assert json.loads(entry["request"]["postData"]["text"]) == {"sku": "KETTLE-9"}


def test_times_say_their_zone(kept: Collector) -> None:
    zone = datetime.now().astimezone().strftime("%Z")
    page = _get(kept, "/requests")
    assert f"<small>{zone}</small>" in page and re.search(rf'title="\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d {re.escape(zone)}"', page)


def test_a_search_goes_back_and_forth_page_by_page(tmp_path_factory: pytest.TempPathFactory) -> None:
    collector = Collector(tmp_path_factory.mktemp("many"))
    try:
        traces = [trace(f"/p/{n}", route="/p/{n}", response_body="odd" if n % 2 else "even", meta={"service": "s"}) for n in range(500)]
        collector.batch(traces)
        collector.settled(500)
        pages, address = [], "/requests?q=odd"
        while address:
            page = _get(collector, address)
            pages.append(re.findall(r'<td class="path" title="([^"]*)"', page))
            older = re.search(r'rel="next" href="([^"]*)"', page)
            address = "/requests" + older.group(1).replace("&amp;", "&") if older else ""
        assert [path for listed in pages for path in listed] == [f"/p/{n}" for n in range(499, 0, -2)]
        assert [len(listed) for listed in pages] == [100, 100, 50]
        for listed in (pages[1], pages[0]):  # and forth again
            address = re.findall(r'rel="prev" href="([^"]*)"', page)[0].replace("&amp;", "&")
            page = _get(collector, address)
            assert re.findall(r'<td class="path" title="([^"]*)"', page) == listed
        number = re.findall(r'href="/requests/(\d+)', page)[5]
        shown = _get(collector, f"/requests/{number}?q=odd")
        assert set(re.findall(r'rel="(?:prev|next)" href="/requests/(\d+)', shown)) == {str(int(number) - 2), str(int(number) + 2)}
    finally:
        collector.stop()
