"""Where sensitive data was seen: fields with a claim, over all endpoints or some; reads the store."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Optional

from sqlalchemy import and_, func, or_, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis import sensitive
from metlo_auto.collector.inventory.fields import Claim
from metlo_auto.collector.store.schema import dismissals, endpoints, facts


class Exposure(NamedTuple):
    """A field that holds sensitive data. `key` is what a dismissal goes by."""

    key: str
    endpoint_id: str  # of the endpoint that is shown
    section: str
    path: str
    claim: Claim
    dismissed: bool
    anonymous: int = 0  # hits in answers to callers without credentials, without what they sent themselves
    in_error: int = 0  # and in responses of status 400 and above


def read_exposures(connection: Connection, owners: Optional[Mapping[str, str]] = None) -> list[Exposure]:
    """All claimed fields, by class, endpoint and place; dismissed ones included and marked.

    `owners`: of some endpoints alone, as `queries.members` gives them.
    """
    observed = _observations(connection, owners)
    hits_by_place, examples, open_hits = _seen(connection, owners)
    gone = {row.what for row in connection.execute(select(dismissals.c.what))}
    found = []
    for (endpoint, section, path, name), hits in sorted(hits_by_place.items(), key=lambda item: (item[0][3], item[0])):
        total = observed.get((endpoint, section, path), hits)
        if name in sensitive.BY_NAME and sensitive.is_claimed(name, hits, total):
            key = f"sensitive/{endpoint}/{section}{path}/{name}"
            claim = Claim(name, hits, total, examples.get((endpoint, section, path, name), ""))
            place = (endpoint, section, path, name)
            alone, in_error = open_hits.get(("anonymous", place), 0), open_hits.get(("in error", place), 0)
            found.append(Exposure(key, endpoint, section, path, claim, key in gone, alone, in_error))
    return found


def classes_by_endpoint(exposures: list[Exposure]) -> dict[str, list[str]]:
    """The names of the classes that each endpoint handles, without what was dismissed."""
    result: dict[str, list[str]] = {}
    for exposure in exposures:
        names = result.setdefault(exposure.endpoint_id, [])
        if not exposure.dismissed and exposure.claim.name not in names:
            names.append(exposure.claim.name)
    return result


_Place = tuple[str, str, str, str]  # endpoint, section, path, class
_Hits = dict[_Place, int]
_Examples = dict[_Place, str]
_SHOWN = func.coalesce(endpoints.c.folded_into, endpoints.c.id)
_JOINED = facts.join(endpoints, endpoints.c.id == facts.c.endpoint_id)


def _seen(
    connection: Connection, owners: Optional[Mapping[str, str]]
) -> tuple[_Hits, _Examples, dict[tuple[str, _Place], int]]:
    """Hits, masked examples and hits by who saw them, by endpoint, section, path and class."""
    f = facts.c
    query = (
        select(_SHOWN, f.section, f.path, f.kind, f.value, f.n)
        .select_from(_JOINED)
        .where(or_(f.kind.in_(("class", "anonymous", "in error")), f.kind.like("example %")), f.section != "")
    )
    if owners is not None:
        query = query.where(f.endpoint_id.in_(list(owners)))
    hits: _Hits = {}
    examples: _Examples = {}
    open_hits: dict[tuple[str, _Place], int] = {}
    for endpoint, section, path, kind, value, n in connection.execute(query).all():
        if kind == "class":
            place = (endpoint, section, path, value)
            hits[place] = hits.get(place, 0) + n
        elif kind in ("anonymous", "in error"):
            seen_by = (kind, (endpoint, section, path, value))
            open_hits[seen_by] = open_hits.get(seen_by, 0) + n
        else:
            place = (endpoint, section, path, kind[len("example ") :])
            examples[place] = min(value, examples.get(place, value))
    return hits, examples, open_hits


def _observations(connection: Connection, owners: Optional[Mapping[str, str]]) -> dict[tuple[str, str, str], int]:
    """How many texts and numbers were seen where any class was found, by all endpoints that are shown as one."""
    f = facts.c
    places = select(_SHOWN.label("shown"), f.section, f.path).select_from(_JOINED).where(f.kind == "class")
    if owners is not None:
        places = places.where(f.endpoint_id.in_(list(owners)))
    found = places.distinct().subquery()
    listed = select(endpoints.c.id, _SHOWN.label("shown"))
    members = (listed if owners is None else listed.where(endpoints.c.id.in_(list(owners)))).subquery()
    same = and_(f.endpoint_id == members.c.id, f.section == found.c.section, f.path == found.c.path)
    query = (
        select(found.c.shown, f.section, f.path, f.n)
        .select_from(found.join(members, members.c.shown == found.c.shown).join(facts, same))
        .where(f.kind == "type", f.value.in_(("string", "integer", "number")))
    )
    totals: dict[tuple[str, str, str], int] = {}
    for endpoint, section, path, n in connection.execute(query).all():
        totals[endpoint, section, path] = totals.get((endpoint, section, path), 0) + n
    return totals
