"""All endpoints as rows of the table, with what was found in their data; reads, decides nothing."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.engine import Connection

from metlo_auto.collector import sensitive
from metlo_auto.collector.page.listing import Row
from metlo_auto.collector.queries import Endpoint
from metlo_auto.collector.schema import dismissals, endpoints, facts

_SCALARS = ("string", "integer", "number", "boolean", "null")


class Found(NamedTuple):
    """A class of sensitive data in a field: `hits` of `observations` values, with a masked example."""

    endpoint_id: str
    section: str
    path: str
    name: str
    hits: int
    observations: int
    example: str
    first_seen: float
    dismissed: bool

    @property
    def key(self) -> str:
        """Its name among the dismissals."""
        return f"class {self.name} {self.endpoint_id} {self.section} {self.path}"


def owners(connection: Connection) -> dict[str, str]:
    """Every endpoint's id and the id of the one that it is shown with."""
    asked = select(endpoints.c.id, endpoints.c.folded_into)
    return {name: folded or name for name, folded in connection.execute(asked)}


def dismissed(connection: Connection) -> set[str]:
    return set(connection.scalars(select(dismissals.c.what)))


def found(connection: Connection) -> list[Found]:
    """Every claim of sensitive data that the evidence carries, dismissed ones too."""
    own = facts.alias()
    c = facts.c
    places = select(c.endpoint_id, c.section, c.path).where(c.kind == "class").distinct().subquery()
    same = (own.c.endpoint_id == places.c.endpoint_id, own.c.section == places.c.section, own.c.path == places.c.path)
    asked = select(own).select_from(places).join(own, same[0] & same[1] & same[2])
    shown, gone = owners(connection), dismissed(connection)
    totals: dict[tuple[str, str, str], int] = {}
    hits: dict[tuple[str, str, str], dict[str, tuple[int, float]]] = {}
    examples: dict[tuple[str, str, str, str], str] = {}
    for row in connection.execute(asked):
        place = (shown.get(row.endpoint_id, row.endpoint_id), row.section, row.path)
        if row.kind == "type" and row.value in _SCALARS:
            totals[place] = totals.get(place, 0) + int(row.n)
        elif row.kind == "class":
            of_place = hits.setdefault(place, {})
            before, first = of_place.get(row.value, (0, row.first_seen))
            of_place[row.value] = (before + int(row.n), min(first, row.first_seen))
        elif row.kind.startswith("example "):
            examples.setdefault((*place, row.kind[8:]), row.value)
    return sorted(
        claim
        for place, of_place in hits.items()
        for name, (n, first) in of_place.items()
        if name in sensitive.BY_NAME and sensitive.is_claimed(name, n, totals.get(place, n))
        for claim in [_claim(place, name, n, max(n, totals.get(place, n)), examples, first, gone)]
    )


def _claim(
    place: tuple[str, str, str],
    name: str,
    hits: int,
    observations: int,
    examples: dict[tuple[str, str, str, str], str],
    first_seen: float,
    gone: set[str],
) -> Found:
    claim = Found(*place, name, hits, observations, examples.get((*place, name), ""), first_seen, False)
    return claim._replace(dismissed=claim.key in gone)


def rows(listed: list[Endpoint], claims: list[Found], findings: dict[str, int]) -> list[Row]:
    """`findings` counts the open ones by endpoint."""
    classes: dict[str, set[str]] = {}
    for claim in claims:
        if not claim.dismissed:
            classes.setdefault(claim.endpoint_id, set()).add(claim.name)
    order = {name: index for index, name in enumerate(sensitive.BY_NAME)}
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
            tuple(sorted(classes.get(item.id, ()), key=lambda name: order[name])),
            findings.get(item.id, 0),
        )
        for item in listed
    ]
