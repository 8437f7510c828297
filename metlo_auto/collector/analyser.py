"""Takes batches from the inbox and applies each exactly once; a process of its own beside the server."""

from __future__ import annotations

import logging
import os
import select as readiness
import time

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from metlo_auto.collector import inbox
from metlo_auto.collector.apply import Caps, apply, expire
from metlo_auto.collector.database import writing
from metlo_auto.collector.harvest import harvest

MOST_BYTES = 4_000_000  # of one step: about a thousand traces
MOST_BATCHES = 1_000
IDLE = 1.0  # seconds after which the inbox is looked at without being told
EXPIRE_EVERY = 60.0  # seconds
LAST_WORK = 5.0  # seconds for what is left when the server stops

logger = logging.getLogger("metlo.collector")


class _Taken(Exception):
    """Another analyser applied one of these batches first."""


def same_template(_method: str, _host: str, template: str) -> str:
    return template


def step(engine: Engine, caps: Caps) -> bool:
    """Apply the oldest batches in one transaction; False where the inbox is empty."""
    if inbox.locks_rows(engine):
        with writing(engine) as connection:
            return _step(connection, connection, caps)
    with engine.connect() as reader:  # SQLite has one write lock: do not hold it while analysing
        batches = inbox.take(reader, MOST_BYTES, MOST_BATCHES)
    return _apply(engine, batches, caps)


def _step(reader: Connection, writer: Connection, caps: Caps) -> bool:
    batches = inbox.take(reader, MOST_BYTES, MOST_BATCHES)
    if not batches:
        return False
    result = harvest(batches, same_template)
    inbox.remove(writer, batches)
    apply(writer, result, caps)
    return True


def _apply(engine: Engine, batches: list[inbox.Filed], caps: Caps) -> bool:
    if not batches:
        return False
    result = harvest(batches, same_template)
    try:
        with writing(engine) as connection:
            if not inbox.remove(connection, batches):
                raise _Taken
            apply(connection, result, caps)
    except _Taken:
        pass
    return True


def run(engine: Engine, caps: Caps, wake: int) -> None:
    """Work until the pipe `wake` is closed by the server; a byte in it says that something came in."""
    expired_at = float("-inf")
    while _wait(wake):
        _drain(engine, caps, deadline=None)
        if time.monotonic() - expired_at > EXPIRE_EVERY:
            expired_at = time.monotonic()
            _expire(engine, caps)
    _drain(engine, caps, deadline=time.monotonic() + LAST_WORK)


def _wait(wake: int) -> bool:
    """False once the server is gone."""
    ready, _, _ = readiness.select([wake], [], [], IDLE)
    return not ready or bool(os.read(wake, 65_536))


def _drain(engine: Engine, caps: Caps, deadline: float | None) -> None:
    try:
        while step(engine, caps):
            if deadline is not None and time.monotonic() > deadline:
                return
    except SQLAlchemyError as error:
        logger.warning("the store cannot be written, analysis waits: %s", str(error).splitlines()[0])
        time.sleep(IDLE)


def _expire(engine: Engine, caps: Caps) -> None:
    try:
        with writing(engine) as connection:
            expire(connection, caps, time.time())
    except SQLAlchemyError as error:
        logger.warning("old samples stay for now: %s", str(error).splitlines()[0])
