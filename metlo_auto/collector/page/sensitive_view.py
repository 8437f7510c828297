"""Sensitive data by class: the first fields of each, or one class page by page."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from flask import request

from metlo_auto.collector.analysis import sensitive
from metlo_auto.collector.inventory import queries
from metlo_auto.collector.inventory.exposures import Exposure
from metlo_auto.collector.page import inventory_findings, listing, services
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
    with reading(engine()) as connection:
        service = services.wanted(connection)
        everything = inventory_findings.endpoints(connection)
        endpoints = {item.id: item for item in everything if service in (None, item.service)}
        found = [item for item in inventory_findings.exposures(connection) if item.endpoint_id in endpoints]
        open_ = [item for item in found if not item.dismissed]
        gone = [item for item in found if item.dismissed]
        return render(
            connection,
            "sensitive.html",
            "Sensitive data",
            queries.status(connection),
            endpoints=endpoints,
            groups=_one(open_, wanted) if wanted.data in sensitive.BY_NAME else _all(open_),
            gone=gone[: listing.PAGE],
            n_gone=len(gone),
        )


def _all(exposures: Sequence[Exposure]) -> list[Group]:
    found = [(data, _of(exposures, data.name)) for data in sensitive.CLASSES]
    return [Group(data, fields[:FIRST], len(fields), 0, 0) for data, fields in found if fields]


def _one(exposures: Sequence[Exposure], wanted: listing.Wanted) -> list[Group]:
    fields = _of(exposures, wanted.data)
    shown = listing.cut(fields, wanted.page)
    if not shown:
        return []
    return [Group(sensitive.BY_NAME[wanted.data], shown, len(fields), wanted.page, listing.pages(len(fields)))]


def _of(exposures: Sequence[Exposure], name: str) -> list[Exposure]:
    return [exposure for exposure in exposures if exposure.claim.name == name]
