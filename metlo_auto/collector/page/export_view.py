"""The kept requests to take away, as JSON lines or HAR; sent as they are read, so that memory stays small.

Sensitive values are masked unless a person asks for them. A download that nobody reads holds no connection to the
store, and only a few run at a time.
"""

from __future__ import annotations

from typing import Any, Callable, Iterator

from flask import Response, request

from metlo_auto.collector.inventory import export
from metlo_auto.collector.inventory.masked_trace import mask_trace
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.downloads import download

Write = Callable[[Iterator[dict[str, Any]]], Iterator[str]]


@blueprint.get("/requests.jsonl")
def requests_jsonl() -> Response:
    return _download(export.json_lines, "requests.jsonl", "application/x-ndjson")


@blueprint.get("/requests.har")
def requests_har() -> Response:
    return _download(export.har, "requests.har", "application/json")


def _download(write: Write, name: str, media: str) -> Response:
    traces = export.read_traces(engine(), None, request.args.get("service") or None)
    if request.args.get("values") != "shown":
        traces = map(mask_trace, traces)
    return download(write(traces), name, media)
