"""One function per page: what it shows and which template shows it."""

from __future__ import annotations

import time

from flask import Blueprint, current_app, render_template
from sqlalchemy.engine import Engine

from metlo_auto.collector import queries
from metlo_auto.collector.page import words

blueprint = Blueprint(
    "page", __name__, template_folder="templates", static_folder="static", static_url_path="/static"
)


def _engine() -> Engine:
    engine: Engine = current_app.config["ENGINE"]
    return engine


@blueprint.app_template_filter("ago")
def ago(seconds: float) -> str:
    return words.ago(time.time() - seconds)


@blueprint.app_template_filter("count")
def count(n: int) -> str:
    return words.count(n)


@blueprint.get("/")
def home() -> str:
    with _engine().connect() as connection:
        endpoints = queries.list_endpoints(connection)
        traces = queries.latest_traces(connection, 50)
        status = queries.status(connection)
    return render_template("home.html", endpoints=endpoints, traces=traces, status=status)
