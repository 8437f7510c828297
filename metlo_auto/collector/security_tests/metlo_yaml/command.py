"""`--run FILE.yaml…`: reads all files, runs each to its end, and says what failed where."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from pathlib import Path
from typing import Sequence

from metlo_auto.collector.inventory.counted import counted
from metlo_auto.collector.security_tests.http_client import Client, TargetDown
from metlo_auto.collector.security_tests.metlo_yaml.document import BadFile, Document, read_document
from metlo_auto.collector.security_tests.metlo_yaml.report import as_files_json, as_files_junit
from metlo_auto.collector.security_tests.metlo_yaml.running import BROKEN, FAILED, Outcome, run_document
from metlo_auto.collector.security_tests.rate import Exhausted, Limiter
from metlo_auto.collector.security_tests.safety import may_ask
from metlo_auto.collector.security_tests.values import parse_origin

PASSED, FAILURES, USAGE, NOTHING = 0, 1, 2, 3
RATE = 20.0


def run_files(options: argparse.Namespace) -> int:
    """The exit status: 0 where every assertion held, 1 where one did not, 2 for a bad file, 3 where nothing ran."""
    origin = parse_origin(options.url or "")
    if origin is None or not may_ask(origin, options.allowed_hosts):
        print("metlo-collector: --run needs the URL of an app on this machine, or --allow-host", file=sys.stderr)
        return USAGE
    if (options.rate or RATE) <= 0:
        print("metlo-collector: --rate wants a number above 0", file=sys.stderr)
        return USAGE
    documents, bad = _read(options.run)
    client = Client(origin, secrets.token_hex(10), Limiter(options.rate or RATE, options.max_requests))
    outcomes: list[Outcome] = []
    stopped = ""
    try:
        for document in documents:  # every file runs, whatever others say
            outcomes.append(run_document(document, client, os.environ, options.allow_writes))
    except (TargetDown, Exhausted, KeyboardInterrupt) as error:
        stopped = f"stopped: {type(error).__name__}"
    finally:
        client.close()
    _tell(outcomes, bad, stopped)
    if options.json:
        Path(options.json).write_text(as_files_json(outcomes, bad, origin), "utf-8")
    if options.junit:
        Path(options.junit).write_text(as_files_junit(outcomes, bad), "utf-8")
    return _status(outcomes, bad, stopped)


def _read(names: Sequence[str]) -> tuple[list[Document], list[str]]:
    """Files, and what is wrong with those that are none. A folder stands for the YAML files in it."""
    documents, bad = [], []
    for name in names:
        path = Path(name)
        paths = sorted([*path.glob("*.yaml"), *path.glob("*.yml")]) if path.is_dir() else [path]
        if not paths:
            bad.append(f"{path}: no YAML file is in it")
        for each in paths:
            try:
                documents.append(read_document(each))
            except BadFile as error:
                bad.append(str(error))
    return documents, bad


def _tell(outcomes: Sequence[Outcome], bad: Sequence[str], stopped: str) -> None:
    for outcome in outcomes:
        document = outcome.document
        state = (
            "passed"
            if not outcome.problems and outcome.requests
            else "nothing ran"
            if not outcome.problems
            else "FAILED"
        )
        print(f"{document.path}: {document.name}: {state}, {counted(outcome.requests, 'request')}")
        for problem in outcome.problems:
            print(f"  {document.path}:{problem.line}: {problem.text}")
    for text in [*bad, *([stopped] if stopped else [])]:
        print(f"metlo-collector: {text}", file=sys.stderr)


def _status(outcomes: Sequence[Outcome], bad: Sequence[str], stopped: str) -> int:
    sorts = {problem.sort for outcome in outcomes for problem in outcome.problems}
    if bad or BROKEN in sorts:
        return USAGE
    if FAILED in sorts:
        return FAILURES
    did_all_run = outcomes and all(outcome.requests for outcome in outcomes)
    return PASSED if did_all_run and not sorts and not stopped else NOTHING
