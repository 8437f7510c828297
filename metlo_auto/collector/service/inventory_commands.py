"""The commands `endpoints`, `findings` and `routes`: what was found, from disk, as text or JSON."""

from __future__ import annotations

import argparse
import json
import time
from typing import Callable, Iterator, Optional, Sequence

from sqlalchemy.engine import Connection

from metlo_auto.collector.inventory import exposures, finding_reports, findings, queries, routes, runs
from metlo_auto.collector.inventory.choosing import checked_service, chosen
from metlo_auto.collector.inventory.counted import counted
from metlo_auto.collector.inventory.listing import endpoint_value, finding_value, routes_value
from metlo_auto.collector.service.inventory_arguments import SEVERITIES

Write = Callable[[str, Iterator[str]], None]


def show_endpoints(connection: Connection, options: argparse.Namespace) -> int:
    shown = _shown(connection, options)
    if options.since:
        shown = runs.new_endpoints(shown, runs.since(connection, options.since))
    classes = exposures.classes_by_endpoint(exposures.read_exposures(connection))
    if options.json:
        print(json.dumps([endpoint_value(e, classes.get(e.id, [])) for e in shown]))
        return 0
    for e in shown:
        data = ", ".join(classes.get(e.id, []))
        counts = f"{counted(e.calls, 'call')}, {counted(e.errors, 'server error')}"
        print(f"{e.method:7} {e.template}  {_service(e)}  {counts}{'  ' + data if data else ''}")
    print(counted(len(shown), "endpoint"))
    return 0


def show_findings(connection: Connection, options: argparse.Namespace, write: Write) -> int:
    """1 where a finding is at or above `--fail-on`; 0 otherwise."""
    shown = _shown(connection, options)
    ids = {endpoint.id for endpoint in shown}
    found = [
        finding
        for finding in findings.find_all(connection, time.time(), options.guesses)
        if finding.endpoint.id in ids and (options.dismissed or not finding.dismissed)
    ]
    if options.since:
        found = runs.new_findings(connection, found, runs.since(connection, options.since))
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
    several = len({finding.endpoint.service for finding in found}) > 1
    for finding in found:
        of = f"  {finding.endpoint.service}" if several else ""
        where = f"  {finding.route.file}:{finding.route.line}" if finding.route and finding.route.file else ""
        endpoint = finding.endpoint
        print(f"{finding.kind.severity:6} {finding.kind.title}: {endpoint.method} {endpoint.template}{of}{where}")
        print(f"       {finding.detail} {finding.evidence}".rstrip())
    by = [(name, sum(finding.kind.severity == name for finding in found)) for name in SEVERITIES]
    print(counted(len(found), "finding") + "".join(f", {n} {name}" for name, n in by if n))


def show_routes(connection: Connection, options: argparse.Namespace) -> int:
    service = checked_service(connection, options.service)
    declared = routes.read(connection)
    endpoints = chosen(queries.list_endpoints(connection), None, options.for_host)
    compared = routes.of_service(routes.compare(declared, endpoints), service)
    declared = [route for route in declared if service in (None, route.of_service)]
    if options.json:
        print(json.dumps(routes_value(compared)))
        return 0
    for route in compared.never_called:
        print(f"never called  {route.method:7} {route.template}  {route.file}:{route.line}")
    for endpoint in compared.not_declared:
        print(f"not declared  {endpoint.method:7} {endpoint.template}  {_service(endpoint)}")
    print(f"{counted(len(declared), 'declared route')}, {len(compared.never_called)} never called, "
          f"{counted(len(compared.not_declared), 'endpoint')} not declared")
    return 0


def _shown(connection: Connection, options: argparse.Namespace) -> list[queries.Endpoint]:
    """The endpoints that are asked for. Raises Unknown."""
    service = checked_service(connection, options.service)
    return chosen(queries.list_endpoints(connection), service, options.for_host)


def _service(endpoint: queries.Endpoint) -> str:
    """The service, and its hosts where they say more."""
    hosts = ", ".join(endpoint.hosts)
    return endpoint.service if hosts.lower() == endpoint.service else f"{endpoint.service} ({hosts})"
