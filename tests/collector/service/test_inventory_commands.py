"""`endpoints`, `findings` and `routes`: from disk, as text and JSON, with an exit status for CI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Iterator
from xml.etree import ElementTree

import pytest

from tests.collector.collector_support import Collector, run, trace

ROUTES = {
    "app": "shop",
    "routes": [
        {"methods": ["GET"], "rule": "/users/<int:id>", "endpoint": "user", "file": "shop/views.py", "line": 7},
        {"methods": ["GET"], "rule": "/never", "endpoint": "never", "file": "shop/views.py", "line": 9},
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data of a collector that has ended."""
    collector = Collector(tmp_path_factory.mktemp("inventory"))
    assert collector.post("/api/local/routes", ROUTES).status_code == 200
    leaky = json.dumps({"email": "ann.smith@example.com", "id": 7})
    traces = [
        trace(f"/users/{i}", route="/users/{id}", response_body=leaky, trace_id=str(i), meta={"endpoint": "user"})
        for i in range(60)
    ]
    collector.batch([*traces, trace("/fails", status=500, route="/fails")])
    collector.settled(61)
    collector.stop()
    yield collector.data_dir


def test_endpoints_are_listed_and_counted(folder: Path) -> None:
    said = run(folder, "endpoints").stdout
    assert "/users/{id}" in said and "60 calls" in said and said.endswith("2 endpoints\n")
    listed = json.loads(run(folder, "endpoints", "--json").stdout)
    assert [(e["method"], e["route"], e["calls"], e["errors"]) for e in listed] == [
        ("GET", "/fails", 1, 1), ("GET", "/users/{id}", 60, 0),
    ]  # fmt: skip
    assert listed[1]["sensitive"] == ["email"]


def test_findings_tell_the_views_file_and_line(folder: Path) -> None:
    found = json.loads(run(folder, "findings", "--json").stdout)
    leak = next(finding for finding in found if finding["kind"] == "anonymous-data")
    assert (leak["severity"], leak["route"], leak["file"], leak["line"]) == ("high", "/users/{id}", "shop/views.py", 7)
    said = run(folder, "findings").stdout
    assert said.startswith("high") and "shop/views.py:7" in said and "ann.smith" not in said


@pytest.mark.parametrize(("arguments", "status"), [
    ((), 0), (("--fail-on", "high"), 1), (("--fail-on", "low"), 1), (("--fail-on", "worst"), 2),
])  # fmt: skip
def test_the_exit_status_goes_by_severity(folder: Path, arguments: tuple[str, ...], status: int) -> None:
    assert run(folder, "findings", *arguments).returncode == status


def test_a_document_that_is_not_there_is_no_difference(folder: Path) -> None:
    done = run(folder, "openapi", "--check", "missing.json")
    assert (done.returncode, done.stderr) == (2, "metlo-collector: missing.json cannot be read: No such file or directory\n")


def test_reports_are_written(folder: Path, tmp_path: Path) -> None:
    sarif, junit = tmp_path / "found.sarif", tmp_path / "found.xml"
    assert run(folder, "findings", "--sarif", str(sarif), "--junit", str(junit)).returncode == 0
    result = next(r for r in json.loads(sarif.read_text())["runs"][0]["results"] if r["ruleId"] == "metlo/anonymous-data")
    place = result["locations"][0]["physicalLocation"]
    assert (result["level"], place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("error", "shop/views.py", 7)
    assert len(result["partialFingerprints"]["metloFindingId/v1"]) == 16
    suite = ElementTree.fromstring(junit.read_text().partition("\n")[2]).find("testsuite")
    assert suite is not None and int(suite.get("failures", "0")) == len(suite.findall("testcase/failure")) > 0


def test_routes_that_were_never_called_are_named(folder: Path) -> None:
    told = json.loads(run(folder, "routes", "--json").stdout)
    assert [(r["method"], r["template"]) for r in told["never_called"]] == [("GET", "/never")]
    assert "never called  GET     /never  shop/views.py:9" in run(folder, "routes").stdout


def test_an_unknown_host_is_an_error_that_names_the_nearest(folder: Path) -> None:
    done = run(folder, "endpoints", "--for-host", "shop.exmaple")
    assert done.returncode == 2 and "did you mean 'shop.example'?" in done.stderr
