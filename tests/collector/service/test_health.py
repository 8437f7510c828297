"""What watches a collector is answered: liveness, readiness, Prometheus; and two collectors share one browser."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.collector.collector_support import Collector, trace

TYPE = "text/plain; version="


@pytest.mark.parametrize("scheme", ["", "Bearer "])
def test_a_scrape_has_the_counts_and_needs_the_key(collector: Collector, scheme: str) -> None:
    collector.batch([trace(path="/a"), trace(path="/b")])
    collector.settled(2)
    assert requests.get(collector.url + "/metrics", timeout=10).status_code == 401
    key = {"Authorization": scheme + collector.key}
    answer = requests.get(collector.url + "/metrics", headers=key, timeout=10)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith(TYPE)
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    traces = {sample.labels["state"]: sample.value for sample in families["metlo_collector_traces"].samples}
    assert traces["analysed"] == 2 and traces["lost"] == 0
    assert families["metlo_collector_endpoints"].samples[0].value == 2
    assert families["metlo_collector_batches"].type == "counter"
    assert all(family.documentation for family in families.values())


def test_who_only_asks_whether_it_lives_needs_no_key(collector: Collector) -> None:
    for path in ("/livez", "/readyz"):
        answer = requests.get(collector.url + path, timeout=10)
        assert (answer.status_code, answer.text) == (200, "ok\n")
        assert requests.get(collector.url + path, headers={"Host": "evil.example"}, timeout=10).status_code == 421


def test_two_collectors_in_one_browser_do_not_log_each_other_out(tmp_path: Path) -> None:
    made = []
    try:
        browser = requests.Session()
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            made.append(Collector(tmp_path / name))
            assert browser.get(made[-1].page, timeout=10).status_code == 200
        for one in made:
            assert browser.get(one.url + "/", timeout=10).status_code == 200
        assert len(browser.cookies) == 2
    finally:
        for one in made:
            one.stop()
