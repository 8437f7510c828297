"""What the writer of a store remembers between steps, and how it learns it again from the store."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.engine import Connection, Engine

from metlo_auto.collector.analysis.facts import Key, Known
from metlo_auto.collector.analysis.memory import Memory
from metlo_auto.collector.analysis.sibling_folding import SiblingFolds
from metlo_auto.collector.store import counters, listed_hosts, schema_version
from metlo_auto.collector.store.database import reading
from metlo_auto.collector.store.deletion import GENERATION
from metlo_auto.collector.store.schema import endpoint_hosts, endpoints, facts

MOST_ENDPOINTS = 20_000  # a client that invents hosts or paths must not fill the store
MOST_HOSTS = 8  # of one route of one service
MOST_SERVICES = 500
OTHERS = "*"  # the host, or the service, that calls count for beyond these
MOST_SHAPES = 16  # of one endpoint's answers, that siblings are looked for by


class AnalysisState:
    """Keeps the store small: a writer that begins with an empty one counts the same calls."""

    def __init__(self) -> None:
        self.generation = 0
        self.endpoints: set[str] = set()
        self.known = Known()
        self.siblings = SiblingFolds()
        self.test_runs: frozenset[str] = frozenset()  # whose traces are kept apart
        self.listed_hosts: frozenset[str] = frozenset()  # lower case; each of these counts for itself
        self._services: set[str] = set()
        self._hosts: dict[tuple[str, str, str], set[str]] = {}
        self._shapes: dict[str, set[frozenset[str]]] = {}
        self.memory = Memory(self.siblings)  # of aggregation in this process

    def admit_endpoint(self, endpoint_id: str) -> bool:
        """False for one endpoint too many."""
        if endpoint_id not in self.endpoints and len(self.endpoints) >= MOST_ENDPOINTS:
            return False
        self.endpoints.add(endpoint_id)
        return True

    def admit_service(self, service: str) -> bool:
        """False for one service too many: an agent may name each of its processes."""
        if service in self._services:
            return True
        if len(self._services) >= MOST_SERVICES and service not in self.listed_hosts:
            return False
        self._services.add(service)
        return True

    def admit_host(self, service: str, method: str, template: str, host: str) -> bool:
        """False for one host too many of a route: a client may send any. `service` "" for hosts that stand for one."""
        host = host.lower()
        if host in self.listed_hosts:
            return True
        seen = self._hosts.setdefault((service, method, template), set())
        if host in seen:
            return True
        if len(seen) >= MOST_HOSTS:
            return False
        seen.add(host)
        return True

    def admit_shape(self, endpoint_id: str, shape: frozenset[str]) -> bool:
        """False for one shape too many of an endpoint's answers."""
        seen = self._shapes.setdefault(endpoint_id, set())
        if shape not in seen and len(seen) >= MOST_SHAPES:
            return False
        seen.add(shape)
        return True


def recall(engine: Engine) -> AnalysisState:
    """What the store holds. Raises NewerStore where a newer version has changed its tables meanwhile."""
    state = AnalysisState()
    with reading(engine) as connection:
        schema_version.is_current(connection)
        state.generation = generation(connection)
        _recall_facts(connection, state.known)
        state.listed_hosts = listed_hosts.read(connection)
        _recall_hosts(connection, state)
        _recall_endpoints(connection, state.siblings)
    return state


def generation(connection: Connection) -> int:
    """Changes when something was deleted that a state may hold."""
    return counters.read(connection).get(GENERATION, 0)


def _recall_hosts(connection: Connection, state: AnalysisState) -> None:
    e, h = endpoints.c, endpoint_hosts.c
    joined = endpoints.outerjoin(endpoint_hosts, h.endpoint_id == e.id)
    for row in connection.execute(select(e.id, e.method, e.template, e.service, h.host).select_from(joined)):
        state.endpoints.add(row.id)
        state.admit_service(row.service)
        if row.host is not None and row.host != OTHERS:
            service = "" if row.service == row.host.lower() else row.service
            state.admit_host(service, row.method, row.template, row.host)


def _recall_facts(connection: Connection, known: Known) -> None:
    columns = (facts.c.endpoint_id, facts.c.section, facts.c.path, facts.c.kind, facts.c.value)
    wanted = or_(facts.c.section == "", facts.c.kind.in_(("type", "many", "value")), facts.c.kind.like("example%"))
    for row in connection.execute(select(*columns).where(wanted)):
        known.remember(Key(row.endpoint_id, row.section, row.path), row.kind, row.value)


def _recall_endpoints(connection: Connection, siblings: SiblingFolds) -> None:
    columns = (endpoints.c.id, endpoints.c.method, endpoints.c.service, endpoints.c.template, endpoints.c.folded_into)
    rows = connection.execute(select(*columns).where(endpoints.c.declared == 0)).all()
    targets = {row.folded_into for row in rows}
    for row in rows:
        if row.folded_into is None:
            siblings.remember(row.method, row.service, row.template, row.id in targets)
