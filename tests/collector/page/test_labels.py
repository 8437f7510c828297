"""Numbers, times, charts, lists and trees, as pages show them."""

from __future__ import annotations

import time
from typing import Any, Optional

import pytest

from metlo_auto.collector.inventory.fields import build
from metlo_auto.collector.inventory.masked_trace import masked_path
from metlo_auto.collector.page import chart, exchange_view, labels, listing, masking, page_cache, replay, tree
from metlo_auto.collector.page.chart import Hour
from tests.collector.collector_support import trace


@pytest.mark.parametrize(
    "seconds, text",
    [
        (-5, "now"),
        (0.4, "now"),
        (1, "1 s ago"),
        (59.9, "59 s ago"),
        (60, "1 min ago"),
        (7200, "2 h ago"),
        (90000, "1 d ago"),
    ],
)
def test_ago(seconds: float, text: str) -> None:
    assert labels.ago(seconds) == text


@pytest.mark.parametrize(
    "n, text", [(0, "0"), (9999, "9,999"), (10_000, "10.0k"), (123_456, "123k"), (1_234_567, "1.2M"), (5e9, "5.0G")]
)
def test_short(n: float, text: str) -> None:
    assert labels.short(n) == text


@pytest.mark.parametrize(
    "milliseconds, text", [(None, "–"), (0.84, "0.8 ms"), (9.96, "10.0 ms"), (41.4, "41 ms"), (1300, "1.3 s")]
)
def test_duration(milliseconds: Optional[float], text: str) -> None:
    assert labels.duration(milliseconds) == text


@pytest.mark.parametrize(
    "part, whole, text", [(0, 10, ""), (1, 0, ""), (1, 1000, "<1%"), (1, 8, "12%"), (999, 1000, ">99%"), (8, 8, "100%")]
)
def test_share(part: float, whole: float, text: str) -> None:
    assert labels.share(part, whole) == text


@pytest.mark.parametrize("n, text", [(0, "0 calls"), (1, "1 call"), (2, "2 calls"), (1_234, "1,234 calls")])
def test_numbers_have_their_plural(n: int, text: str) -> None:
    assert labels.plural(n, "call") == text


def test_a_time_of_another_day_has_its_date() -> None:
    noon = time.mktime((2026, 11, 22, 12, 0, 0, 0, 0, -1))
    assert labels.clock(noon, noon + 60) == "12:00:00"
    assert labels.clock(noon, noon + 86_400) == "22 Nov 12:00"


def test_quiet_hours_are_filled_in() -> None:
    assert chart.fill([Hour(9, 4, 1)], now=10, span=3) == [Hour(8, 0, 0), Hour(9, 4, 1), Hour(10, 0, 0)]


def test_bars_stand_in_proportion_and_a_single_call_can_be_seen() -> None:
    drawn = chart.chart([Hour(1, 1000, 0), Hour(2, 500, 250), Hour(3, 1, 0), Hour(4, 0, 0)], 40, 20)
    assert [bar.calls for bar in drawn.bars] == [20, 10, 1, 0]
    assert [bar.errors for bar in drawn.bars] == [0, 5, 0, 0]
    assert all(bar.x >= 0 and bar.x + bar.width <= 40 for bar in drawn.bars)
    assert (drawn.most, drawn.total) == (1000, 1501)


def test_a_link_leaves_out_what_asks_for_nothing() -> None:
    wanted = listing.read({"q": "a&b", "sort": "p95", "page": "3"})
    assert wanted.link(page=1) == "?q=a%26b&sort=p95"
    assert wanted.link(q="", sort="calls", page=1) == "?"
    assert listing.read({"reverse": "1"}).link() == "?reverse=1"


def test_a_page_holds_a_hundred_rows() -> None:
    assert [listing.pages(n) for n in (0, 1, listing.PAGE, listing.PAGE + 1)] == [1, 1, 1, 2]


def test_fields_come_in_the_order_of_the_tree() -> None:
    paths = {"": "object", "/a": "array", "/a/[]": "object", "/a/[]/z": "string", "/a-b": "string", "/a/[]/b": "null"}
    rows = [("response 2xx application/json", path, "type", kind, 4, 0.0) for path, kind in paths.items()]
    rows.append(("path", "/id", "type", "string", 4, 0.0))
    first, second = tree.sections(build(rows), {})
    assert (first.title, second.title, second.what, second.seen) == ("Path", "Response", "2xx application/json", 4)
    assert [(leaf.name, leaf.depth) for leaf in second.leaves] == [
        ("a", 0), ("each item", 1), ("b", 2), ("z", 2), ("a-b", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "kept, sentence",
    [
        (None, ""),
        ({"size": 10, "captured": 0, "omitted": "file"}, "File contents are left out: 10 B."),
        ({"size": -1, "captured": 4, "omitted": "aborted"}, "The connection broke off."),
        ({"size": 2000, "captured": 1000, "omitted": "something new"}, "Not whole: 1.0 kB of 2.0 kB kept."),
        ({"size": "<b>", "captured": [], "omitted": {}}, "Not whole."),
        ("hostile", ""),
    ],
)
def test_notes_on_bodies(kept: Any, sentence: str) -> None:
    assert exchange_view.note(kept) == sentence


def test_pieces_join_to_the_text_they_were_cut_from() -> None:
    text = '{\n  "a\\"b": [1.5e3, true, null, "x: y", "redacted-abcdefghijkl"]\n}'
    cut = exchange_view.pieces(text)
    assert "".join(piece.text for piece in cut) == text
    assert [piece.kind for piece in cut if piece.kind] == ["key", "number", "word", "word", "text", "redacted"]


@pytest.mark.parametrize("text", ['{"a": 1', "[" * 5000, "plain", "[NaN", '{"a": "\ud800"}', ""])
def test_any_body_can_be_laid_out(text: str) -> None:
    assert isinstance(exchange_view.lay_out(text, masking.masked), list)


@pytest.mark.parametrize(
    "name, text, hidden",
    [
        ("email", "alice@example.com", "alice@example.com"),
        ("", "write to alice@example.com, please", "alice@example.com"),
        ("number", "4111111111111111", "4111111111111111"),
        ("phone", "+46 70 123 45 67", "+46 70 123 45 67"),
        ("Referer", "https://x.example/?mail=alice@example.com&b=2", "alice@example.com"),
        ("note", "line one\nalice@example.com\nline three", "alice@example.com"),
    ],
)
def test_sensitive_values_are_masked(name: str, text: str, hidden: str) -> None:
    assert hidden not in masking.masked(name, text)


@pytest.mark.parametrize(
    "path, shown",
    [
        ("/users/alice@example.com/orders", "/users/a•••@e•••.com/orders"),
        ("/users/alice%40example.com", "/users/a•••@e•••.com"),
        ("/cards/4111111111111111", "/cards/••••••••••••1111"),
        ("/orders/12345/items/%C3%A4", "/orders/12345/items/%C3%A4"),
        ("/", "/"),
    ],
)
def test_sensitive_steps_of_a_path_are_masked(path: str, shown: str) -> None:
    assert masked_path(path, "") == shown


@pytest.mark.parametrize("text", ["available", "2026-11-22T10:00:00Z", "redacted-abcdefghijkl", "Teapot", "24.50", ""])
def test_other_values_are_not(text: str) -> None:
    assert masking.masked("field", text) == text


@pytest.mark.parametrize(
    "host, headers, url",
    [
        ("127.0.0.1:5000", {}, "http://127.0.0.1:5000/users/12"),
        ("shop.example", {}, "https://shop.example/users/12"),
        ("shop.example", {"X-Forwarded-Proto": "http"}, "http://shop.example/users/12"),
        ("shop.example", {"X-Forwarded-Proto": "javascript"}, "https://shop.example/users/12"),
        ("evil/../@x y", {}, "https://evil..xy/users/12"),
    ],
)
def test_the_address_to_send_to(host: str, headers: dict[str, str], url: str) -> None:
    sent = trace(host=host, request_headers=[{"name": name, "value": value} for name, value in headers.items()])
    assert replay.call(sent, revealed=False).url == [url]


def test_a_thing_is_kept_for_twenty_times_what_it_cost() -> None:
    now = [0.0]
    keeper = page_cache.Keeper(lambda: now[0], lambda: now[0])
    gathered: list[float] = []

    def gather() -> float:
        gathered.append(now[0])
        now[0] += 0.5
        return now[0]

    busy = [page_cache.State("decided", n) for n in range(10)]
    first = keeper.get("x", busy[0], gather)
    now[0] = 9.9
    assert keeper.get("x", busy[1], gather) == first
    now[0] = 10.1
    assert keeper.get("x", busy[2], gather) != first
    assert gathered == [0.0, 10.1]


def test_to_wait_for_a_busy_machine_is_no_cost() -> None:
    now, worked = [0.0], [0.0]
    keeper = page_cache.Keeper(lambda: now[0], lambda: worked[0])

    def gather() -> float:
        now[0] += 2.0
        worked[0] += 0.01
        return now[0]

    first = keeper.get("x", page_cache.State("decided", 1), gather)
    assert keeper.get("x", page_cache.State("decided", 2), gather) > first


def test_what_was_decided_is_seen_at_once_and_a_quiet_store_costs_nothing() -> None:
    now = [0.0]
    keeper = page_cache.Keeper(lambda: now[0])
    values = iter("abc")
    assert keeper.get("x", page_cache.State(1, 1), lambda: next(values)) == "a"
    assert keeper.get("x", page_cache.State(2, 1), lambda: next(values)) == "b"
    now[0] = page_cache.OLDEST - 1
    assert keeper.get("x", page_cache.State(2, 1), lambda: next(values)) == "b"
    now[0] = page_cache.OLDEST + 1
    assert keeper.get("x", page_cache.State(2, 1), lambda: next(values)) == "c"
