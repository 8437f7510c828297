"""Writes the files that a run was asked for."""

from __future__ import annotations

import argparse
import json
from datetime import date

from metlo_auto.collector import output_files
from metlo_auto.collector.security_tests.outputs.baseline import as_baseline
from metlo_auto.collector.security_tests.outputs.json_report import as_json
from metlo_auto.collector.security_tests.results import Result


def write_outputs(result: Result, options: argparse.Namespace) -> None:
    """Raises OSError."""
    if options.json:
        _write(options.json, json.dumps(as_json(result), indent=2, ensure_ascii=False))
    if options.junit:
        from metlo_auto.collector.security_tests.outputs.junit import as_junit  # and XML

        _write(options.junit, as_junit(result))
    if options.sarif:
        from metlo_auto.collector.security_tests.outputs.sarif import as_sarif

        _write(options.sarif, json.dumps(as_sarif(result), indent=2, ensure_ascii=False))
    if options.write_baseline:
        findings = result.findings + tuple(finding for finding, _ in result.accepted)
        _write(options.write_baseline, as_baseline(findings, date.today()))


def _write(name: str, text: str) -> None:
    output_files.write(name, [text], 0o666)  # less umask
