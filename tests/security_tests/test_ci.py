"""`metlo-run --local --ci`: the command's own status first, then what the collector says of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from metlo_auto.launcher import options
from tests.support.serving import ROOT, clean_environ

APP = """
from flask import Flask, jsonify
app = Flask("shop")
app.add_url_rule("/users/<int:n>", "user", lambda n: jsonify(id=n, email={email!r}))
client = app.test_client()
assert client.get("/users/7").status_code == 200
raise SystemExit({status})
"""


def ci(folder: Path, status: int, *more: str, email: str = "ann@example.com", **settings: str) -> Any:
    (folder / "drive.py").write_text(APP.format(status=status, email=email))
    environ = dict(clean_environ(folder), PYTHONPATH=str(ROOT), **settings)
    command = [sys.executable, "-m", "metlo_auto", "--local", "--ci", *more, sys.executable, "drive.py"]
    return subprocess.run(command, env=environ, cwd=str(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=100,
                          universal_newlines=True)  # fmt: skip


def test_a_command_that_fails_ends_with_its_own_status(tmp_path: Path) -> None:
    done = ci(tmp_path, 7)
    assert done.returncode == 7 and "nothing was checked" in done.stderr, done.stderr


@pytest.mark.parametrize("email, status", [("ann@example.com", 1), ("", 0)])
def test_a_finding_of_high_severity_fails_without_further_options(tmp_path: Path, email: str, status: int) -> None:
    done = ci(tmp_path, 0, email=email)
    assert (done.returncode, "1 high" in done.stdout) == (status, bool(status)), done.stdout + done.stderr


def test_a_difference_from_a_kept_document_is_said_after_the_command(tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text('{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}')
    done = ci(tmp_path, 0, "--openapi", "openapi.json")
    assert done.returncode == 1 and "differs" in done.stdout and "/users/{n}" in done.stdout, done.stdout + done.stderr
    assert not list(tmp_path.glob("metlo-ci-*"))


@pytest.mark.parametrize("kept", [False, True])
def test_a_command_that_shows_nothing_is_not_in_order(tmp_path: Path, kept: bool) -> None:
    """Traffic of a run before, in a folder that is kept, is none of this run's."""
    folder = {"METLO_COLLECTOR_DATA_DIR": str(tmp_path / "kept")} if kept else {}
    if kept:
        assert ci(tmp_path, 0, email="", **folder).returncode == 0
    done = ci(tmp_path, 0, email="", METLO_IGNORE_PATHS="*", **folder)
    assert done.returncode == 3 and "no request was reported" in done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("status, wanted", [(0, 3), (7, 7)])
def test_switched_off_it_runs_the_command_and_has_checked_nothing(tmp_path: Path, status: int, wanted: int) -> None:
    done = ci(tmp_path, status, METLO_DISABLED="1")
    assert done.returncode == wanted and "METLO_DISABLED wins over --local" in done.stderr, done.stdout + done.stderr
    assert ("so nothing was checked" in done.stderr) == (status == 0)
    assert "findings" not in done.stdout and not list(tmp_path.glob("metlo-ci-*"))


@pytest.mark.parametrize("words", [["--ci", "x"], ["--local", "--sarif", "a", "x"], ["--local", "--ci", "--fail-on", "bad", "x"]])
def test_options_that_do_not_go_together_are_refused(words: "list[str]") -> None:
    with pytest.raises(options.UsageError):
        options.parse(words)


def test_options_of_ci_are_read() -> None:
    found = options.parse(["--local", "--ci", "--openapi=a.json", "--test", "http://127.0.0.1:1", "--fail-on", "low", "pytest", "-q"])
    assert (found.openapi, found.test, found.fail_on, found.command) == ("a.json", "http://127.0.0.1:1", "low", ["pytest", "-q"])
