"""Which version a store's tables have, and how they get this one's: once, by one process, wholly or not at all."""

from __future__ import annotations

import sys
from typing import Optional

from sqlalchemy import func, insert, inspect, select, text
from sqlalchemy.engine import Connection, Engine

from metlo_auto.collector.store import migrations, schema

_LOCK = 0x6D65746C6F
# of PostgreSQL, in seconds, 0 for none; the last: how long a node waits for another one's migration
_TIMEOUTS = {"statement_timeout": 0, "idle_in_transaction_session_timeout": 0, "lock_timeout": 600}


class NewerStore(Exception):
    """The store has a version that this one does not know; the message says what to do."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"a newer metlo-collector has written it (version {found} of the tables, this one knows {schema.VERSION}); "
            f"run: {sys.executable} -m pip install --upgrade 'metlo-auto[collector]', or choose another store"
        )


def is_current(connection: Connection) -> bool:
    """Whether the tables are those of this version. Raises NewerStore where it knows them not."""
    version = _read(connection)
    if version is not None and version > schema.VERSION:
        raise NewerStore(version)
    return version == schema.VERSION


def bring_up_to_date(connection: Connection) -> None:
    """Make or change the tables in the caller's transaction, which writes. What is interrupted is as if not begun."""
    if connection.dialect.name != "sqlite":  # there the transaction is the lock
        # a table may be large, and another node may be at it; for this transaction alone
        for name, seconds in _TIMEOUTS.items():
            connection.execute(text(f"SET LOCAL {name} = '{seconds}s'"))
        connection.execute(func.pg_advisory_xact_lock(_LOCK).select())
    if is_current(connection):  # another was first
        return
    if _read(connection) is None and not inspect(connection).has_table(schema.inbox.name):
        schema.metadata.create_all(connection)
        connection.execute(insert(schema.schema_version), {"version_num": str(schema.VERSION)})
        return
    migrations.run(connection)
    connection.execute(  # analysers at work forget what they remember, and an older one finds that it is older
        text("INSERT INTO counters (name, n) VALUES (:name, 1) ON CONFLICT (name) DO UPDATE SET n = counters.n + 1"),
        {"name": schema.GENERATION},
    )


def needs_upgrade(engine: Engine) -> bool:
    """Whether the store has tables, and those of an older version. Raises NewerStore."""
    with engine.connect() as connection:
        return not is_current(connection) and inspect(connection).has_table(schema.inbox.name)


def _read(connection: Connection) -> Optional[int]:
    """None for a store without a version: an empty one, or one of the time before."""
    if not inspect(connection).has_table(schema.schema_version.name):
        return None
    found = connection.scalar(select(schema.schema_version.c.version_num))
    return None if found is None else int(found)
