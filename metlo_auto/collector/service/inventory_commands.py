"""The commands `endpoints`, `findings` and `routes`: what was found, from disk, as text or JSON."""

from __future__ import annotations

import argparse
import difflib
import json
import time
from typing import Any, Callable, Iterator, Optional, Sequence

from sqlalchemy.engine import Connection

from metlo_auto.collector.inventory import exposures, finding_reports, findings, queries, routes
from metlo_auto.collector.inventory.listing import endpoint_value, finding_value, routes_value
from metlo_auto.collector.service.inventory_arguments import SEVERITIES

Write = Callable[[str, Iterator[str]], None]


class Unknown(Exception):
    """A name that nothing has; the message names the nearest."""


def show_endpoints(connection: Connection, options: argparse.Namespace) -> int:
    shown = _of_host(queries.list_endpoints(connection), options.for_host)
    classes = exposures.classes_by_endpoint(exposures.read_exposures(connection))
    if options.json:
        print(json.dumps([endpoint_value(e, classes.get(e.id, [])) for e in shown]))
        return 0
    for e in shown:
        data = ", ".join(classes.get(e.id, []))
        print(f"{e.method:7} {e.template}  {e.host}  {_number(e.calls, 'call')}, {_number(e.errors, 'server error')}"
              f"{'  ' + data if data else ''}")
    print(_number(len(shown), "endpoint"))
    return 0


def show_findings(connection: Connection, options: argparse.Namespace, write: Write) -> int:
    """1 where a finding is at or above `--fail-on`; 0 otherwise."""
    shown = _of_host(queries.list_endpoints(connection), options.for_host)
    ids = {endpoint.id for endpoint in shown}
    found = [
        finding
        for finding in findings.find_all(connection, time.time(), options.guesses)
        if finding.endpoint.id in ids and (options.dismissed or not finding.dismissed)
    ]
    if options.sarif:
        write(options.sarif, iter([json.dumps(finding_reports.as_sarif(found), indent=2) + "\n"]))
    if options.junit:
        write(options.junit, iter([finding_reports.as_junit(found, len(shown))]))
    if options.json:
        print(json.dumps([finding_value(finding) for finding in found]))
    else:
        _print_findings(found)
    return int(any(_counts(finding, options.fail_on) for finding in found))


def _counts(finding: findings.Finding, fail_on: Optional[str]) -> bool:
    if fail_on is None or finding.dismissed:
        return False
    return SEVERITIES.index(finding.kind.severity) <= SEVERITIES.index(fail_on)


def _print_findings(found: Sequence[findings.Finding]) -> None:
    for finding in found:
        where = f"  {finding.route.file}:{finding.route.line}" if finding.route and finding.route.file else ""
        endpoint = finding.endpoint
        print(f"{finding.kind.severity:6} {finding.kind.title}: {endpoint.method} {endpoint.template}{where}")
        print(f"       {finding.detail} {finding.evidence}".rstrip())
    by = [(name, sum(finding.kind.severity == name for finding in found)) for name in SEVERITIES]
    print(_number(len(found), "finding") + "".join(f", {n} {name}" for name, n in by if n))


def show_routes(connection: Connection, options: argparse.Namespace) -> int:
    declared = routes.read(connection)
    compared = routes.compare(declared, _of_host(queries.list_endpoints(connection), options.for_host))
    if options.json:
        print(json.dumps(routes_value(compared)))
        return 0
    for route in compared.never_called:
        print(f"never called  {route.method:7} {route.template}  {route.file}:{route.line}")
    for endpoint in compared.not_declared:
        print(f"not declared  {endpoint.method:7} {endpoint.template}  {endpoint.host}")
    print(f"{_number(len(declared), 'declared route')}, {len(compared.never_called)} never called, "
          f"{_number(len(compared.not_declared), 'endpoint')} not declared")
    return 0


def _of_host(shown: list[Any], host: Optional[str]) -> list[Any]:
    """Those of `host`. Raises Unknown where nothing was called under it."""
    if host is None:
        return shown
    chosen = [endpoint for endpoint in shown if endpoint.host.lower() == host.lower()]
    if not chosen:
        known = sorted({endpoint.host for endpoint in shown})
        near = difflib.get_close_matches(host, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else "known: " + (", ".join(known[:5]) or "none yet")
        raise Unknown(f"nothing was called under the host {host!r}; {hint}")
    return chosen


def _number(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
