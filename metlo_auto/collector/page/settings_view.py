"""Settings: what is kept and for how long, every counter, what was rejected, and the two ways of deleting."""

from __future__ import annotations

from typing import NamedTuple, Optional

from flask import abort, current_app, redirect, request, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from metlo_auto.collector.inventory import queries
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.rendering import render
from metlo_auto.collector.page.status_bar import OVER
from metlo_auto.collector.store import deletion, retention
from metlo_auto.collector.store.database import reading, writing
from metlo_auto.collector.store.schema import samples
from metlo_auto.version import VERSION

SET_ASIDE = 20
_DELETIONS = {"raw": deletion.delete_raw, "all": deletion.delete_all}
_COUNTERS = (
    ("accepted_batches", "Batches accepted", "answered 200 and stored before that"),
    ("accepted_traces", "Requests accepted", ""),
    ("applied_traces", "Requests analysed", ""),
    ("inbox_traces", "Waiting to be analysed", ""),
    ("duplicate_batches", "Batches that came twice", "counted once"),
    ("unmatched_traces", "Requests to no endpoint", "404 and 405 where no route matched"),
    ("expired_traces", "Requests no longer kept", "older than the newest that fit the limits; their counts stay"),
    ("set_aside_traces", "Rejected", "could not be analysed; the latest stand below"),
    ("overflow_traces", "Requests over the limit of endpoints", "kept, but no endpoint shows them: there are 20,000"),
    ("other_service_traces", "Requests counted under service *", "there are too many services"),
    ("other_host_traces", "Requests counted under host *", "a route has too many; serve --list-host keeps one apart"),
    ("overflow_sections", "Bodies counted as */*", "an endpoint had too many media types"),
    ("overflow_fields", "Fields left out", "an endpoint had too many, or their path is too long"),
    ("refused_traces", "Requests refused", "not in the format"),
    ("refused_posts", "Posts refused", "wrong key, too large, malformed"),
    ("lost_traces", "Lost", "accepted and neither analysed, rejected nor waiting"),
)
_BAD = (*OVER, "set_aside_traces", "refused_traces", "lost_traces")


class Cap(NamedTuple):
    """A limit as the form shows it: `value` in the unit that a person types."""

    name: str
    title: str
    unit: str
    value: int
    used: str


class Counter(NamedTuple):
    title: str
    n: int
    detail: str
    bad: bool


@blueprint.get("/settings")
def settings() -> str:
    with reading(engine()) as connection:
        status = queries.status(connection)
        kept, oldest = connection.execute(select(func.count(samples.c.id), func.min(samples.c.at))).one()
        return render(
            connection,
            "settings.html",
            "Settings",
            status,
            caps=_caps(retention.read_caps(connection), int(kept), status["sample_bytes"]),
            oldest=oldest,
            counters=[Counter(title, status.get(name, 0), why, name in _BAD) for name, title, why in _COUNTERS],
            set_aside=queries.latest_set_aside(connection, SET_ASIDE),
            facts=current_app.config["FACTS"](),
            address=request.host_url.rstrip("/"),
            version=VERSION,
        )


def _caps(caps: retention.Caps, kept: int, size: int) -> list[Cap]:
    return [
        Cap("samples", "Requests", "requests", caps.samples, f"{kept:,} kept"),
        Cap("megabytes", "Space", "MB", caps.sample_bytes // 1_000_000, f"{size / 1_000_000:.1f} MB used"),
        Cap("days", "Age", "days", int(caps.sample_age // 86_400), ""),
    ]


@blueprint.post("/settings")
def change_settings() -> Response:
    samples_, megabytes, days = (_number(name) for name in ("samples", "megabytes", "days"))
    if samples_ is None or megabytes is None or days is None:
        abort(400, "Each limit is a whole number from 1 to 1,000,000,000.")
    with writing(engine()) as connection:
        caps = retention.read_caps(connection)
        changed = caps._replace(samples=samples_, sample_bytes=megabytes * 1_000_000, sample_age=days * 86_400.0)
        retention.write_caps(connection, changed)
        retention.prune(connection, changed)
    return redirect(url_for("page.settings", done="caps"), 303)


def _number(name: str) -> Optional[int]:
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) else None


@blueprint.post("/delete")
def delete() -> Response:
    what = request.form.get("what", "")
    if what not in _DELETIONS:
        abort(400, "The form names nothing to delete.")
    if request.form.get("sure") != "yes":
        abort(400, "Nothing was deleted: tick the box to confirm.")
    with writing(engine()) as connection:
        _DELETIONS[what](connection)
    done = what if deletion.give_back(engine()) else "busy"
    return redirect(url_for("page.settings", done=done), 303)
