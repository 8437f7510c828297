"""Sensitive data by class: the first fields of each, or one class page by page."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Optional, Sequence

from flask import request
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis import sensitive
from metlo_auto.collector.inventory import figure_queries, figures, queries
from metlo_auto.collector.inventory.exposures import Exposure
from metlo_auto.collector.page import listing, services
from metlo_auto.collector.page.blueprint import blueprint, engine
from metlo_auto.collector.page.rendering import render
from metlo_auto.collector.store.database import reading

FIRST = 20  # fields of each class where all classes are shown


class Group(NamedTuple):
    """One class of data: the `fields` that are shown of `total`, and on which of how many pages they stand."""

    data: sensitive.Class
    fields: Sequence[Exposure]
    total: int
    page: int
    last_page: int


@blueprint.get("/sensitive", endpoint="sensitive")
def sensitive_data() -> str:
    wanted = listing.read(request.args)
    figures.refresh_quickly(engine())
    with reading(engine()) as connection:
        service = services.wanted(connection)
        counts = figure_queries.exposure_counts(connection, service)
        one = sensitive.BY_NAME.get(wanted.data)
        groups = _one(connection, service, one, counts, wanted.page) if one else _all(connection, service, counts)
        gone = figure_queries.exposures(connection, service, listing.PAGE, dismissed=True)
        shown = [item for group in groups for item in group.fields] + gone
        return render(
            connection,
            "sensitive.html",
            "Sensitive data",
            queries.status(connection),
            endpoints=figure_queries.endpoints_by_id(connection, {item.endpoint_id for item in shown}),
            groups=groups,
            gone=gone,
            n_gone=sum(figure_queries.exposure_counts(connection, service, dismissed=True).values()),
        )


def _all(connection: Connection, service: Optional[str], counts: Mapping[str, int]) -> list[Group]:
    return [
        Group(data, figure_queries.exposures(connection, service, FIRST, data.name), counts[data.name], 0, 0)
        for data in sensitive.CLASSES
        if counts.get(data.name)
    ]


def _one(
    connection: Connection, service: Optional[str], data: sensitive.Class, counts: Mapping[str, int], page: int
) -> list[Group]:
    fields = figure_queries.exposures(connection, service, listing.PAGE, data.name, (page - 1) * listing.PAGE)
    total = counts.get(data.name, 0)
    return [Group(data, fields, total, page, listing.pages(total))] if fields else []
