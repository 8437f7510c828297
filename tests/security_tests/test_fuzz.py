"""`--fuzz`: what Schemathesis finds is a finding like others, and its requests are those of the run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.collector.collector_support import until
from tests.security_tests.scene import Scene

pytest.importorskip("schemathesis", reason="the extra `test` is not installed")


@pytest.mark.slow
def test_server_errors_are_findings_with_their_view_and_no_request_counts_as_traffic(vulnerable_app: Scene) -> None:
    def calls() -> Any:
        return sorted((e["method"], e["route"], e["calls"]) for e in vulnerable_app.collector.get("/api/local/endpoints"))

    before, marked = calls(), vulnerable_app.collector.status().get("test_traces", 0)
    only = ("--only", "exposure", "--endpoint", "GET /api/age", "--endpoint", "GET /safe/find")
    ran = vulnerable_app.test("--rate", "300", "--fuzz", *only)
    assert ran.found() == {("errors", "GET /api/age")}, ran.err
    finding = ran.report["findings"][0]
    assert finding["file"] == "tests/apps/vulnerable/holes_of_input.py" and "curl " in finding["evidence"]
    assert not [secret for secret in vulnerable_app.secrets() if secret in str(ran.report)]
    until(lambda: vulnerable_app.collector.status().get("test_traces", 0) >= marked + ran.report["requests"] + 20)
    assert calls() == before
