"""Runs of security tests: the newest, or the one that is asked for, each finding with its two requests side by side."""

from __future__ import annotations

import shlex
from itertools import groupby
from typing import Any, NamedTuple, Optional

from flask import abort, request
from sqlalchemy.engine import Connection

from metlo_auto.collector.inventory import queries
from metlo_auto.collector.inventory.queries import Endpoint
from metlo_auto.collector.page import services
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.rendering import render
from metlo_auto.collector.store.database import reading
from metlo_auto.collector.store.test_runs import StoredRun, read_runs

MOST_SKIPPED = 300
_RANK = {"high": 0, "medium": 1, "low": 2}


class Group(NamedTuple):
    """Findings of one kind."""

    kind: str
    title: str
    severity: str
    advice: str
    findings: list[dict[str, Any]]


@blueprint.get("/tests")
def tests() -> str:
    with reading(engine()) as connection:
        runs = read_runs(connection)
        shown = _chosen(runs, request.args.get("run", ""))
        result = _of_service(shown.result, services.wanted(connection)) if shown else None
        return render(
            connection,
            "tests.html",
            "Tests",
            queries.status(connection),
            runs=runs,
            shown=shown,
            result=result,
            groups=groups(result) if result else [],
            skipped=(result or {}).get("skipped", [])[:MOST_SKIPPED],
            again=f"metlo-collector test {shlex.quote(shown.target)}" if shown else "",
        )


def _of_service(result: Optional[dict[str, Any]], service: Optional[str]) -> Optional[dict[str, Any]]:
    """A run's result with the findings at one service, None for all."""
    if result is None or service is None:
        return result
    return {**result, "findings": [f for f in result.get("findings", ()) if f.get("service", "") == service]}


def _chosen(runs: list[StoredRun], name: str) -> Optional[StoredRun]:
    """The run of that name; without a name the newest that has ended, else the newest."""
    if name:
        return next((run for run in runs if run.run == name), None) or abort(404, "There is no such run.")
    return next((run for run in runs if run.result), runs[0] if runs else None)


def groups(result: dict[str, Any]) -> list[Group]:
    """The findings of a run by kind, the most severe first."""
    ordered = sorted(result.get("findings", ()), key=lambda f: (_RANK.get(f["severity"], 3), f["kind"], f["route"]))
    found = []
    for (kind, severity), items in groupby(ordered, key=lambda f: (f["kind"], f["severity"])):
        listed = list(items)
        found.append(Group(kind, listed[0]["cwe"], severity, listed[0]["advice"], listed))
    return found


def findings_of(connection: Connection, endpoint: Endpoint) -> list[dict[str, Any]]:
    """What the newest run that has ended found at an endpoint."""
    newest = next((run.result for run in read_runs(connection) if run.result), None)
    found = (newest or {}).get("findings", [])
    wanted = (endpoint.method, endpoint.template)
    whose = ("", endpoint.service, *endpoint.hosts)
    return [f for f in found if (f["method"], f["route"]) == wanted and f.get("service", "") in whose]
