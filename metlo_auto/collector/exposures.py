"""Where sensitive data was seen: fields with a claim, over all endpoints or some; reads the store."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.engine import Connection

from metlo_auto.collector import sensitive
from metlo_auto.collector.fields import Claim
from metlo_auto.collector.schema import dismissals, endpoints, facts


class Exposure(NamedTuple):
    """A field that holds sensitive data. `key` is what a dismissal goes by."""

    key: str
    endpoint_id: str  # of the endpoint that is shown
    section: str
    path: str
    claim: Claim
    dismissed: bool


def read_exposures(connection: Connection) -> list[Exposure]:
    """All claimed fields, by class, endpoint and place; dismissed ones included and marked."""
    observed = _observations(connection)
    examples = _examples(connection)
    gone = {row.what for row in connection.execute(select(dismissals.c.what))}
    found = []
    for (endpoint, section, path, name), hits in sorted(_hits(connection).items(), key=lambda item: item[0][3]):
        total = observed.get((endpoint, section, path), hits)
        if name in sensitive.BY_NAME and sensitive.is_claimed(name, hits, total):
            key = f"sensitive/{endpoint}/{section}{path}/{name}"
            claim = Claim(name, hits, total, examples.get((endpoint, section, path, name), ""))
            found.append(Exposure(key, endpoint, section, path, claim, key in gone))
    return found


def classes_by_endpoint(exposures: list[Exposure]) -> dict[str, list[str]]:
    """The names of the classes that each endpoint handles, without what was dismissed."""
    result: dict[str, list[str]] = {}
    for exposure in exposures:
        names = result.setdefault(exposure.endpoint_id, [])
        if not exposure.dismissed and exposure.claim.name not in names:
            names.append(exposure.claim.name)
    return result


_SHOWN = func.coalesce(endpoints.c.folded_into, endpoints.c.id)
_JOINED = facts.join(endpoints, endpoints.c.id == facts.c.endpoint_id)


def _hits(connection: Connection) -> dict[tuple[str, str, str, str], int]:
    f = facts.c
    query = (
        select(_SHOWN, f.section, f.path, f.value, func.sum(f.n))
        .select_from(_JOINED)
        .where(f.kind == "class")
        .group_by(_SHOWN, f.section, f.path, f.value)
    )
    return {(row[0], row[1], row[2], row[3]): int(row[4]) for row in connection.execute(query)}


def _observations(connection: Connection) -> dict[tuple[str, str, str], int]:
    """How many texts and numbers were seen at the places that any class was found at."""
    f, other = facts.c, facts.alias()
    same = and_(other.c.endpoint_id == f.endpoint_id, other.c.section == f.section, other.c.path == f.path)
    found_there = select(other.c.kind).where(same, other.c.kind == "class").exists()
    query = (
        select(_SHOWN, f.section, f.path, func.sum(f.n))
        .select_from(_JOINED)
        .where(f.kind == "type", f.value.in_(("string", "integer", "number")), found_there)
        .group_by(_SHOWN, f.section, f.path)
    )
    return {(row[0], row[1], row[2]): int(row[3]) for row in connection.execute(query)}


def _examples(connection: Connection) -> dict[tuple[str, str, str, str], str]:
    f = facts.c
    query = (
        select(_SHOWN, f.section, f.path, f.kind, func.min(f.value))
        .select_from(_JOINED)
        .where(f.kind.like("example %"))
        .group_by(_SHOWN, f.section, f.path, f.kind)
    )
    return {(r[0], r[1], r[2], r[3][len("example ") :]): r[4] for r in connection.execute(query)}
