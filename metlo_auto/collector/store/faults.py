"""Whether an error of the store is the environment's or may be the data's; pure."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# PostgreSQL's classes of SQLSTATE: connection, transaction state (idle for too long, read-only after a failover),
# authorization, database, serialization and deadlock, schema and rights, resources, locks, operator, system
_ENVIRONMENT = ("08", "25", "28", "3D", "40", "42", "53", "55", "57", "58")
_SQLITE = (
    "locked",
    "busy",
    "disk",
    "full",
    "unable to open",
    "readonly",
    "read-only",
    "i/o error",
    "no such table",
    "malformed",
    "not a database",
    "out of memory",
)


def is_environments(error: BaseException) -> bool:
    """True where the store or the machine is at fault: connection lost, timeout, disk full. No batch is to blame."""
    if isinstance(error, (PoolTimeout, OSError)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(state, str):
        return state[:2] in _ENVIRONMENT
    if type(error.orig).__module__.startswith("sqlite3"):
        return any(word in str(error.orig).lower() for word in _SQLITE)
    return isinstance(error, OperationalError)  # psycopg says nothing more of a connection that broke
