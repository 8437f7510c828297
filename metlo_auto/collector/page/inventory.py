"""All endpoints as rows of the table, with what was found in their data; reads, decides nothing."""

from __future__ import annotations

from typing import Iterable, Mapping

from metlo_auto.collector.analysis import sensitive
from metlo_auto.collector.inventory.exposures import Exposure, classes_by_endpoint
from metlo_auto.collector.inventory.queries import Endpoint
from metlo_auto.collector.page.listing import Row

_ORDER = {name: index for index, name in enumerate(sensitive.BY_NAME)}


def rows(listed: Iterable[Endpoint], exposures: list[Exposure], findings: Mapping[str, int]) -> list[Row]:
    """`findings` counts the open ones by endpoint."""
    classes = classes_by_endpoint(exposures)
    return [
        Row(
            item.id,
            item.host,
            item.method,
            item.template,
            item.calls,
            item.errors,
            item.client_errors,
            item.authenticated,
            item.first_seen,
            item.last_seen,
            tuple(sorted(classes.get(item.id, ()), key=_ORDER.__getitem__)),
            findings.get(item.id, 0),
            service=item.service,
            hosts=item.hosts,
        )
        for item in listed
    ]
