"""How a connection to SQLite is set up, and who may read its files; knows no table."""

from __future__ import annotations

import os

BUSY_TIMEOUT = 20_000  # milliseconds that SQLite waits for the one who writes
PRAGMAS = (
    f"busy_timeout={BUSY_TIMEOUT}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "temp_store=MEMORY",
    "journal_size_limit=67108864",
    "cache_size=-16000",
    "secure_delete=OFF",
)


def close_to_others(database: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(database + suffix):
            os.chmod(database + suffix, 0o600)
