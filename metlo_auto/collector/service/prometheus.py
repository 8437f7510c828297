"""The counts of the collector in the format that Prometheus scrapes; knows names of counters, no HTTP."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

CONTENT_TYPE = CONTENT_TYPE_LATEST
# Counters that only grow: label `state`, name in the store's status.
_TRACES = {
    "accepted": "accepted_traces", "analysed": "applied_traces", "refused": "refused_traces",
    "rejected": "set_aside_traces", "lost": "lost_traces", "expired": "expired_traces",
}  # fmt: skip
_OVERFLOWS = {
    "traces": "overflow_traces", "sections": "overflow_sections", "fields": "overflow_fields",
    "hosts": "other_host_traces",
}  # fmt: skip


class _Counts:
    """What prometheus_client asks for its metrics at each scrape."""

    def __init__(self, status: Mapping[str, Any]) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        status = self._status
        traces = CounterMetricFamily("metlo_collector_traces", "Traces by what became of them.", labels=["state"])
        for state, name in _TRACES.items():
            traces.add_metric([state], status.get(name, 0))
        yield traces
        overflows = CounterMetricFamily(
            "metlo_collector_overflows", "What had no room in the inventory, by kind.", labels=["kind"]
        )
        for kind, name in _OVERFLOWS.items():
            overflows.add_metric([kind], status.get(name, 0))
        yield overflows
        yield CounterMetricFamily("metlo_collector_batches", "Uploads that were stored.", status["accepted_batches"])
        yield CounterMetricFamily(
            "metlo_collector_duplicate_batches", "Uploads that had been stored before.", status["duplicate_batches"]
        )
        refused = status["refused_posts"]
        yield CounterMetricFamily("metlo_collector_refused_posts", "Uploads that were refused.", refused)
        yield GaugeMetricFamily("metlo_collector_inbox_traces", "Traces not analysed yet.", status["inbox_traces"])
        yield GaugeMetricFamily("metlo_collector_inbox_bytes", "Bytes of those traces.", status["inbox_bytes"])
        yield GaugeMetricFamily("metlo_collector_sample_bytes", "Bytes of the kept requests.", status["sample_bytes"])
        yield GaugeMetricFamily("metlo_collector_endpoints", "Endpoints in the inventory.", status["endpoints"])


def exposition(status: Mapping[str, Any]) -> bytes:
    """What a scrape gets; `status` as of `queries.status`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Counts(status))
    return generate_latest(registry)
