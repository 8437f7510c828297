"""What is known of an endpoint as a whole: statuses, credentials, troubles; read back from its facts."""

from __future__ import annotations

from typing import Iterable, Mapping, NamedTuple, Optional

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.store.schema import endpoints, facts


class Notes(NamedTuple):
    """Counts by value: `statuses` {"200": 12}, `schemes` {"http bearer": 9}, …"""

    statuses: dict[str, int]
    schemes: dict[str, int]  # of accepted calls
    accepted: dict[str, int]  # "with credentials", "without"
    credentials_in_url: dict[str, int]  # by parameter
    secrets: dict[str, int]  # in responses, by path
    rules: dict[str, int]  # as the app spells its route, `/users/<int:id>`
    views: dict[str, int]
    bulk: dict[str, int]  # responds with a hundred personal records and more, by class
    troubles: dict[str, int]  # "traceback", "sql error", "debugger"
    reflected: dict[str, int]  # by parameter
    cors: dict[str, int]
    cookie_flags: dict[str, int]  # "session without HttpOnly"
    anonymous_deletes: dict[str, int]
    failed_logins: dict[str, int]  # by a digest of the caller's address
    logins: dict[str, int]
    objects: dict[str, int]  # reads by digests, "object caller"
    links: dict[str, int]  # ids of its responses that were parameters later, as `analysis.links` writes them
    only_counted: dict[str, int]  # calls that looked like others, which were analysed for them
    plain_http: int


_KINDS = {
    "status": "statuses",
    "scheme": "schemes",
    "accepted": "accepted",
    "credential in url": "credentials_in_url",
    "secret": "secrets",
    "rule": "rules",
    "view": "views",
    "bulk": "bulk",
    "trouble": "troubles",
    "reflected": "reflected",
    "cors": "cors",
    "cookie flag": "cookie_flags",
    "anonymous delete": "anonymous_deletes",
    "failed login": "failed_logins",
    "login": "logins",
    "object": "objects",
    "link": "links",
    "only counted": "only_counted",
}


def empty() -> Notes:
    return Notes._make([*({} for _ in Notes._fields[:-1]), 0])


def read_notes(connection: Connection, owners: Optional[Mapping[str, str]] = None) -> dict[str, Notes]:
    """Notes by the id of the endpoint that is shown; `owners`: of some alone, as `queries.members` gives them."""
    if owners is not None:
        some = select(facts.c.endpoint_id, facts.c.kind, facts.c.value, facts.c.n)
        some = some.where(facts.c.section == "", facts.c.endpoint_id.in_(list(owners)))
        return build((owners[row[0]], row[1], row[2], row[3]) for row in connection.execute(some).all())
    shown = func.coalesce(endpoints.c.folded_into, endpoints.c.id)
    f = facts.c
    query = (
        select(shown.label("shown"), f.kind, f.value, func.sum(f.n))
        .select_from(facts.join(endpoints, endpoints.c.id == f.endpoint_id))
        .where(f.section == "")
        .group_by(shown, f.kind, f.value)
    )
    return build((row[0], row[1], row[2], row[3]) for row in connection.execute(query).all())


def build(rows: Iterable[tuple[str, str, str, int]]) -> dict[str, Notes]:
    """Notes from rows (endpoint, kind, value, n)."""
    found: dict[str, Notes] = {}
    for endpoint, kind, value, n in rows:
        notes = found.setdefault(endpoint, empty())
        if kind == "plain http":
            found[endpoint] = notes._replace(plain_http=notes.plain_http + int(n))
        elif kind in _KINDS:
            counts: dict[str, int] = getattr(notes, _KINDS[kind])
            counts[value] = counts.get(value, 0) + int(n)
    return found
