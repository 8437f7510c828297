"""Opens the store that a command works on; the errors of commands that are one line for whoever gave it."""

from __future__ import annotations

import argparse
import os
from contextlib import contextmanager
from typing import Iterator

from sqlalchemy.engine import Connection, Engine

from metlo_auto.collector.home import Home
from metlo_auto.collector.service import presence
from metlo_auto.collector.store import schema_version
from metlo_auto.collector.store.database import connected, open_store, reading


class Failed(Exception):
    """The command cannot do it; the message is the one line that is shown."""


class Misused(Exception):
    """The arguments leave open what is meant; the message says what to add."""


def store_url(folder: Home, options: argparse.Namespace) -> str:
    return folder.store_url(options.store, os.environ)


def opened(folder: Home, options: argparse.Namespace) -> Engine:
    """The store. Raises Failed rather than change the tables under a running collector of an older version."""
    url = store_url(folder, options)
    if presence.find(folder) is not None:
        beside = connected(url)
        try:
            is_older = schema_version.needs_upgrade(beside)
        except schema_version.NewerStore:
            is_older = False  # opening it says so
        finally:
            beside.dispose()
        if is_older:
            raise Failed("the collector that runs on this data is of an older version; stop it, then try again")
    return open_store(url)


@contextmanager
def reading_store(folder: Home, options: argparse.Namespace) -> Iterator[Connection]:
    engine = opened(folder, options)
    try:
        with reading(engine) as connection:
            yield connection
    finally:
        engine.dispose()
