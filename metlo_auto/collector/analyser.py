"""Takes batches from the inbox and applies each exactly once; a process of its own beside the server."""

from __future__ import annotations

import logging
import os
import select as readiness
import time
from typing import Optional

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from metlo_auto.collector import inbox
from metlo_auto.collector.apply import Caps, apply, expire
from metlo_auto.collector.database import writing
from metlo_auto.collector.harvest import Harvest, harvest
from metlo_auto.collector.memory import Memory, recall

MOST_BYTES = 4_000_000  # of one step: about a thousand traces
MOST_BATCHES = 1_000
IDLE = 1.0  # seconds after which the inbox is looked at without being told
EXPIRE_EVERY = 60.0  # seconds
LAST_WORK = 5.0  # seconds for what is left when the server stops

logger = logging.getLogger("metlo.collector")


class Taken(Exception):
    """Another analyser applied one of these batches first."""


def step(engine: Engine, caps: Caps, memory: Memory) -> bool:
    """Apply the oldest batches in one transaction; False where the inbox is empty. Raises Taken."""
    if inbox.locks_rows(engine):
        with writing(engine) as connection:
            batches = inbox.take(connection, MOST_BYTES, MOST_BATCHES)
            _apply(connection, batches, harvest(batches, memory), caps)
        return bool(batches)
    with engine.connect() as reader:  # SQLite has one write lock: do not hold it while analysing
        batches = inbox.take(reader, MOST_BYTES, MOST_BATCHES)
    result = harvest(batches, memory)
    if batches:
        with writing(engine) as connection:
            _apply(connection, batches, result, caps)
    return bool(batches)


def _apply(connection: Connection, batches: list[inbox.Filed], result: Harvest, caps: Caps) -> None:
    if batches:
        if not inbox.remove(connection, batches):
            raise Taken
        apply(connection, result, caps, time.time())


def run(engine: Engine, caps: Caps, wake: int) -> None:
    """Work until the pipe `wake` is closed by the server; a byte in it says that something came in."""
    memory: Optional[Memory] = None
    expired_at = float("-inf")
    while _wait(wake):
        memory = _drain(engine, caps, memory, deadline=None)
        if time.monotonic() - expired_at > EXPIRE_EVERY:
            expired_at = time.monotonic()
            _expire(engine, caps)
    _drain(engine, caps, memory, deadline=time.monotonic() + LAST_WORK)


def _wait(wake: int) -> bool:
    """False once the server is gone."""
    ready, _, _ = readiness.select([wake], [], [], IDLE)
    return not ready or bool(os.read(wake, 65_536))


def _drain(engine: Engine, caps: Caps, memory: Optional[Memory], deadline: Optional[float]) -> Optional[Memory]:
    """Empty the inbox; the memory to go on with, None where a step failed and it may hold what the store does not."""
    try:
        memory = memory or recall(engine)
        while step(engine, caps, memory):
            if deadline is not None and time.monotonic() > deadline:
                break
        return memory
    except Taken:
        return None
    except SQLAlchemyError as error:
        logger.warning("the store cannot be written, analysis waits: %s", str(error).splitlines()[0])
        time.sleep(IDLE)
        return None


def _expire(engine: Engine, caps: Caps) -> None:
    try:
        with writing(engine) as connection:
            expire(connection, caps, time.time())
    except SQLAlchemyError as error:
        logger.warning("old samples stay for now: %s", str(error).splitlines()[0])
