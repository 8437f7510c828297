"""The kept requests to take away, as JSON lines or HAR; sent as they are read, so that memory stays small.

Sensitive values are masked unless a person asks for them. A download that nobody reads holds no connection to the
store, and only a few run at a time.
"""

from __future__ import annotations

import threading
from typing import Any, Callable, Iterator

from flask import Response, current_app, request

from metlo_auto.collector.inventory import export
from metlo_auto.collector.inventory.masked_trace import mask_trace
from metlo_auto.collector.page.blueprint import blueprint, engine

MOST_AT_ONCE = 4  # downloads; each takes a thread of the server for as long as its reader likes
_NAME = "metlo-collector-downloads"
Write = Callable[[Iterator[dict[str, Any]]], Iterator[str]]


@blueprint.get("/requests.jsonl")
def requests_jsonl() -> Response:
    return _download(export.json_lines, "requests.jsonl", "application/x-ndjson")


@blueprint.get("/requests.har")
def requests_har() -> Response:
    return _download(export.har, "requests.har", "application/json")


def _download(write: Write, name: str, media: str) -> Response:
    slots: threading.Semaphore = current_app.extensions.setdefault(_NAME, threading.Semaphore(MOST_AT_ONCE))
    if not slots.acquire(blocking=False):
        answer = Response("Too many downloads run already. Try again later.\n", 503, mimetype="text/plain")
        answer.headers["Retry-After"] = "30"
        return answer
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    traces = export.read_traces(engine(), None, request.args.get("service") or None)
    if request.args.get("values") != "shown":
        traces = map(mask_trace, traces)
    answer = Response((text.encode("utf-8", "replace") for text in write(traces)), mimetype=media, headers=headers)
    answer.call_on_close(slots.release)
    return answer
