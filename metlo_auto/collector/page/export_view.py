"""The kept requests to take away, as JSON lines or HAR; sent as they are read, so that memory stays small."""

from __future__ import annotations

from typing import Any, Callable, Iterator

from flask import Response
from sqlalchemy.engine import Engine

from metlo_auto.collector.inventory import export
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.store.database import reading

Write = Callable[[Iterator[dict[str, Any]]], Iterator[str]]


@blueprint.get("/requests.jsonl")
def requests_jsonl() -> Response:
    return _download(export.json_lines, "requests.jsonl", "application/x-ndjson")


@blueprint.get("/requests.har")
def requests_har() -> Response:
    return _download(export.har, "requests.har", "application/json")


def _download(write: Write, name: str, media: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(_written(engine(), write), mimetype=media, headers=headers)


def _written(store: Engine, write: Write) -> Iterator[bytes]:
    with reading(store) as connection:
        for text in write(export.read_traces(connection, None)):
            yield text.encode("utf-8", "replace")
