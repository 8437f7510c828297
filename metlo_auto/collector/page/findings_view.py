"""Findings, and the actions that dismiss what was found or bring it back."""

from __future__ import annotations

import time
from itertools import groupby

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from metlo_auto.collector.inventory import finding_requests, queries
from metlo_auto.collector.inventory import findings as found
from metlo_auto.collector.page import inventory_findings, services
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.rendering import render
from metlo_auto.collector.store.database import reading, writing

_BACK = ("page.findings", "page.sensitive")
MOST_KEY = 4_000  # characters
MOST_SHOWN = 50  # findings of each kind
MOST_OF_ONE_KIND = 500  # where it alone is shown


@blueprint.get("/findings")
def findings() -> str:
    with reading(engine()) as connection:
        service = services.wanted(connection)
        everything = [
            item for item in inventory_findings.findings(connection) if service in (None, item.endpoint.service)
        ]
        open_ = [item for item in everything if not item.dismissed]
        return render(
            connection,
            "findings.html",
            "Findings",
            queries.status(connection),
            groups=_groups(open_, request.args.get("kind", "")),
            n=len(open_),
            gone=[item for item in everything if item.dismissed][:MOST_SHOWN],
        )


def _groups(open_: list[found.Finding], wanted: str) -> list[tuple[found.Kind, list[found.Finding], int]]:
    """Findings by kind, as many of each as a page shows, and how many more there are."""
    grouped = [(kind, list(items)) for kind, items in groupby(open_, key=lambda item: item.kind)]
    alone = [(kind, items) for kind, items in grouped if kind.name == wanted]
    most = MOST_OF_ONE_KIND if alone else MOST_SHOWN
    return [(kind, items[:most], len(items)) for kind, items in alone or grouped]


@blueprint.get("/findings/request")
def finding_request() -> Response:
    """To a kept request that shows the finding `?key=`, or to its endpoint where none is kept any more."""
    key = request.args.get("key", "")
    with reading(engine()) as connection:
        item = next((item for item in inventory_findings.findings(connection) if item.key == key), None)
        if item is None:
            abort(404, "There is no such finding any more.")
        number = finding_requests.newest(connection, item)
    if number is None:
        return redirect(url_for("page.endpoint", name=item.endpoint.id, _anchor="requests"))
    return redirect(url_for("page.request_", number=number))


@blueprint.post("/dismiss")
def dismiss() -> Response:
    with writing(engine()) as connection:
        found.dismiss(connection, _key(), time.time())
    return _back("dismissed")


@blueprint.post("/restore")
def restore() -> Response:
    with writing(engine()) as connection:
        found.restore(connection, _key())
    return _back("restored")


def _key() -> str:
    key = request.form.get("key", "")
    if not 0 < len(key) <= MOST_KEY:
        abort(400, "The form names nothing to dismiss.")
    return key


def _back(done: str) -> Response:
    place = request.form.get("back", "")
    return redirect(url_for(place if place in _BACK else "page.findings", done=done), 303)
