"""The store's engine and the few statements that SQLite and PostgreSQL spell differently; knows no table's
meaning.
"""

from __future__ import annotations

import importlib
import sqlite3
import sys
from contextlib import contextmanager
from functools import lru_cache
from operator import itemgetter
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Optional, Sequence

from sqlalchemy import Table, column, create_engine, event, func, select
from sqlalchemy import table as sa_table
from sqlalchemy.engine import URL, Connection, Dialect, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from metlo_auto.collector.store import schema_version
from metlo_auto.collector.store.sqlite_files import BUSY_TIMEOUT, PRAGMAS, close_to_others

# of libpq: a server that has gone without a word is noticed within half a minute
_CONNECTION = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}
_TIMEOUTS = {"statement_timeout": 60, "lock_timeout": 20, "idle_in_transaction_session_timeout": 60}  # seconds
_WRITING = "metlo_writing"
WORTH_COPYING = 20  # rows; fewer are merged one by one
WRITES = {_WRITING: True}  # execution options of a connection whose transactions write


class StoreUnusable(Exception):
    """The store cannot be opened; the message says which and why."""


def open_store(url: str) -> Engine:
    """An engine on `url` with all tables as this version has them. Raises StoreUnusable."""
    engine = connected(url)
    prepare(engine)
    return engine


def prepare(engine: Engine) -> None:
    """Make or change the tables so that they are this version's. Raises StoreUnusable."""
    try:
        with engine.connect() as connection:
            is_current = schema_version.is_current(connection)
        if not is_current:
            with writing(engine) as connection:
                schema_version.bring_up_to_date(connection)
    except (SQLAlchemyError, schema_version.NewerStore) as error:
        raise _unusable(engine.url.render_as_string(), error) from error
    if is_sqlite(engine) and engine.url.database:
        close_to_others(engine.url.database)


def connected(url: str) -> Engine:
    """An engine on `url`, whatever tables it has. Raises StoreUnusable."""
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = _create_engine(parsed)
        if is_sqlite(engine):
            _prepare_sqlite(engine)
        else:
            _limit_statements(engine)
    except (ArgumentError, ImportError, SQLAlchemyError) as error:
        raise _unusable(url, error) from error
    return engine


def _unusable(url: str, error: Exception) -> StoreUnusable:
    return StoreUnusable(f"cannot open the store {_shown(url)}: {_first_line(error)}{_hint(error)}")


def _create_engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return create_engine(url)
    given = {name: value for name, value in _CONNECTION.items() if name not in url.query}
    # few connections, so that several servers share what one database gives, and no request waits for one for long
    return create_engine(url, pool_pre_ping=True, pool_size=2, max_overflow=4, pool_timeout=10, connect_args=given)


def _limit_statements(engine: Engine) -> None:
    """No statement, lock or forgotten transaction of ours lasts; what the database or the URL sets lower holds."""

    @event.listens_for(engine, "connect")
    def _on_connect(raw: Any, _record: Any) -> None:
        with raw.cursor() as cursor:
            for name, seconds in _TIMEOUTS.items():
                cursor.execute(f"SELECT current_setting('{name}') IN ('0', '0ms')")
                if cursor.fetchone()[0]:
                    cursor.execute(f"SET {name} = '{seconds}s'")
        raw.commit()


def is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


def reading(engine: Engine) -> Connection:
    """A connection whose reads, until it is closed, all see one moment of the store."""
    if is_sqlite(engine):
        return engine.connect()
    return engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


@contextmanager
def writing(engine: Engine, patience: Optional[float] = None) -> Iterator[Connection]:
    """One transaction that writes. On SQLite it takes the write lock at once, so that it cannot fail
    half-way. `patience`: seconds that it waits for others, None for those of the store; OperationalError after that.
    """
    with engine.connect().execution_options(**WRITES) as connection, _waiting(connection, patience):
        with connection.begin():
            if patience is not None and not is_sqlite(engine):
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(patience * 1e3)}ms'")
            yield connection


@contextmanager
def _waiting(connection: Connection, patience: Optional[float]) -> Iterator[None]:
    if patience is None or not is_sqlite(connection.engine):
        yield
        return
    raw: Any = connection.connection.driver_connection
    raw.execute(f"PRAGMA busy_timeout={int(patience * 1e3)}")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT}")


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(raw: sqlite3.Connection, _record: Any) -> None:
        raw.isolation_level = None  # transactions are begun below, not by the driver
        cursor = raw.cursor()
        for pragma in PRAGMAS:
            cursor.execute("PRAGMA " + pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITING)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Merges(NamedTuple):
    """Columns by how a new value and an old one become one."""

    sums: tuple[str, ...] = ()
    minima: tuple[str, ...] = ()
    maxima: tuple[str, ...] = ()
    latest: tuple[str, ...] = ()


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    sums: Sequence[str] = (),
    minima: Sequence[str] = (),
    maxima: Sequence[str] = (),
    latest: Sequence[str] = (),
) -> None:
    """Insert `rows` or merge them into what is there, column by column; in key order, so that writers cannot
    deadlock.
    """
    if rows:
        columns = tuple(rows[0])
        merges = Merges(tuple(sums), tuple(minima), tuple(maxima), tuple(latest))
        ordered = sorted(rows, key=itemgetter(*(each.name for each in table.primary_key)))
        merge_rows(connection, table, columns, list(map(itemgetter(*columns), ordered)), merges)


def merge_rows(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], merges: Merges
) -> None:
    """Insert `rows`, each with the values of `columns`, or merge them into what is there. They are in key order."""
    if connection.dialect.name == "sqlite" or len(rows) < WORTH_COPYING:
        _execute(connection, _compiled_upsert(connection.dialect, table, columns, merges), columns, rows)
    else:
        copied = f"metlo_new_{table.name}"
        create = f"CREATE TEMPORARY TABLE IF NOT EXISTS {copied} (LIKE {table.name}) ON COMMIT DELETE ROWS"
        connection.exec_driver_sql(create)
        _copy(connection, copied, columns, rows)
        connection.exec_driver_sql(_merge_statement(connection.dialect, table, copied, columns, merges))
        connection.exec_driver_sql(f"DELETE FROM {copied}")  # further rows may come in this transaction


def _copy(connection: Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    """psycopg's COPY: one statement for all rows. Raises what SQLAlchemy's statements raise."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    raw: Any = connection.connection
    dialect: Any = connection.dialect
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except dialect.loaded_dbapi.Error as error:
        is_gone = dialect.is_disconnect(error, raw.driver_connection, None)
        if is_gone:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statement, None, error, dialect.loaded_dbapi.Error, connection_invalidated=is_gone, dialect=dialect
        ) from error


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, which have the same columns and no key yet."""
    if not rows:
        return
    columns = tuple(rows[0])
    values = map(itemgetter(*columns), rows)
    if connection.dialect.name == "sqlite":
        compiled = table.insert().inline().compile(dialect=connection.dialect, column_keys=columns)
        _execute(connection, compiled, columns, list(values))
    else:
        _copy(connection, table.name, columns, values)


def _execute(connection: Connection, compiled: Any, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """`rows` are given to the driver as they are: SQLAlchemy's own handling of one takes longer than SQLite's."""
    if not compiled.positional:
        given: Any = [dict(zip(columns, row)) for row in rows]
    elif tuple(compiled.positiontup) == columns:
        given = rows
    else:
        given = list(map(itemgetter(*map(columns.index, compiled.positiontup)), rows))
    connection.exec_driver_sql(str(compiled), given)


@lru_cache(maxsize=64)
def _compiled_upsert(dialect: Dialect, table: Table, columns: tuple[str, ...], merges: Merges) -> Any:
    statement: Any = _insert(dialect, table)
    return _or_merged(statement, table, merges, dialect).compile(dialect=dialect, column_keys=list(columns))


@lru_cache(maxsize=64)
def _merge_statement(dialect: Dialect, table: Table, copied: str, columns: tuple[str, ...], merges: Merges) -> str:
    """Merges the rows of the table `copied`, in key order."""
    source = sa_table(copied, *(column(name) for name in columns))
    keys = [source.c[key.name] for key in table.primary_key]
    statement: Any = _insert(dialect, table).from_select(list(columns), select(source).order_by(*keys))
    return str(_or_merged(statement, table, merges, dialect).compile(dialect=dialect))


def _insert(dialect: Dialect, table: Table) -> Any:
    """For the dialect in use, which has been imported by then: PostgreSQL's brings the drivers of all clients along."""
    return importlib.import_module(f"sqlalchemy.dialects.{dialect.name}").insert(table)


def _or_merged(statement: Any, table: Table, merges: Merges, dialect: Dialect) -> Any:
    new, old = statement.excluded, table.c
    least, greatest = (func.min, func.max) if dialect.name == "sqlite" else (func.least, func.greatest)
    merged: dict[str, Any] = {name: old[name] + new[name] for name in merges.sums}
    merged.update({name: least(old[name], new[name]) for name in merges.minima})
    merged.update({name: greatest(old[name], new[name]) for name in merges.maxima})
    merged.update({name: new[name] for name in merges.latest})
    keys = [each.name for each in table.primary_key]
    if merged:
        return statement.on_conflict_do_update(index_elements=keys, set_=merged)
    return statement.on_conflict_do_nothing(index_elements=keys)


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "given"


def _hint(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name == "psycopg":
        return f"; run: {sys.executable} -m pip install 'psycopg[binary]'"
    return ""


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
