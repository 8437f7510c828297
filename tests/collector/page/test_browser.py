"""What watches the pages in the other tests sees what it has to see."""

from __future__ import annotations

from typing import Any

import pytest

from tests.collector.collector_support import Collector

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "script, complaint",
    [
        ("() => document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
        ("() => document.body.appendChild(document.createElement('script')).append('1')", "Content Security Policy"),
        ("() => fetch('http://127.0.0.1:9/').catch(() => 0)", "Content Security Policy"),
        ("() => { console.error('broken'); }", "broken"),
        ("() => { setTimeout(() => { throw new Error('thrown'); }); }", "thrown"),
        ("() => { alert('shown'); }", "dialog: shown"),
    ],
)
def test_a_violation_is_noticed(opened: Any, shop_collector: Collector, script: str, complaint: str) -> None:
    page = opened(shop_collector, "/settings")
    assert page.complaints.seen == []
    page.evaluate(script)
    page.wait_for_timeout(1)
    for _ in range(200):
        if page.complaints.seen:
            break
        page.wait_for_timeout(50)
    seen = list(page.complaints.seen)
    page.complaints.seen.clear()
    assert seen and complaint in " ".join(seen)
