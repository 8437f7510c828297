"""One function per page: what it shows and which template shows it."""

from __future__ import annotations

import time

from flask import render_template

from metlo_auto.collector import queries
from metlo_auto.collector.page import words
from metlo_auto.collector.page.blueprint import blueprint, engine


@blueprint.app_template_filter("ago")
def ago(seconds: float) -> str:
    return words.ago(time.time() - seconds)


@blueprint.app_template_filter("count")
def count(n: int) -> str:
    return words.count(n)


@blueprint.get("/")
def home() -> str:
    with engine().connect() as connection:
        endpoints = queries.list_endpoints(connection)
        traces = queries.latest_traces(connection, 50)
        status = queries.status(connection)
    return render_template("home.html", endpoints=endpoints, traces=traces, status=status)
