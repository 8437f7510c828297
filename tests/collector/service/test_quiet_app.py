"""A well-made app: its own tests run as they do without us, and afterwards there is nothing to complain of."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.collector.collector_support import ROOT, run

APP = ROOT / "tests" / "apps" / "quiet"


def suite(tmp_path: Path, *before: str, **more: str) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "METLO_COLLECTOR_DATA_DIR": str(tmp_path / "data"), "PYTHONDONTWRITEBYTECODE": "1", **more}
    command = [*before, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", "."]
    return subprocess.run([*command, "suite.py"], cwd=APP, env=environ, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
def test_a_well_made_app_has_no_finding_after_its_own_tests(tmp_path: Path) -> None:
    local = (sys.executable, "-m", "metlo_auto", "--local", "--ci")
    bare, watched = suite(tmp_path), suite(tmp_path, *local, PYTHONPATH=str(ROOT))
    passed = re.search(r"(\d+) passed", bare.stdout)
    assert passed and int(passed.group(1)) > 30
    assert f"{passed.group(1)} passed" in watched.stdout and "failed" not in watched.stdout
    assert watched.returncode == bare.returncode == 0, watched.stdout + watched.stderr

    def said(command: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(run(tmp_path / "data", command, "--json").stdout)
        return found

    assert len(said("endpoints")) > 20  # all of it was seen
    assert said("findings") == []
