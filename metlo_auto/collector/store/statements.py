"""The store by plain SQL, for a command whose own CPU counts: importing SQLAlchemy takes longer than all that it asks.

SQLite is asked by Python's own module, where its tables are of this version; any other store through an engine.
Knows no table but that of the version.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Iterator, Optional, Protocol, Sequence

from metlo_auto.collector.store.sqlite_files import PRAGMAS, close_to_others
from metlo_auto.collector.store.tables_version import VERSION

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

Ask = Callable[..., Sequence[Any]]  # a statement with ? for each value, and the values: all rows
_SQLITE = "sqlite:///"


class Statements(Protocol):
    """Threads may share it."""

    def reading(self) -> ContextManager[Ask]:
        """All that is asked within sees one moment of the store."""

    def writing(self) -> ContextManager[Ask]:
        """One transaction that writes."""

    def engine(self) -> Engine:
        """For what asks by SQLAlchemy; closed with this."""

    def close(self) -> None: ...


def of_current_sqlite(url: str) -> Optional[Statements]:
    """None where the store is no file of SQLite, or where its tables are not those of this version."""
    path = url[len(_SQLITE) :]
    if not url.startswith(_SQLITE) or not path or "?" in path or not os.path.isfile(path):
        return None
    found = _Sqlite(path, url)
    try:
        with found.reading() as ask:
            rows = ask("SELECT version_num FROM metlo_schema_version")
    except sqlite3.Error:
        return None  # opening it the other way says what is wrong
    if [str(row[0]) for row in rows] != [str(VERSION)]:
        return None
    close_to_others(path)
    return found


class _Sqlite:
    def __init__(self, path: str, url: str) -> None:
        self._path = path
        self._url = url
        self._engine: Optional[Engine] = None

    def reading(self) -> ContextManager[Ask]:
        return self._within("BEGIN")

    def writing(self) -> ContextManager[Ask]:
        return self._within("BEGIN IMMEDIATE")

    @contextmanager
    def _within(self, begin: str) -> Iterator[Ask]:
        """Closing a connection takes back what was not committed."""
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            for pragma in PRAGMAS:
                connection.execute("PRAGMA " + pragma)
            connection.execute(begin)
            yield lambda statement, *values: connection.execute(statement, values).fetchall()
            connection.execute("COMMIT")

    def engine(self) -> Engine:
        if self._engine is None:
            from metlo_auto.collector.store.database import open_store  # SQLAlchemy, by the first who needs it

            self._engine = open_store(self._url)
        return self._engine

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()


class OfEngine:
    """Plain SQL on the store of `engine`, whatever database it is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def reading(self) -> Iterator[Ask]:
        from metlo_auto.collector.store.database import reading

        with reading(self._engine) as connection:
            yield lambda statement, *values: _asked(connection, statement, values)

    @contextmanager
    def writing(self) -> Iterator[Ask]:
        from metlo_auto.collector.store.database import writing

        with writing(self._engine) as connection:
            yield lambda statement, *values: _asked(connection, statement, values)

    def engine(self) -> Engine:
        return self._engine

    def close(self) -> None:
        self._engine.dispose()


def _asked(connection: Any, statement: str, values: "tuple[Any, ...]") -> Sequence[Any]:
    spelt = statement if connection.dialect.paramstyle == "qmark" else statement.replace("?", "%s")
    result = connection.exec_driver_sql(spelt, values)
    found: Sequence[Any] = result.all() if result.returns_rows else []
    return found
