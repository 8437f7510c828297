"""Findings, and the actions that dismiss what was found or bring it back."""

from __future__ import annotations

import time
from typing import Sequence

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from metlo_auto.collector.inventory import figure_queries, figures, finding_requests, queries
from metlo_auto.collector.inventory import findings as found
from metlo_auto.collector.page import services
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.rendering import render
from metlo_auto.collector.store.database import reading, writing

_BACK = ("page.findings", "page.sensitive")
MOST_KEY = 4_000  # characters
MOST_SHOWN = 50  # findings of each kind
MOST_OF_ONE_KIND = 500  # where it alone is shown


@blueprint.get("/findings")
def findings() -> str:
    figures.refresh_quickly(engine())
    with reading(engine()) as connection:
        view = figure_queries.view(connection, services.wanted(connection))
        counts = figure_queries.finding_counts(view)
        return render(
            connection,
            "findings.html",
            "Findings",
            queries.status(connection),
            groups=_groups(view, counts, request.args.get("kind", "")),
            n=sum(count.n for count in counts),
            gone=figure_queries.findings(view, MOST_SHOWN, dismissed=True),
        )


def _groups(
    view: figure_queries.View, counts: Sequence[figure_queries.KindCount], wanted: str
) -> list[tuple[found.Kind, list[found.Finding], int]]:
    """Findings by kind, as many of each as a page shows, and how many there are."""
    alone = [count for count in counts if count.kind.name == wanted]
    most = MOST_OF_ONE_KIND if alone else MOST_SHOWN
    return [(kind, figure_queries.findings(view, most, kind.name), n) for kind, n in alone or counts]


@blueprint.get("/findings/request")
def finding_request() -> Response:
    """To a kept request that shows the finding `?key=`, or to its endpoint where none is kept any more."""
    key = request.args.get("key", "")
    figures.refresh_quickly(engine())
    with reading(engine()) as connection:
        item = figure_queries.finding(figure_queries.view(connection, None), key)
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
