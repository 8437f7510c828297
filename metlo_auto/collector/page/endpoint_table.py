"""The table of endpoints as the first page shows it: filtered, sorted and cut by the store."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from sqlalchemy import Float, and_, case, cast, func, literal, or_, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis import sensitive
from metlo_auto.collector.inventory import figure_queries, queries
from metlo_auto.collector.inventory.figure_queries import View
from metlo_auto.collector.page.listing import ALWAYS, LARGEST_FIRST, METHODS, NEVER, PAGE, Row, Wanted
from metlo_auto.collector.store.schema import (
    endpoint_figures,
    endpoint_hosts,
    endpoints,
    exposure_figures,
    finding_figures,
)

MOST_HOSTS = 500  # that a word is looked for in


class Overview(NamedTuple):
    """All endpoints of a service, or of all, in numbers."""

    endpoints: int
    new: int
    sensitive: int
    findings: int
    first_seen: float  # of the oldest; infinity where there is none
    methods: Sequence[str]
    classes: Sequence[str]
    many_hosts: bool


_COUNTS = ("calls", "errors", "client_errors", "authenticated")


def _all_shown(connection: Connection) -> Any:
    """A subquery: every endpoint that is shown, with the counts of those that were folded into it."""
    e = endpoints.c
    if connection.scalar(select(e.id).where(e.folded_into.is_not(None)).limit(1)) is None:  # as where all are declared
        alone = [e[name] for name in (*_COUNTS, "first_seen", "last_seen")]
        return _shown(endpoints, endpoints, alone, e.confirmed == 1)
    o = endpoints.alias("own")
    sums = [func.sum(e[name]).label(name) for name in _COUNTS]
    ends = [func.min(e.first_seen).label("first_seen"), func.max(e.last_seen).label("last_seen")]
    members = select(e.folded_into.label("id"), *sums, *ends, func.max(e.confirmed).label("confirmed"))
    joined = members.where(e.folded_into.is_not(None)).group_by(e.folded_into).subquery("members")
    m = joined.c
    own = o.c.folded_into.is_(None)  # one that was folded while others were folded into it shows theirs alone
    counts = [(case((own, o.c[name]), else_=0) + func.coalesce(m[name], 0)).label(name) for name in _COUNTS]
    first = case((m.first_seen < o.c.first_seen, m.first_seen), else_=o.c.first_seen).label("first_seen")
    last = case((m.last_seen > o.c.last_seen, m.last_seen), else_=o.c.last_seen).label("last_seen")
    is_shown = and_(or_(own, m.id.is_not(None)), or_(o.c.confirmed == 1, m.confirmed == 1))
    return _shown(o, o.outerjoin(joined, m.id == o.c.id), [*counts, first, last], is_shown)


def _shown(own: Any, source: Any, measured: Sequence[Any], is_shown: Any) -> Any:
    figures = endpoint_figures.c
    columns = (
        own.c.id,
        own.c.host,
        own.c.method,
        own.c.template,
        *measured,
        func.coalesce(func.nullif(own.c.service, ""), own.c.host).label("service"),
        func.coalesce(figures.classes, "").label("classes"),
        func.coalesce(figures.n_classes, 0).label("n_classes"),
        figures.p95,
    )
    joined = source.outerjoin(endpoint_figures, figures.endpoint_id == own.c.id)
    return select(*columns).select_from(joined).where(is_shown).subquery("shown")


def overview(of: View, findings: int, today: float) -> Overview:
    """`today`: when it began."""
    connection, service = of.connection, of.service
    s = _all_shown(connection).c
    asked = select(
        s.method,
        func.count(),
        func.sum(case((s.first_seen >= today, 1), else_=0)),
        func.sum(case((s.n_classes > 0, 1), else_=0)),
        func.min(s.first_seen),
    ).group_by(s.method)
    if service is not None:
        asked = asked.where(s.service == service)
    rows = connection.execute(asked).all()
    hosts = select(endpoint_hosts.c.host).distinct().limit(2)
    if service is not None:
        members = endpoint_hosts.join(endpoints, endpoints.c.id == endpoint_hosts.c.endpoint_id)
        hosts = hosts.select_from(members).where(
            func.coalesce(func.nullif(endpoints.c.service, ""), endpoints.c.host) == service
        )
    there = figure_queries.exposure_counts(connection, service)
    return Overview(
        endpoints=sum(int(row[1]) for row in rows),
        new=sum(int(row[2]) for row in rows),
        sensitive=sum(int(row[3]) for row in rows),
        findings=findings,
        first_seen=min((float(row[4]) for row in rows), default=float("inf")),
        methods=[name for name in METHODS if any(row[0] == name for row in rows)],
        classes=[name for name in sensitive.BY_NAME if name in there],
        many_hosts=len(connection.execute(hosts).all()) > 1,
    )


def page(of: View, wanted: Wanted, everything: int, today: float, timed_since: float) -> tuple[list[Row], int]:
    """The rows of the page that is asked for, and how many there are on all; p95 of calls since `timed_since`."""
    connection, s = of.connection, _all_shown(of.connection).c
    filters = _filters(of, s, wanted, today)
    number = func.count().over().label("number") if wanted.filters else literal(everything).label("number")
    columns = (s.id, s.host, s.method, s.template, s.calls, s.errors, s.client_errors, s.authenticated, s.first_seen,
               s.last_seen, s.classes, s.service, number)  # fmt: skip
    keys = [
        key.desc() if LARGEST_FIRST[wanted.sort] != wanted.reverse else key.asc()
        for key in _keys(connection, s, wanted.sort, timed_since)
    ]
    equal = [figure_queries.bytewise(connection, column) for column in (s.template, s.method, s.service, s.id)]
    asked = select(*columns).where(*filters).order_by(*keys, *equal).limit(PAGE).offset((wanted.page - 1) * PAGE)
    rows = connection.execute(asked).all()
    if rows or wanted.page == 1:
        found = int(rows[0].number) if rows else 0
    else:  # past the last page
        found = int(connection.scalar(select(func.count()).select_from(s.id.table).where(*filters)) or 0)
    hosts = queries.hosts(connection, [row.id for row in rows])
    return [_row(row, hosts.get(row.id) or (row.host,)) for row in rows], found


def _row(row: Any, hosts: tuple[str, ...]) -> Row:
    return Row(
        row.id,
        hosts[0],
        row.method,
        row.template,
        int(row.calls),  # sums are decimals on PostgreSQL
        int(row.errors),
        int(row.client_errors),
        int(row.authenticated),
        row.first_seen,
        row.last_seen,
        tuple(row.classes.split()),
        service=row.service,
        hosts=hosts,
    )


def _filters(of: View, s: Any, wanted: Wanted, today: float) -> list[Any]:
    made = [] if of.service is None else [s.service == of.service]
    if wanted.method:
        made.append(s.method == wanted.method)
    if wanted.auth == NEVER:
        made.append(s.authenticated == 0)
    elif wanted.auth:
        made.append(s.authenticated > 0)
        made.append(s.authenticated >= s.calls if wanted.auth == ALWAYS else s.authenticated < s.calls)
    if wanted.data == "any":
        made.append(s.n_classes > 0)
    elif wanted.data:
        x = exposure_figures.c
        made.append(s.id.in_(select(x.endpoint_id).where(x.name == wanted.data, x.dismissed == 0)))
    if wanted.only == "new":
        made.append(s.first_seen >= today)
    elif wanted.only == "errors":
        made.append(s.errors > 0)
    elif wanted.only == "findings":
        f = finding_figures.c
        there = select(f.endpoint_id).where(f.dismissed == 0, *figure_queries.current(of))
        made.append(s.id.in_(there))
    words = wanted.q.lower().split()
    hosts = of.connection.execute(select(endpoint_hosts.c.host).distinct()).scalars().all() if words else ()
    having = ((word, [host for host in hosts if word in host.lower()]) for word in words)
    return [*made, *(_says(s, word, named) for word, named in having if len(named) < len(hosts) or not hosts)]


def _says(s: Any, word: str, hosts: Sequence[str]) -> Any:
    """Whether the row has the word or was called under one of `hosts`; SQLite knows the capitals of ASCII alone."""
    text = func.lower(s.method + " " + s.template + " " + s.service).contains(word, autoescape=True)
    if not hosts:
        return text
    e, h = endpoints.c, endpoint_hosts.c
    under = select(func.coalesce(e.folded_into, e.id)).join(endpoint_hosts, h.endpoint_id == e.id)
    return or_(text, s.id.in_(under.where(h.host.in_(hosts[:MOST_HOSTS]))))


def _keys(connection: Connection, s: Any, sort: str, timed_since: float) -> list[Any]:
    calls = case((s.calls > 0, s.calls), else_=1)

    def share(part: Any) -> Any:
        return cast(part, Float) / calls

    template, method = (figure_queries.bytewise(connection, column) for column in (s.template, s.method))
    p95 = case((s.last_seen >= timed_since, func.coalesce(s.p95, 0.0)), else_=0.0)
    found: dict[str, list[Any]] = {
        "method": [method],
        "endpoint": [template, method],
        "service": [figure_queries.bytewise(connection, func.lower(s.service))],
        "calls": [s.calls],
        "errors": [share(s.errors), share(s.client_errors)],
        "p95": [p95],
        "auth": [share(s.authenticated)],
        "data": [s.n_classes],
        "seen": [s.last_seen],
    }
    return found[sort]
