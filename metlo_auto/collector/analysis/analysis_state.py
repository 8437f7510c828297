"""What an analyser remembers between steps, and how it learns it again from the store."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.engine import Connection, Engine

from metlo_auto.collector.analysis.facts import Key, Known
from metlo_auto.collector.analysis.links import Ids
from metlo_auto.collector.analysis.sibling_folding import SiblingFolds
from metlo_auto.collector.store import counters
from metlo_auto.collector.store.database import reading
from metlo_auto.collector.store.deletion import GENERATION
from metlo_auto.collector.store.schema import endpoints, facts

MOST_ENDPOINTS = 20_000  # a client that invents hosts or paths must not fill the store


class AnalysisState:
    """Only saves work and space: an analyser that begins with an empty one counts the same."""

    def __init__(self) -> None:
        self.generation = 0
        self.endpoints: set[str] = set()
        self.known = Known()
        self.siblings = SiblingFolds()
        self.ids = Ids()

    def admit_endpoint(self, endpoint_id: str) -> bool:
        """False for one endpoint too many."""
        if endpoint_id not in self.endpoints and len(self.endpoints) >= MOST_ENDPOINTS:
            return False
        self.endpoints.add(endpoint_id)
        return True


def recall(engine: Engine) -> AnalysisState:
    state = AnalysisState()
    with reading(engine) as connection:
        state.generation = generation(connection)
        _recall_facts(connection, state.known)
        state.endpoints = {row.id for row in connection.execute(select(endpoints.c.id))}
        _recall_endpoints(connection, state.siblings)
    return state


def generation(connection: Connection) -> int:
    """Changes when something was deleted that a state may hold."""
    return counters.read(connection).get(GENERATION, 0)


def _recall_facts(connection: Connection, known: Known) -> None:
    columns = (facts.c.endpoint_id, facts.c.section, facts.c.path, facts.c.kind, facts.c.value)
    wanted = or_(facts.c.section == "", facts.c.kind.in_(("type", "many", "value")), facts.c.kind.like("example%"))
    for row in connection.execute(select(*columns).where(wanted)):
        known.remember(Key(row.endpoint_id, row.section, row.path), row.kind, row.value)


def _recall_endpoints(connection: Connection, siblings: SiblingFolds) -> None:
    columns = (endpoints.c.id, endpoints.c.method, endpoints.c.host, endpoints.c.template, endpoints.c.folded_into)
    rows = connection.execute(select(*columns).where(endpoints.c.declared == 0)).all()
    targets = {row.folded_into for row in rows}
    for row in rows:
        if row.folded_into is None:
            siblings.remember(row.method, row.host, row.template, row.id in targets)
