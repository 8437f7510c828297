"""Kept requests as JSON lines or HAR, one after the other, so that memory stays small; pure but for the reading."""

from __future__ import annotations

import json
from typing import Any, Iterator, Optional, Sequence
from urllib.parse import quote, urlencode

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.engine import Connection, Engine

from metlo_auto.collector.analysis.aggregation import dump
from metlo_auto.collector.analysis.observation import duration_of
from metlo_auto.collector.analysis.sections import header
from metlo_auto.collector.ingest.transport import parse
from metlo_auto.collector.store.database import reading
from metlo_auto.collector.store.schema import samples
from metlo_auto.version import VERSION

AT_ONCE = 200  # samples read together
AT_ONCE_BYTES = 4_000_000


def number_of_traces(
    connection: Connection, endpoint_ids: Optional[Sequence[str]], service: Optional[str] = None
) -> int:
    query = select(func.count()).select_from(samples).where(*_wanted(endpoint_ids, service))
    return int(connection.scalar(query) or 0)


def _wanted(endpoint_ids: Optional[Sequence[str]], service: Optional[str]) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if endpoint_ids is not None:
        wanted.append(samples.c.endpoint_id.in_(endpoint_ids))
    if service is not None:
        wanted.append(samples.c.service == service)
    return wanted


def read_traces(
    engine: Engine, endpoint_ids: Optional[Sequence[str]], service: Optional[str] = None
) -> Iterator[dict[str, Any]]:
    """The traces that are kept now, of all or some, oldest first.

    No connection is held while the caller is busy with what it got.
    """
    last = 0
    with reading(engine) as connection:
        newest = connection.scalar(select(func.max(samples.c.id))) or 0
    while last < newest:
        with reading(engine) as connection:
            rows = _page(connection, _wanted(endpoint_ids, service), last, newest)
        if not rows:
            return
        for row in rows:
            yield parse(bytes(row.body))
        last = rows[-1].id


def _page(connection: Connection, asked: list[ColumnElement[bool]], last: int, newest: int) -> list[Any]:
    """The samples after `last`, as many as `AT_ONCE_BYTES` hold and at least one."""
    wanted = [samples.c.id > last, samples.c.id <= newest, *asked]
    sizes = connection.execute(
        select(samples.c.id, samples.c.size).where(*wanted).order_by(samples.c.id).limit(AT_ONCE)
    )
    upto, total = 0, 0
    for row in sizes:
        total += row.size
        if upto and total > AT_ONCE_BYTES:
            break
        upto = row.id
    query = select(samples.c.id, samples.c.body).where(*wanted, samples.c.id <= upto).order_by(samples.c.id)
    return list(connection.execute(query).all())


def json_lines(traces: Iterator[dict[str, Any]]) -> Iterator[str]:
    """One trace a line, as agents send them."""
    for trace in traces:
        yield dump(trace).decode("utf-8") + "\n"


def har(traces: Iterator[dict[str, Any]]) -> Iterator[str]:
    """A HAR 1.2 document in pieces."""
    creator = json.dumps({"name": "metlo-collector", "version": VERSION})
    yield f'{{"log": {{"version": "1.2", "creator": {creator}, "entries": ['
    separator = "\n"
    for trace in traces:
        yield separator + json.dumps(har_entry(trace))
        separator = ",\n"
    yield "\n]}}\n"


def har_entry(trace: dict[str, Any]) -> dict[str, Any]:
    """One exchange; what no agent reports is -1 or empty, as HAR wants it."""
    request, response = trace["request"], trace["response"]
    meta = trace.get("meta") if isinstance(trace.get("meta"), dict) else {}
    assert isinstance(meta, dict)
    milliseconds = duration_of(meta.get("durationMs")) or 0
    return {
        "startedDateTime": str(meta.get("requestTimestamp") or "1970-01-01T00:00:00.000Z"),
        "time": milliseconds,
        "request": _har_request(request),
        "response": _har_response(response),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "serverIPAddress": str(meta.get("destination") or ""),
        "comment": str(meta.get("traceId") or ""),
    }


def _listed(value: Any) -> Sequence[Any]:
    """Agents may send anything where a list belongs."""
    return value if isinstance(value, list) else ()


def _har_request(request: dict[str, Any]) -> dict[str, Any]:
    pairs = [
        (str(item.get("name", "")), str(item.get("value", "")))
        for item in _listed(request["url"].get("parameters"))
        if isinstance(item, dict)
    ]
    query = "?" + urlencode(pairs, errors="replace") if pairs else ""
    path = quote(request["url"]["path"], safe="/%:@!$'()*+,;-._~", errors="replace")
    result: dict[str, Any] = {
        "method": request["method"],
        "url": "http://{}{}{}".format(request["url"]["host"], path, query),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _har_headers(request),
        "queryString": [{"name": name, "value": value} for name, value in pairs],
        "headersSize": -1,
        "bodySize": len(str(request.get("body") or "").encode("utf-8", "replace")),
    }
    if request.get("body"):
        result["postData"] = {"mimeType": header(request, "content-type"), "text": str(request["body"])}
    return result


def _har_response(response: dict[str, Any]) -> dict[str, Any]:
    body = str(response.get("body") or "")
    size = len(body.encode("utf-8", "replace"))
    return {
        "status": response["status"],
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _har_headers(response),
        "content": {"size": size, "mimeType": header(response, "content-type"), "text": body},
        "redirectURL": header(response, "location"),
        "headersSize": -1,
        "bodySize": size,
    }


def _har_headers(message: dict[str, Any]) -> list[dict[str, str]]:
    return [{"name": item["name"], "value": str(item.get("value", ""))} for item in message.get("headers") or ()]
