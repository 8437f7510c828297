"""The result for programs that read JUnit's XML: a test case for each endpoint and kind, skipped ones included."""

from __future__ import annotations

from xml.etree import ElementTree

from metlo_auto.collector.security_tests.evidence import one_line
from metlo_auto.collector.security_tests.results import Checked, Finding, Result


def as_junit(result: Result) -> str:
    suite = ElementTree.Element("testsuite", name="metlo security tests", time=f"{result.seconds:.3f}")
    counts = {"tests": 0, "failures": 0, "skipped": 0}
    by_case: dict[Checked, list[Finding]] = {}
    for finding in result.findings:
        by_case.setdefault(Checked(finding.method, finding.route, finding.kind), []).append(finding)
    for case in sorted(set(result.checked) | set(by_case)):
        element = _case(suite, case)
        counts["tests"] += 1
        for finding in by_case.get(case, [])[:1]:
            counts["failures"] += 1
            if finding.file:
                element.set("file", one_line(finding.file))
            message = one_line(f"{finding.severity}: {finding.title}", 300)
            failure = ElementTree.SubElement(element, "failure", type=finding.kind, message=message)
            failure.text = "\n\n".join(map(_told, by_case[case]))
    for skip in result.skipped:
        element = _case(suite, Checked(skip.method, skip.route, skip.kind))
        ElementTree.SubElement(element, "skipped", message=one_line(skip.reason, 300))
        counts["tests"] += 1
        counts["skipped"] += 1
    suite.attrib.update({name: str(n) for name, n in counts.items()})
    suite.attrib["errors"] = "0"
    root = ElementTree.Element("testsuites")
    root.append(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, case: Checked) -> ElementTree.Element:
    name = one_line(f"{case.method} {case.route}")
    return ElementTree.SubElement(suite, "testcase", classname=f"security.{case.kind}", name=name, time="0")


def _told(finding: Finding) -> str:
    place = f"{finding.file}:{finding.line}\n" if finding.file else ""
    text = f"{finding.title}\n{place}{finding.evidence}\n{finding.advice}\n{finding.test['curl']}"
    return "".join(
        letter if letter in "\n\t" or letter >= " " and letter not in "\ufffe\uffff" else " " for letter in text
    )
