"""What of some aggregates comes into the store, and under which names: bounds, small sets, folded hosts and paths.

Aggregates know nothing of the store, so this is asked once for each fact of a run and not for each trace.
"""

from __future__ import annotations

from sys import intern
from typing import Any, Optional

from metlo_auto.collector.analysis.aggregates import Aggregates
from metlo_auto.collector.analysis.analysis_state import OTHERS, AnalysisState
from metlo_auto.collector.analysis.facts import Key
from metlo_auto.collector.analysis.observation import endpoint_id
from metlo_auto.collector.analysis.sections import any_media_type

_ALWAYS = frozenset(("type", "format", "class", "anonymous", "in error"))  # facts of a field, wherever it is admitted


def admit(aggregates: Aggregates, state: AnalysisState) -> set[str]:
    """Leave in `aggregates` what the store takes; the endpoints of which something was not known."""
    names = _names(aggregates, state)
    if names:
        _rename(aggregates, names)
    news = _admit_facts(aggregates, state)
    _note_siblings(aggregates, state)
    return news


def _names(aggregates: Aggregates, state: AnalysisState) -> dict[str, Optional[str]]:
    """Endpoints that get another id by what the store knows, or none where they are too many; changes their rows."""
    names: dict[str, Optional[str]] = {}
    by_endpoint: dict[str, list[str]] = {}
    for name, host in aggregates.hosts:
        by_endpoint.setdefault(name, []).append(host)
    for name, row in aggregates.endpoints.items():
        key = row["method"], row["service"], row["template"]
        if not row["declared"]:
            row["template"] = state.siblings.resolve(*key)
        _admit_hosts(aggregates, state, row, by_endpoint[name])
        if not state.admit_service(row["service"]):
            aggregates.count("other_service_traces", row["calls"])
            row["service"] = OTHERS
        if key != (row["method"], row["service"], row["template"]):
            row["id"] = endpoint_id(row["method"], row["service"], row["template"])
            names[name] = row["id"]
        if not state.admit_endpoint(row["id"]):
            aggregates.count("overflow_traces", row["calls"])
            names[name] = None
    return names


def _admit_hosts(aggregates: Aggregates, state: AnalysisState, row: dict[str, Any], hosts: list[str]) -> None:
    """Count the calls of hosts that are too many under `OTHERS`; a host stands for its service where none is named."""
    service = "" if row["service"] == row["host"].lower() else row["service"]
    name = row["id"]
    for host in hosts:
        if not state.admit_host(service, row["method"], row["template"], host):
            n = aggregates.hosts.pop((name, host))
            aggregates.count("other_host_traces", n)
            aggregates.hosts[name, OTHERS] = aggregates.hosts.get((name, OTHERS), 0) + n
            row["host"] = OTHERS if row["host"] == host else row["host"]
            if not service:
                row["service"] = OTHERS


def _rename(aggregates: Aggregates, names: dict[str, Optional[str]]) -> None:
    """Count everything for the new ids, as if it had come under them; drop what has none."""
    old, hosts, traffic, facts = aggregates.endpoints, aggregates.hosts, aggregates.traffic, aggregates.facts
    shapes = aggregates.shapes
    aggregates.samples = [
        sample._replace(endpoint_id=names[sample.endpoint_id], service=old[sample.endpoint_id]["service"])
        if sample.endpoint_id in names
        else sample
        for sample in aggregates.samples
    ]
    aggregates.endpoints, aggregates.hosts, aggregates.traffic = {}, {}, {}
    aggregates.facts, aggregates.shapes = {}, {}
    for name, row in old.items():
        if names.get(name, name) is not None:
            aggregates.add_endpoint(row)
    for (name, host), n in hosts.items():
        target = names.get(name, name)
        if target is not None:
            aggregates.hosts[target, host] = aggregates.hosts.get((target, host), 0) + n
    for (name, hour, bucket), (calls, errors) in traffic.items():
        target = names.get(name, name)
        if target is not None:
            aggregates.add_traffic((target, hour, bucket), calls, errors)
    for (where, kind, value), n in facts.items():
        target = names.get(where.endpoint_id, where.endpoint_id)
        if target is not None:
            where = where if target == where.endpoint_id else where._replace(endpoint_id=target)
            aggregates.facts[where, kind, value] = aggregates.facts.get((where, kind, value), 0) + n
    for name, several in shapes.items():
        target = names.get(name, name)
        if target is not None:
            aggregates.shapes.setdefault(target, set()).update(several)


def _admit_facts(aggregates: Aggregates, state: AnalysisState) -> set[str]:
    known = state.known
    news: set[str] = set()
    refused: list[tuple[Key, str, str]] = []
    moved: list[tuple[tuple[Key, str, str], int]] = []
    where, target, before = None, None, known.news
    for fact, n in aggregates.facts.items():
        key, kind, value = fact
        if key is not where:
            if where is not None and known.news > before:
                news.add(where.endpoint_id)
            where, before = key, known.news
            target = _admit_place(aggregates, state, key, n)
        if target is None:
            refused.append(fact)
            continue
        if kind in _ALWAYS and target is key and key.section:
            continue
        replaced = _admit_value(state, target, kind, value)
        if replaced is None:
            refused.append(fact)
        elif target is not key or replaced != (kind, value):
            refused.append(fact)
            moved.append(((target, *replaced), 0 if replaced[0] == "many" else n))
    if where is not None and known.news > before:
        news.add(where.endpoint_id)
    for fact in refused:
        del aggregates.facts[fact]
    for fact, n in moved:
        aggregates.facts[fact] = aggregates.facts.get(fact, 0) + n
    return news


def _admit_place(aggregates: Aggregates, state: AnalysisState, key: Key, n: int) -> Optional[Key]:
    """Where facts of this place count; None where they do not."""
    if not key.section:
        return key if key.endpoint_id in state.endpoints else None
    if not state.known.admit_section(key.endpoint_id, key.section):
        if not key.path:
            aggregates.count("overflow_sections", n)
        key = key._replace(section=intern(any_media_type(key.section)))
        state.known.admit_section(key.endpoint_id, key.section, always=True)
    if not state.known.admit_place(key):
        aggregates.count("overflow_fields")
        return None
    return key


def _admit_value(state: AnalysisState, key: Key, kind: str, value: str) -> Optional[tuple[str, str]]:
    """Kind and value under which the fact counts; None where it does not."""
    known = state.known
    if not key.section:
        return (kind, value) if known.admit_note(key, kind, value) else None
    if kind == "value":
        if not known.has_small_set(key):
            return None
        return (kind, value) if known.admit_value(key, value) else ("many", "")
    if kind == "many":
        if not known.has_small_set(key):
            return None
        known.end_small_set(key)
    elif kind.startswith("example") and not known.admit_example(key, kind):
        return None
    return kind, value


def _note_siblings(aggregates: Aggregates, state: AnalysisState) -> None:
    """A guessed template counts as a sibling of others by what it responds with."""
    rows = aggregates.endpoints
    for name, shapes in aggregates.shapes.items():
        row = rows[name]
        for shape in shapes:
            if not row["declared"] and state.admit_shape(name, shape):
                aggregates.folds += state.siblings.note(row["method"], row["service"], row["template"], shape)
    for row in rows.values():
        if not row["declared"]:  # those without a body follow what others showed
            aggregates.folds += state.siblings.note(row["method"], row["service"], row["template"], frozenset())
