"""An endpoint belongs to a service; hosts, which were its identity, are counted beside it.

Where the kept requests of an endpoint name one service, it becomes that service's, and endpoints that differed in their
host alone become one. Elsewhere the host is the service, and all stays as it was.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Iterator, NamedTuple, Optional

import sqlalchemy as sa
from alembic import op
from sqlalchemy.engine import Connection

from metlo_auto.collector.store.text import key

revision = "2"
down_revision = "1"

_AT_ONCE = 500
_SUMS = ("calls", "errors", "client_errors", "authenticated")


def upgrade() -> None:
    connection = op.get_bind()
    _change_tables()
    said = _name_samples(connection)
    rows = [row._asdict() for row in connection.execute(sa.text("SELECT * FROM endpoints ORDER BY id"))]
    moved = _add_services(rows, said)
    _write_endpoints(connection, rows, moved)
    if moved:
        _move(connection, moved)


def _change_tables() -> None:
    op.add_column("endpoints", sa.Column("service", sa.Text, nullable=False, server_default=""))
    op.create_index("endpoints_by_service", "endpoints", ["service"])
    op.create_table(
        "endpoint_hosts",
        sa.Column("endpoint_id", sa.Text, primary_key=True),
        sa.Column("host", sa.Text, primary_key=True),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    _change_samples()
    details = (sa.Column("mount", sa.Text, nullable=False), sa.Column("parameters", sa.Text, nullable=False))
    routes = (
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("declared_at", sa.Float, nullable=False),
    )
    for table, more in (("declared_routes", routes), ("declared_details", details)):
        op.rename_table(table, f"{table}_before")
        op.create_table(
            table,
            sa.Column("service", sa.Text, primary_key=True, server_default=""),
            *(sa.Column(name, sa.Text, primary_key=True) for name in ("app", "method", "template")),
            *more,
        )
        names = ", ".join(["app", "method", "template", *(column.name for column in more)])
        op.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {table}_before")
        op.drop_table(f"{table}_before")


def _change_samples() -> None:
    """Two columns; on SQLite before the body, since all that stands behind it is read with it."""
    added = [sa.Column(name, sa.Text, nullable=False, server_default="") for name in ("service", "host")]
    if op.get_bind().dialect.name != "sqlite":
        for column in added:
            op.add_column("samples", column)
    else:
        op.drop_index("samples_by_endpoint", "samples")
        op.rename_table("samples", "samples_before")
        op.create_table(
            "samples",
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
            sa.Column("endpoint_id", sa.Text),
            sa.Column("at", sa.Float, nullable=False),
            sa.Column("trace_id", sa.Text),
            sa.Column("method", sa.Text, nullable=False),
            sa.Column("status", sa.Integer, nullable=False),
            sa.Column("size", sa.Integer, nullable=False),
            *added,
            sa.Column("body", sa.LargeBinary, nullable=False),
        )
        names = "id, endpoint_id, at, trace_id, method, status, size, body"
        op.execute(f"INSERT INTO samples ({names}) SELECT {names} FROM samples_before")
        op.drop_table("samples_before")
        op.create_index("samples_by_endpoint", "samples", ["endpoint_id", "id"])
    op.create_index("samples_by_service", "samples", ["service", "id"])


class _Said(NamedTuple):
    number: int
    service: str
    host: str


def _name_samples(connection: Connection) -> dict[str, set[str]]:
    """Give each kept request its service and host; the services that those of each endpoint name."""
    said: dict[str, set[str]] = {}
    write = sa.text("UPDATE samples SET service = :service, host = :host WHERE id = :number")
    for rows in _samples(connection):
        found = [_read(row.id, bytes(row.body)) for row in rows]
        for row, one in zip(rows, found):
            if row.endpoint_id is not None and one.service:
                said.setdefault(row.endpoint_id, set()).add(one.service)
        connection.execute(write, [{**one._asdict(), "service": one.service or one.host.lower()} for one in found])
    return said


def _samples(connection: Connection) -> Iterator[list[Any]]:
    query = sa.text("SELECT id, endpoint_id, body FROM samples WHERE id > :last ORDER BY id LIMIT :most")
    last = -1
    while True:
        rows = list(connection.execute(query, {"last": last, "most": _AT_ONCE}))
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _read(number: int, body: bytes) -> _Said:
    try:
        trace = json.loads(body)
        meta = trace.get("meta")
        said = [meta.get("service"), meta.get("app")] if isinstance(meta, dict) else []
        service = next((name.strip() for name in said if isinstance(name, str) and name.strip()), "")
        return _Said(number, key(service, 200), key(str(trace["request"]["url"]["host"]), 2_000))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return _Said(number, "", "")


def _add_services(rows: list[dict[str, Any]], said: dict[str, set[str]]) -> dict[str, str]:
    """Give each row its service, all that are shown as one the same; new ids by old ones, where they change."""
    by_root: dict[str, set[str]] = {}
    for row in rows:
        by_root.setdefault(row["folded_into"] or row["id"], set()).update(said.get(row["id"], ()))
    new_ids: dict[str, str] = {}
    for row in rows:
        names = by_root[row["folded_into"] or row["id"]]
        row["service"] = next(iter(names)) if len(names) == 1 else row["host"].lower()
        new_ids[row["id"]] = _endpoint_id(row["method"], row["service"], row["template"])
    changed = {new for old, new in new_ids.items() if new != old}
    return {old: new for old, new in new_ids.items() if new in changed}


def _endpoint_id(method: str, service: str, template: str) -> str:
    text = "\n".join((method, service, template))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _write_endpoints(connection: Connection, rows: list[dict[str, Any]], moved: dict[str, str]) -> None:
    """The rows under their new ids, and the hosts of each."""
    merged: dict[str, dict[str, Any]] = {}
    hosts: dict[tuple[str, str], int] = {}
    for row in rows:
        name = moved.get(row["id"], row["id"])
        folded: Optional[str] = row["folded_into"]
        row = {**row, "id": name, "folded_into": moved.get(folded, folded) if folded else None}
        merged[name] = _together(merged[name], row) if name in merged else row
        hosts[name, row["host"]] = hosts.get((name, row["host"]), 0) + row["calls"]
    if not merged:
        return
    columns = list(next(iter(merged.values())))
    connection.execute(sa.text("DELETE FROM endpoints"))
    values = ", ".join(f":{name}" for name in columns)
    write = sa.text(f"INSERT INTO endpoints ({', '.join(columns)}) VALUES ({values})")
    listed = list(merged.values())
    for start in range(0, len(listed), _AT_ONCE):
        connection.execute(write, listed[start : start + _AT_ONCE])
    add_host = sa.text("INSERT INTO endpoint_hosts (endpoint_id, host, calls) VALUES (:name, :host, :calls)")
    connection.execute(add_host, [{"name": name, "host": host, "calls": n} for (name, host), n in hosts.items()])


def _together(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        **one,
        **{name: one[name] + other[name] for name in _SUMS},
        "declared": max(one["declared"], other["declared"]),
        "confirmed": max(one["confirmed"], other["confirmed"]),
        "first_seen": min(one["first_seen"], other["first_seen"]),
        "last_seen": max(one["last_seen"], other["last_seen"]),
        "folded_into": one["folded_into"] or other["folded_into"],
    }


def _move(connection: Connection, moved: dict[str, str]) -> None:
    """Put what is kept by endpoint under the new ids."""
    op.create_table(
        "moved_endpoints",
        sa.Column("old_id", sa.Text, primary_key=True),
        sa.Column("new_id", sa.Text, nullable=False),
    )
    write = sa.text("INSERT INTO moved_endpoints (old_id, new_id) VALUES (:old, :new)")
    connection.execute(write, [{"old": old, "new": new} for old, new in moved.items()])
    _merge("facts", ("section", "path", "kind", "value"), {"n": "SUM", "first_seen": "MIN"})
    _merge("traffic", ("hour", "bucket"), {"calls": "SUM", "errors": "SUM"})
    op.execute(
        "UPDATE samples SET endpoint_id = (SELECT new_id FROM moved_endpoints WHERE old_id = endpoint_id) "
        "WHERE endpoint_id IN (SELECT old_id FROM moved_endpoints)"
    )
    op.drop_table("moved_endpoints")
    _move_dismissals(connection, moved)


def _merge(table: str, keys: tuple[str, ...], merges: dict[str, str]) -> None:
    """Rows that get the same key become one, each other column by the function that `merges` says."""
    names = ", ".join([*keys, *merges])
    by = ", ".join(["m.new_id", *(f"t.{name}" for name in keys)])
    merged = ", ".join(f"{function}(t.{name}) AS {name}" for name, function in merges.items())
    op.execute(
        f"CREATE TEMPORARY TABLE moved_rows AS SELECT {by}, {merged} FROM {table} t "
        f"JOIN moved_endpoints m ON m.old_id = t.endpoint_id GROUP BY {by}"
    )
    op.execute(f"DELETE FROM {table} WHERE endpoint_id IN (SELECT old_id FROM moved_endpoints)")
    op.execute(f"INSERT INTO {table} (endpoint_id, {names}) SELECT new_id, {names} FROM moved_rows")
    op.execute("DROP TABLE moved_rows")


def _move_dismissals(connection: Connection, moved: dict[str, str]) -> None:
    """What was dismissed names its endpoint: `kind/ID/subject`."""
    for what, at in connection.execute(sa.text("SELECT what, dismissed_at FROM dismissals")).all():
        kind, _, rest = what.partition("/")
        name, _, subject = rest.partition("/")
        if name in moved and moved[name] != name:
            write = {"what": f"{kind}/{moved[name]}/{subject}", "at": at, "old": what}
            connection.execute(sa.text("DELETE FROM dismissals WHERE what = :old OR what = :what"), write)
            connection.execute(sa.text("INSERT INTO dismissals (what, dismissed_at) VALUES (:what, :at)"), write)
