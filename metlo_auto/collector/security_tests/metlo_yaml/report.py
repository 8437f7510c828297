"""What test files said, as JSON and as JUnit XML."""

from __future__ import annotations

import json
from typing import Sequence
from xml.etree import ElementTree

from metlo_auto.collector.security_tests.evidence import one_line
from metlo_auto.collector.security_tests.metlo_yaml.running import Outcome
from metlo_auto.collector.security_tests.values import Origin


def as_files_json(outcomes: Sequence[Outcome], bad: Sequence[str], origin: Origin) -> str:
    files = [
        {
            "file": str(outcome.document.path), "id": outcome.document.id, "name": outcome.document.name,
            "severity": outcome.document.severity, "requests": outcome.requests,
            "passed": bool(outcome.requests) and not outcome.problems,
            "problems": [problem._asdict() for problem in outcome.problems],
        }
        for outcome in outcomes
    ]  # fmt: skip
    return json.dumps({"target": origin.url, "files": files, "bad_files": list(bad)}, indent=2, ensure_ascii=False)


def as_files_junit(outcomes: Sequence[Outcome], bad: Sequence[str]) -> str:
    failures = sum(bool(outcome.problems) for outcome in outcomes)
    counts = {"tests": str(len(outcomes) + len(bad)), "failures": str(failures), "errors": str(len(bad))}
    suite = ElementTree.Element("testsuite", {"name": "metlo test files", **counts})
    for outcome in outcomes:
        case = ElementTree.SubElement(
            suite, "testcase", classname=str(outcome.document.path), name=one_line(outcome.document.name)
        )
        if outcome.problems:
            failure = ElementTree.SubElement(case, "failure", message=one_line(outcome.problems[0].text, 300))
            failure.text = "\n".join(one_line(f"line {problem.line}: {problem.text}") for problem in outcome.problems)
        elif not outcome.requests:
            ElementTree.SubElement(case, "skipped", message="nothing ran")
    for text in bad:
        case = ElementTree.SubElement(suite, "testcase", classname="file", name=one_line(text.partition(": ")[0]))
        ElementTree.SubElement(case, "error", message=one_line(text, 300))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
