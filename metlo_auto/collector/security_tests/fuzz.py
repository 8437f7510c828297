"""`--fuzz`: gives the OpenAPI document of what was seen to Schemathesis, and takes its server errors in as findings.

Runs Schemathesis as a program of its own, with GET alone; credentials reach it in a file that only this user reads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Iterator, Mapping
from xml.etree import ElementTree

from sqlalchemy.engine import Engine

from metlo_auto.collector import openapi
from metlo_auto.collector.security_tests.evidence import Shower, one_line
from metlo_auto.collector.security_tests.kinds import errors
from metlo_auto.collector.security_tests.results import Claim, Finding, Result
from metlo_auto.collector.security_tests.sessions import Sessions
from metlo_auto.collector.security_tests.targets import Target
from metlo_auto.collector.security_tests.values import Answer, Exchange, Origin, Request
from metlo_auto.collector.store.database import reading

WITHIN = 300  # seconds
EXAMPLES = 20  # of each operation and phase


class CannotFuzz(Exception):
    """Schemathesis cannot be run; the message says why and what to do."""


def fuzzed(result: Result, engine: Engine, origin: Origin, sessions: Sessions, seed: int, rate: float) -> Result:
    """`result` with the server errors that Schemathesis finds. Raises CannotFuzz."""
    with reading(engine) as connection:
        document = openapi.make_document(openapi.read_operations(connection, None), "Observed API")
    with tempfile.TemporaryDirectory(prefix="metlo-fuzz-") as folder:
        report = _run(Path(folder), document, origin, sessions, seed, rate)
    shower = Shower(sessions, origin)
    found = list(_findings(report, origin, shower, result))
    known = {finding.id for finding in result.findings}
    more = tuple(finding for finding in found if finding.id not in known)
    return result._replace(findings=result.findings + more)


def _run(folder: Path, document: Mapping[str, Any], origin: Origin, sessions: Sessions, seed: int, rate: float) -> str:
    """JUnit's XML."""
    (folder / "openapi.json").write_text(json.dumps(document), "utf-8")
    name = next(iter(sessions.names), "")
    lines = [f"{json.dumps(header)} = {json.dumps(value)}" for header, value in sessions.headers(name)]
    (folder / "schemathesis.toml").write_text("[headers]\n" + "\n".join(lines) + "\n", "utf-8")
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", "openapi.json", "--url", origin.url, "--include-method", "GET",
        "--checks", "not_a_server_error", "--phases", "coverage,fuzzing", "--max-examples", str(EXAMPLES),
        "--seed", str(seed),
        "--rate-limit", f"{max(1, int(rate))}/s", "--max-redirects", "0", "--report-junit-path", "report.xml",
        "--generation-database", "none", "--continue-on-failure", "--no-color",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, "METLO_DISABLED": "1"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=WITHIN,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise CannotFuzz(f"Schemathesis did not end within {WITHIN} s") from None
    try:
        return (folder / "report.xml").read_text("utf-8")
    except FileNotFoundError:
        last = done.stdout.decode("utf-8", "replace").strip().splitlines()[-1:]
        hint = f"{sys.executable} -m pip install 'metlo-auto[collector,test]'"
        raise CannotFuzz(f"--fuzz needs Schemathesis: {hint} ({one_line(' '.join(last), 200)})") from None


def _findings(report: str, origin: Origin, shower: Shower, result: Result) -> Iterator[Finding]:
    places = {(finding.method, finding.route): finding for finding in result.findings}
    for case in ElementTree.fromstring(report).iter("testcase"):
        failure = case.find("failure")
        method, _, route = (case.get("name") or "").partition(" ")
        if failure is None or not route:
            continue
        near = places.get((method, route))
        target = Target("", method, route, near.service if near else "", near.file if near else "",
                        near.line if near else 0, "", ())  # fmt: skip
        told = one_line(failure.get("message") or failure.text or "", 300)
        exchange = Exchange(0, "", Request(method, route), Answer(500, body=(failure.text or "")[:1000]))
        claim = Claim("A generated request breaks the view", "low", f"Schemathesis: {told}", exchange, None, "5xx")
        yield shower.finding(target, errors.KIND, claim)
