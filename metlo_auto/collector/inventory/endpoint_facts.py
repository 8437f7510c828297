"""What is known of an endpoint as a whole: statuses, credentials, troubles; read back from its facts."""

from __future__ import annotations

from typing import Iterable, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.store.schema import endpoints, facts


class Notes(NamedTuple):
    """Counts by value: `statuses` {"200": 12}, `schemes` {"http bearer": 9}, …"""

    statuses: dict[str, int]
    schemes: dict[str, int]
    credentials_in_url: dict[str, int]  # by parameter
    secrets: dict[str, int]  # in responses, by path
    anonymous: dict[str, int]  # classes of sensitive data answered to callers without credentials
    plain_http: int


_KINDS = {
    "status": "statuses",
    "scheme": "schemes",
    "credential in url": "credentials_in_url",
    "secret": "secrets",
    "anonymous": "anonymous",
}


def empty() -> Notes:
    return Notes({}, {}, {}, {}, {}, 0)


def read_notes(connection: Connection) -> dict[str, Notes]:
    """Notes by the id of the endpoint that is shown."""
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
