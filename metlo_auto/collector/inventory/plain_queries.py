"""What security tests read of the inventory, in plain SQL; the same values as `queries` and `routes` give."""

from __future__ import annotations

import json
from collections import Counter
from operator import itemgetter
from typing import Any

from metlo_auto.collector.ingest.transport import parse
from metlo_auto.collector.inventory.endpoints import Endpoint, KeptTrace, by_calls
from metlo_auto.collector.inventory.route_places import Route
from metlo_auto.collector.store.statements import Ask

AT_ONCE = 500  # rows in one statement
_first = itemgetter(0)

_ENDPOINTS = """
SELECT own.id, own.host, own.method, own.template, own.declared, sum(e.calls), sum(e.errors), sum(e.client_errors),
  sum(e.authenticated), min(e.first_seen), max(e.last_seen), own.service
FROM endpoints e JOIN endpoints own ON own.id = coalesce(e.folded_into, e.id)
GROUP BY own.id, own.host, own.method, own.template, own.declared, own.service
HAVING max(e.confirmed) = 1
ORDER BY own.template, own.method, own.service, own.host
"""
_HOSTS = """
SELECT coalesce(e.folded_into, e.id), h.host, sum(h.calls)
FROM endpoint_hosts h JOIN endpoints e ON e.id = h.endpoint_id
GROUP BY coalesce(e.folded_into, e.id), h.host
"""
_KEPT = """
SELECT s.id, coalesce(e.folded_into, e.id) FROM samples s JOIN endpoints e ON e.id = s.endpoint_id
"""
_ROUTES = """
SELECT d.app, d.method, d.template, d.endpoint, d.file, d.line, m.mount, m.parameters, d.service
FROM declared_routes d LEFT JOIN declared_details m
  ON m.service = d.service AND m.app = d.app AND m.method = d.method AND m.template = d.template
ORDER BY d.template, d.method, d.service, d.app
"""


def list_endpoints(ask: Ask) -> list[Endpoint]:
    """All endpoints that responded with anything but 404 and 405, with what was folded into them."""
    counts: dict[str, dict[str, int]] = {}
    for name, host, calls in ask(_HOSTS):
        counts.setdefault(name, {})[host] = int(calls)
    return [_endpoint(row, by_calls(counts.get(row[0], {}))) for row in ask(_ENDPOINTS)]


def _endpoint(row: Any, hosts: "tuple[str, ...]") -> Endpoint:
    names = hosts or (row[1],)
    figures = (*map(int, row[5:9]), *row[9:11])  # sums are decimals on PostgreSQL
    return Endpoint._make((row[0], names[0], *row[2:4], bool(row[4]), *figures, row[11] or row[1], names))


def latest_of_each(ask: Ask, limit: int) -> dict[str, list[KeptTrace]]:
    """The newest traces of every endpoint by the id that it is shown as, newest first, `limit` of each at most."""
    chosen: dict[int, str] = {}
    counts: Counter[str] = Counter()
    for name, owner in sorted(ask(_KEPT), key=_first, reverse=True):  # by itself an index does without the bodies
        counts[owner] += 1
        if counts[owner] <= limit:
            chosen[name] = owner
    found: dict[str, list[KeptTrace]] = {}
    names = list(chosen)
    for first in range(0, len(names), AT_ONCE):
        some = names[first : first + AT_ONCE]
        whole = f"SELECT id, endpoint_id, at, body FROM samples WHERE id IN ({', '.join('?' * len(some))})"
        for number, endpoint, at, body in sorted(ask(whole, *some), key=_first, reverse=True):
            found.setdefault(chosen[number], []).append(KeptTrace(number, endpoint, at, parse(bytes(body))))
    return found


def read_routes(ask: Ask) -> list[Route]:
    """All declared routes."""
    return [
        Route._make((*row[:6], row[6] or "", tuple(map(tuple, json.loads(row[7] or "[]"))), row[8]))
        for row in ask(_ROUTES)
    ]
