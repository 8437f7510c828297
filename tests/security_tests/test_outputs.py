"""What code scanning and CI make of the reports: SARIF against its schema, JUnit in readers of others, alerts that close."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator
from junitparser import Error, Failure, JUnitXml, Skipped

from metlo_auto.collector.security_tests.outputs.junit import as_junit
from metlo_auto.collector.security_tests.outputs.sarif import as_sarif
from tests.collector.collector_support import Collector
from tests.security_tests.scene import Scene, run
from tests.security_tests.sink import Sink, ask, tell
from tests.security_tests.test_parts import RESULT

SCHEMA = Draft4Validator(json.loads(Path(__file__).with_name("sarif-2.1.0.json").read_text("utf-8")))


def problems(document: Any) -> "list[str]":
    return [f"{list(error.absolute_path)}: {error.message}" for error in SCHEMA.iter_errors(document)]


def files_of(document: Any) -> "list[str]":
    located = [place for item in document["runs"][0]["results"] for place in item.get("locations", [])]
    return [place["physicalLocation"]["artifactLocation"]["uri"] for place in located if "physicalLocation" in place]


def test_sarif_is_what_its_schema_wants() -> None:
    assert problems({"version": "2.1.0", "runs": [{"results": []}]})  # the schema says no where something is missing
    assert problems(as_sarif(RESULT)) == []


def cases_of(text: str) -> "list[tuple[str, str, str]]":
    """What GitLab keeps: a case by class and name, with what became of it."""
    found = []
    for suite in ElementTree.fromstring(text.encode()).iter("testsuite"):
        for case in suite.iter("testcase"):
            states = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
            assert len(states) <= 1 and float(case.get("time", "")) >= 0
            found.append((case.get("classname", ""), case.get("name", ""), "".join(states) or "success"))
    return found


def test_junit_reads_alike_in_readers_of_others() -> None:
    text = as_junit(RESULT)
    cases = cases_of(text)
    assert max(Counter((classname, name) for classname, name, _ in cases).values()) == 1
    read = [case for suite in JUnitXml.fromstring(text.encode()) for case in suite]
    kinds = {Failure: "failure", Error: "error", Skipped: "skipped"}
    told = [(c.classname, c.name, "".join(kinds[type(item)] for item in c.result) or "success") for c in read]
    assert told == cases and Counter(state for *_, state in cases) == {"success": 1, "failure": 1, "skipped": 1}
    message = next(item.message for case in read for item in case.result if isinstance(item, Failure))
    assert message.startswith("high: ")


@pytest.mark.slow
def test_reports_of_a_real_run_are_valid_and_name_files_of_the_repository(vulnerable_app: Scene) -> None:
    files = [vulnerable_app.folder / name for name in ("o.sarif", "o.xml", "traffic.sarif")]
    ran = vulnerable_app.test("--rate", "300", "--only", "exposure,hidden,headers", "--sarif", str(files[0]), "--junit", str(files[1]))
    run(vulnerable_app.collector.data_dir, "findings", "--sarif", str(files[2]))
    tests, traffic = (json.loads(files[at].read_text("utf-8")) for at in (0, 2))
    assert problems(tests) == [] and problems(traffic) == []
    root = Path(__file__).resolve().parents[2]
    assert len(files_of(tests)) == len(ran.report["findings"]) > 0
    assert all(not Path(uri).is_absolute() and (root / uri).is_file() for uri in files_of(tests) + files_of(traffic))
    cases = cases_of(files[1].read_text("utf-8"))
    assert len(set(cases)) == len(cases) == len(ran.report["checked"]) + len(ran.report["skipped"])


def test_alerts_stay_the_same_from_run_to_run_and_close_with_their_hole(collector: Collector, sink: Sink) -> None:
    def alerts() -> "set[str]":
        """Fingerprints: the ids of findings."""
        ask(collector, sink.url, "--only", "exposure", "--json", "r.json")
        return {finding["id"] for finding in json.loads((collector.data_dir / "r.json").read_text("utf-8"))["findings"]}

    tell(collector, sink, ("GET", "/things", "/things"), ("GET", "/others", "/others"))
    sink.body = b'{"items": [{"name": "lamp oil", "password_hash": "5f4dcc3b5aa765d61d8327deb882cf99"}]}'
    first = alerts()
    assert len(first) == 2 and alerts() == first
    sink.body = b'{"items": [{"name": "lamp oil"}]}'
    assert alerts() == set()
