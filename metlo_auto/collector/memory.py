"""What an analyser remembers between steps, and how it learns it again from the store."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.engine import Connection, Engine

from metlo_auto.collector import counters
from metlo_auto.collector.crowds import Crowds
from metlo_auto.collector.deletion import GENERATION
from metlo_auto.collector.facts import Key, Known
from metlo_auto.collector.schema import endpoints, facts


class Memory:
    """Only saves work and space: an analyser that begins with an empty one counts the same."""

    def __init__(self) -> None:
        self.generation = 0
        self.known = Known()
        self.crowds = Crowds()


def recall(engine: Engine) -> Memory:
    memory = Memory()
    with engine.connect() as connection:
        memory.generation = generation(connection)
        _recall_facts(connection, memory.known)
        _recall_endpoints(connection, memory.crowds)
    return memory


def generation(connection: Connection) -> int:
    """Changes when something was deleted that a memory may hold."""
    return counters.read(connection).get(GENERATION, 0)


def _recall_facts(connection: Connection, known: Known) -> None:
    columns = (facts.c.endpoint_id, facts.c.section, facts.c.path, facts.c.kind, facts.c.value)
    wanted = or_(facts.c.kind.in_(("type", "many", "value")), facts.c.kind.like("example%"))
    for row in connection.execute(select(*columns).where(wanted)):
        known.remember(Key(row.endpoint_id, row.section, row.path), row.kind, row.value)


def _recall_endpoints(connection: Connection, crowds: Crowds) -> None:
    columns = (endpoints.c.id, endpoints.c.method, endpoints.c.host, endpoints.c.template, endpoints.c.folded_into)
    rows = connection.execute(select(*columns).where(endpoints.c.declared == 0)).all()
    targets = {row.folded_into for row in rows}
    for row in rows:
        if row.folded_into is None:
            crowds.remember(row.method, row.host, row.template, row.id in targets)
