"""`--fuzz`: gives the OpenAPI document of what was seen to Schemathesis, and takes its server errors in as findings.

Runs Schemathesis as a program of its own, with GET alone; credentials reach it in a file that only this user reads.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence
from xml.etree import ElementTree

from sqlalchemy.engine import Engine

from metlo_auto.collector import openapi
from metlo_auto.collector.security_tests.evidence import Shower, one_line
from metlo_auto.collector.security_tests.http_client import MARK
from metlo_auto.collector.security_tests.kinds import errors
from metlo_auto.collector.security_tests.results import Claim, Finding, Result, Skip
from metlo_auto.collector.security_tests.sessions import Sessions
from metlo_auto.collector.security_tests.targets import Target
from metlo_auto.collector.security_tests.values import Answer, Exchange, Origin, Request
from metlo_auto.collector.store.database import reading

WITHIN = 300  # seconds
_ENVIRON = {"METLO_DISABLED": "1", "NO_PROXY": "*", "no_proxy": "*"}
EXAMPLES = 20  # of each operation and phase


class CannotFuzz(Exception):
    """Schemathesis cannot be run; the message says why and what to do."""


def fuzzed(
    result: Result, targets: Sequence[Target], engine: Engine, origin: Origin, sessions: Sessions, rate: float
) -> Result:
    """`result` with the server errors that Schemathesis finds on GETs of `targets`, or with why it did not end."""
    asked = {target.route: target for target in targets if target.method == "GET" and target.samples}
    with reading(engine) as connection:
        document = openapi.make_document(openapi.read_operations(connection, None), "Observed API")
    document["paths"] = {route: item for route, item in document["paths"].items() if route in asked}
    try:
        with tempfile.TemporaryDirectory(prefix="metlo-fuzz-") as folder:
            report = _run(Path(folder), document, origin, sessions, result.seed, rate, result.run)
    except CannotFuzz as error:
        return result._replace(skipped=(*result.skipped, Skip("GET", "/", "fuzz", str(error))))
    known = {finding.id for finding in result.findings}
    found = (finding for finding in _findings(report, asked, Shower(sessions, origin)) if finding.id not in known)
    return result._replace(findings=(*result.findings, *{finding.id: finding for finding in found}.values()))


def _run(
    folder: Path, document: Mapping[str, Any], origin: Origin, sessions: Sessions, seed: int, rate: float, run: str
) -> str:
    """JUnit's XML. All of its requests have the number 0 of the run."""
    (folder / "openapi.json").write_text(json.dumps(document), "utf-8")
    name = next(iter(sessions.names), "")
    headers = (*sessions.headers(name), (MARK, f"{run}/0"))
    lines = [f"{json.dumps(header)} = {json.dumps(value)}" for header, value in headers]
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
            command, cwd=folder, env={**os.environ, **_ENVIRON}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=WITHIN,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise CannotFuzz(f"Schemathesis did not end within {WITHIN} s") from None
    try:
        return (folder / "report.xml").read_text("utf-8")
    except FileNotFoundError:
        last = done.stdout.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise CannotFuzz(f"Schemathesis wrote no report: {one_line(' '.join(last), 200)}") from None


def _findings(report: str, asked: Mapping[str, Target], shower: Shower) -> Iterator[Finding]:
    for case in ElementTree.fromstring(report).iter("testcase"):
        failure = case.find("failure")
        method, _, route = (case.get("name") or "").partition(" ")
        if failure is None or method != "GET" or route not in asked:
            continue
        text = failure.text or failure.get("message") or ""
        exchange = Exchange(0, "", Request(method, route), Answer(500, body=text[:1000]))
        curl = re.search(r"curl .*", text)
        evidence = f"Schemathesis had a server error from: {one_line(curl.group() if curl else text, 300)}"
        claim = Claim("A generated request breaks the view", "low", evidence, exchange, None, "5xx")
        yield shower.finding(asked[route], errors.KIND, claim)
