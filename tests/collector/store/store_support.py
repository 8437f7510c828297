"""Stores as older versions left them, from the dumps in `stores/`."""

from __future__ import annotations

import sqlite3
from pathlib import Path

DUMPS = Path(__file__).parent / "stores"
ACCEPTED = 30  # traces in each dump; two of them wait in the inbox


def sqlite_store(folder: Path, name: str = "5083a29") -> str:
    """The data folder of that revision, as its URL."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = sqlite3.connect(folder / "collector.db")
    database.executescript((DUMPS / f"{name}.sqlite.sql").read_text("utf-8"))
    database.close()
    return f"sqlite:///{folder}/collector.db"


def postgresql_store(url: str, name: str = "5083a29") -> str:
    """Fill the empty database at `url`."""
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute((DUMPS / f"{name}.postgresql.sql").read_text("utf-8"))  # type: ignore[call-overload]
    return url
