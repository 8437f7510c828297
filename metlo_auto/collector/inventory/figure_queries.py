"""What pages read of the figures that are kept of all endpoints: counts, and as many rows as a page shows."""

from __future__ import annotations

import time
from typing import Any, Iterable, NamedTuple, Optional, Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.inventory import findings as found
from metlo_auto.collector.inventory import queries, routes
from metlo_auto.collector.inventory.exposures import Exposure
from metlo_auto.collector.inventory.fields import Claim
from metlo_auto.collector.inventory.findings import KINDS, Finding
from metlo_auto.collector.inventory.queries import Endpoint
from metlo_auto.collector.store.schema import endpoint_figures, endpoints, exposure_figures, finding_figures

_F, _X = finding_figures.c, exposure_figures.c
_ORDERED = sorted(KINDS.values(), key=lambda kind: (found.RANK[kind.severity], kind.name))  # the most severe first


def bytewise(connection: Connection, column: Any) -> Any:
    """The column in an order that no locale changes."""
    return column if connection.dialect.name == "sqlite" else column.collate("C")


class View(NamedTuple):
    """What a page is about: `service` or all; what was first seen after `since` is news, all other news have ended."""

    connection: Connection
    service: Optional[str]
    since: float


def view(connection: Connection, service: Optional[str]) -> View:
    now = time.time()
    return View(connection, service, found.news_since(found.began_at(connection, now), now))


def current(of: View) -> list[ColumnElement[bool]]:
    """Which findings are those of now, and of the service."""
    return [_F.since > of.since, *([] if of.service is None else [_F.service == of.service])]


class KindCount(NamedTuple):
    kind: found.Kind
    n: int


def finding_counts(of: View) -> list[KindCount]:
    """How many findings of each kind are open, the most severe first, without kinds that have none."""
    query = select(_F.kind, func.count()).where(_F.dismissed == 0, *current(of)).group_by(_F.kind)
    counts = {row[0]: int(row[1]) for row in of.connection.execute(query)}
    return [KindCount(kind, counts[kind.name]) for kind in _ORDERED if counts.get(kind.name)]


def findings(of: View, most: int, kind: Optional[str] = None, dismissed: bool = False) -> list[Finding]:
    """The first `most` findings, of one kind or the most severe first."""
    asked = select(finding_figures).where(_F.dismissed == int(dismissed), *current(of))
    ordered = [bytewise(of.connection, column) for column in (_F.template, _F.service, _F.endpoint_id, _F.subject)]
    rows: list[Any] = []
    for name in [kind] if kind else [kind.name for kind in _ORDERED]:
        if len(rows) < most:
            wanted = asked.where(_F.kind == name).order_by(*ordered).limit(most - len(rows))
            rows += of.connection.execute(wanted).all()
    return _made(of.connection, rows)


def finding(of: View, key: str) -> Optional[Finding]:
    """The finding with that key; None where there is none any more."""
    kind, _, rest = key.partition("/")
    endpoint_id, _, subject = rest.partition("/")
    wanted = (_F.endpoint_id == endpoint_id, _F.kind == kind, _F.subject == subject)
    rows = of.connection.execute(select(finding_figures).where(*wanted, *current(of))).all()
    return next(iter(_made(of.connection, rows)), None)


def findings_of(of: View, endpoint_id: str) -> list[Finding]:
    """The open findings of one endpoint, the most severe first."""
    wanted = (_F.endpoint_id == endpoint_id, _F.dismissed == 0, *current(of))
    made = _made(of.connection, of.connection.execute(select(finding_figures).where(*wanted)).all())
    return sorted(made, key=lambda item: (_ORDERED.index(item.kind), item.key))


class Call(NamedTuple):
    """Findings of one kind on one endpoint, as one line. `more` counts those that `first` stands for."""

    first: Finding
    more: int


def calls(of: View, counts: Sequence[KindCount], most: int) -> list[Call]:
    """At most `most` things that a person should look at, the most severe first; news are none.

    `counts` as `finding_counts` gives them.
    """
    made: list[Call] = []
    for kind, _ in counts:
        if kind.severity == "news" or len(made) >= most:
            break
        made += _calls_of(of, kind, most - len(made))
    return made


def _calls_of(of: View, kind: found.Kind, most: int) -> list[Call]:
    connection = of.connection
    wanted = (_F.kind == kind.name, _F.dismissed == 0, *current(of))
    place = [bytewise(connection, column) for column in (_F.template, _F.service, _F.endpoint_id)]
    grouped = select(_F.endpoint_id, func.count(), func.min(_F.number))
    grouped = grouped.where(*wanted).group_by(_F.template, _F.service, _F.endpoint_id).order_by(*place).limit(most)
    rows = connection.execute(grouped).all()
    firsts = {}
    for name, _, number in rows:
        one = select(finding_figures).where(_F.endpoint_id == name, _F.number == number)
        firsts.update({item.endpoint.id: item for item in _made(connection, connection.execute(one).all())})
    return [Call(firsts[name], int(n) - 1) for name, n, _ in rows if name in firsts]


def _made(connection: Connection, rows: Sequence[Any]) -> list[Finding]:
    """Findings with their endpoints, and with the views of those that the app declares."""
    shown = endpoints_by_id(connection, {row.endpoint_id for row in rows})
    places = places_of(connection, list(shown.values()))
    return [
        Finding(
            "/".join((row.kind, row.endpoint_id, row.subject)),
            KINDS[row.kind],
            shown[row.endpoint_id],
            places.get(row.endpoint_id),
            row.detail,
            row.evidence,
            bool(row.dismissed),
        )
        for row in rows
        if row.endpoint_id in shown and row.kind in KINDS
    ]


def places_of(connection: Connection, shown: Sequence[Endpoint]) -> dict[str, routes.Route]:
    """The routes of those endpoints that the app declares, by the endpoint's id."""
    known = routes.read_for(connection, shown)
    if not known:
        return {}
    located = routes.locate(known, services=service_names(connection))
    found_ = {endpoint.id: routes.find(located, endpoint) for endpoint in shown}
    return {name: route for name, route in found_.items() if route is not None}


def classes_of(connection: Connection, endpoint_id: str) -> list[str]:
    """The classes of sensitive data that an endpoint handles, without what was dismissed."""
    f = endpoint_figures.c
    classes: Optional[str] = connection.scalar(select(f.classes).where(f.endpoint_id == endpoint_id))
    return (classes or "").split()


AT_ONCE = 200  # ids in one statement


def endpoints_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Endpoint]:
    listed = sorted(ids)
    return {
        item.id: item
        for start in range(0, len(listed), AT_ONCE)
        for item in queries.list_endpoints(connection, listed[start : start + AT_ONCE])
    }


def service_names(connection: Connection) -> list[str]:
    """The names of all services that have endpoints."""
    e = endpoints.c
    rows = connection.execute(select(e.service, e.host).where(e.confirmed == 1).distinct())
    return sorted({row.service or row.host for row in rows}, key=lambda name: (name.lower(), name))


def exposure_counts(connection: Connection, service: Optional[str], dismissed: bool = False) -> dict[str, int]:
    """How many fields hold data of each class."""
    query = select(_X.name, func.count()).where(*_exposed(service, dismissed)).group_by(_X.name)
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def exposures(
    connection: Connection,
    service: Optional[str],
    most: int,
    name: Optional[str] = None,
    after: int = 0,
    dismissed: bool = False,
) -> list[Exposure]:
    """`most` fields that hold sensitive data, of one class or of all, without the first `after`."""
    asked = select(exposure_figures).where(*_exposed(service, dismissed))
    if name is not None:
        asked = asked.where(_X.name == name)
    columns = (_X.name, _X.endpoint_id, _X.section, _X.path)
    ordered = asked.order_by(*(bytewise(connection, column) for column in columns))
    return [_exposure(row) for row in connection.execute(ordered.limit(most).offset(after))]


def _exposed(service: Optional[str], dismissed: bool) -> list[ColumnElement[bool]]:
    return [_X.dismissed == int(dismissed), *([] if service is None else [_X.service == service])]


def _exposure(row: Any) -> Exposure:
    key = f"sensitive/{row.endpoint_id}/{row.section}{row.path}/{row.name}"
    claim = Claim(row.name, row.hits, row.observations, row.example)
    return Exposure(key, row.endpoint_id, row.section, row.path, claim, bool(row.dismissed))
