"""The kept requests: a list with filters, one of them whole, and as a command or a test that sends it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Optional

from flask import Response, abort, request
from sqlalchemy.engine import Connection

from metlo_auto.collector.inventory import export, queries
from metlo_auto.collector.inventory.masked_trace import mask_body, mask_trace, masked_path
from metlo_auto.collector.page import exchange_view, listing, masking, recent_requests, replay, request_search, services
from metlo_auto.collector.page import queries as store
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.rendering import render
from metlo_auto.collector.store.database import reading
from metlo_auto.collector.store.schema import samples

LENGTH = 100
MOST_META = 1_000  # characters
MOST_PATH = 4_000
_META = (
    ("Environment", "environment"),
    ("Client", "source"),
    ("Forwarded for", "originalSource"),
    ("Server", "destination"),
    ("Exception", "exception"),
    ("Reported by", "agent"),
    ("Trace", "traceId"),
)


@blueprint.get("/requests")
def requests() -> str:
    before = request.args.get("before", type=int)
    with reading(engine()) as connection:
        asked = request_search.read(request.args, services.wanted(connection))
        found, more, is_whole = _listed(connection, asked, before)
        return render(
            connection,
            "requests.html",
            "Requests",
            queries.status(connection),
            live=before is None and not asked.q,
            samples=found,
            older=min((item.number for item in found), default=0) if more else None,
            newer=_newer(connection, asked, before, found),
            is_whole=is_whole,
            asked=asked,
            methods=listing.METHODS,
            before=before,
            length=LENGTH,
            zone=datetime.now().astimezone().strftime("%Z"),
        )


def _newer(
    connection: Connection, asked: request_search.Asked, before: Optional[int], found: list[recent_requests.Sample]
) -> Optional[int]:
    """What the next newer page begins before; None where it is the newest one."""
    if before is None:
        return None
    newest = max((item.number for item in found), default=before - 1)
    return request_search.start_of_newer(connection, asked, newest, LENGTH)


def _listed(
    connection: Connection, asked: request_search.Asked, before: Optional[int]
) -> tuple[list[recent_requests.Sample], bool, bool]:
    """The newest requests that fit, whether there are more, and whether all were looked at."""
    if asked.q:
        numbers, is_whole = request_search.matching(connection, asked, before, LENGTH + 1)
        mine = [samples.c.id.in_(numbers[:LENGTH])]
        return recent_requests.latest(connection, LENGTH, where=mine), len(numbers) > LENGTH, is_whole
    found = recent_requests.latest(connection, LENGTH, where=asked.conditions(), before=before)
    last = min((item.number for item in found), default=0)
    more = recent_requests.latest(connection, 1, where=asked.conditions(), before=last)
    return found, bool(more), True


@blueprint.get("/requests/<int:number>")
def request_(number: int) -> str:
    revealed = _revealed()
    show = masking.plain if revealed else masking.masked
    with reading(engine()) as connection:
        sample = _sample(connection, number)
        meta = sample.trace.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        asked = request_search.read(request.args, services.wanted(connection))
        return render(
            connection,
            "request.html",
            "Requests",
            queries.status(connection),
            sample=sample,
            path=_short(sample.path if revealed else masked_path(sample.path[:MOST_PATH], sample.route)),
            host=str(sample.trace["request"]["url"]["host"])[:MOST_META],
            endpoint=shown_endpoint(connection, sample.endpoint_id),
            asked=exchange_view.part(sample.trace["request"], meta.get("requestBody"), show),
            answered=exchange_view.part(sample.trace["response"], meta.get("responseBody"), show),
            meta=[(title, str(meta[key])[:MOST_META]) for title, key in _META if meta.get(key) not in (None, "")],
            revealed=revealed,
            asked_for=asked,
            beside=request_search.neighbours(connection, asked, number),
        )


@blueprint.get("/requests/<int:number>/curl")
def as_curl(number: int) -> Response:
    with reading(engine()) as connection:
        return _text(replay.as_curl(_sample(connection, number).trace, _revealed()))


@blueprint.get("/requests/<int:number>/pytest")
def as_pytest(number: int) -> Response:
    with reading(engine()) as connection:
        sample = _sample(connection, number)
        found = shown_endpoint(connection, sample.endpoint_id)
    return _text(replay.as_pytest(sample.trace, found.template if found else "/" + sample.path[:40], _revealed()))


@blueprint.get("/requests/<int:number>/har")
def as_har(number: int) -> Response:
    """One request to open in a browser's tools."""
    with reading(engine()) as connection:
        trace = _sample(connection, number).trace
    text = "".join(export.har(iter([trace if _revealed() else mask_trace(trace)])))
    headers = {"Content-Disposition": f"attachment; filename=request-{number}.har"}
    return Response(text.encode("utf-8", "replace"), mimetype="application/json", headers=headers)


@blueprint.get("/requests/<int:number>/body/<side>")
def body(number: int, side: str) -> Response:
    """A body that is too large for the page, as text."""
    if side not in ("request", "response"):
        abort(404, "A request has a request body and a response body.")
    with reading(engine()) as connection:
        text = _sample(connection, number).trace[side].get("body")
    text = text if isinstance(text, str) else ""
    return _text(text if _revealed() else mask_body(text))


def _revealed() -> bool:
    return request.args.get("values") == "shown"


def _short(path: str) -> str:
    return path if len(path) <= MOST_PATH else path[:MOST_PATH] + "\u2026"


def _text(text: str) -> Response:
    return Response(text.encode("utf-8", "backslashreplace"), content_type="text/plain; charset=utf-8")


def _sample(connection: Connection, number: int) -> recent_requests.Sample:
    found = recent_requests.sample(connection, number) if number < 1 << 62 else None
    if found is None:
        abort(404, "This request is no longer kept: only the latest are.")
    return found


def shown_endpoint(connection: Connection, name: Optional[str]) -> Any:
    """The endpoint that a sample is shown with: `id`, `method`, `template`, `host`; None where it has none."""
    return None if name is None else store.shown(connection, name)
