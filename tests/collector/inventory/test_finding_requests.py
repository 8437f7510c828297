"""A finding leads to a kept request that shows it, not to any request of its endpoint."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from metlo_auto.collector.inventory import finding_requests
from metlo_auto.collector.inventory.findings import find_all
from metlo_auto.collector.store.schema import samples
from tests.collector.analysed import analysed
from tests.collector.collector_support import trace
from tests.collector.inventory.test_claims import FOUND

LEAK = trace("/a/1", route="/a/{id}", trace_id="shows", response_body='{"email": "ann.smith@example.com"}')
CASES = [*FOUND, ("anonymous data", [LEAK], "anonymous-data"), ("errors", [trace("/e", route="/e", status=503)], "server-errors")]


def _harmless(shown: dict[str, Any]) -> dict[str, Any]:
    """Another request of the same endpoint, with nothing in it."""
    found = copy.deepcopy(shown)
    found["request"].update(headers=[], body="", url={**found["request"]["url"], "parameters": []})
    found["response"].update(headers=[], body="", status=204)
    found["meta"]["traceId"] = "harmless"
    return found


@pytest.mark.parametrize("traces, kind", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_request_of_a_finding_shows_it(tmp_path: Path, traces: list[dict[str, Any]], kind: str) -> None:
    with analysed(tmp_path, traces, [_harmless(item) for item in traces if kind != "anonymous-delete"]) as connection:
        for finding in find_all(connection, time.time()):
            if finding.kind.name == kind:
                number = finding_requests.newest(connection, finding)
                shown = connection.execute(select(samples.c.trace_id).where(samples.c.id == number)).scalar()
                assert number is not None and shown != "harmless"
                break
        else:
            raise AssertionError(kind)


def test_a_finding_whose_requests_have_gone_leads_to_none(tmp_path: Path) -> None:
    with analysed(tmp_path, [LEAK]) as connection:
        [finding] = [item for item in find_all(connection, time.time()) if item.kind.name == "anonymous-data"]
        assert finding_requests.newest(connection, finding) is not None
        connection.execute(samples.delete())
        assert finding_requests.newest(connection, finding) is None
