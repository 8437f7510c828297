"""Runs of an app under `metlo-run --local`: a line when one has ended, and what is new since it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.collector.collector_support import ROOT, run

SUITE = '''
import os
from flask import Flask

app = Flask("stock")

@app.get("/items/<int:item>")
def item(item):
    return {"id": item, "email": "ann.smith@example.com"}

@app.get("/never")
def never():
    return ""

if os.environ.get("MORE"):
    @app.get("/more")
    def more():
        return {"id": 1, "phone": "+46 70 123 45 67"}

def test_all():
    client = app.test_client()
    assert client.get("/items/3").json["id"] == 3
    assert not os.environ.get("MORE") or client.get("/more").json["id"] == 1
    assert not children()

def children():
    """Of this process: what `metlo-run` left running beside the app is none of the app's."""
    try:
        return os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
'''


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "stock"
    folder.mkdir()
    (folder / "test_stock.py").write_text(SUITE)
    return folder


def _environ(tmp_path: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "METLO_COLLECTOR_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(ROOT), **more}


def _local(tmp_path: Path, suite: Path, *options: str, **more: str) -> list[str]:
    """What it says on standard error, whose end is that of the last who writes there."""
    command = [sys.executable, "-m", "metlo_auto", "--local", *options, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(command, cwd=suite, env=_environ(tmp_path, **more), capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr.splitlines()


@pytest.mark.slow
def test_a_run_says_what_it_has_shown_and_what_came_since_can_be_asked_for(tmp_path: Path, suite: Path) -> None:
    said = _local(tmp_path, suite, "--run", "base")
    assert said[-1] == (
        "metlo-run: run base: 1 endpoint (1 new), 1 finding (1 high), 1 declared route never called; "
        "metlo-collector serve shows them again"
    )
    said = _local(tmp_path, suite, MORE="1")
    assert re.fullmatch(r"metlo-run: run \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-stock: 2 endpoints \(1 new\), .*", said[-1])

    def since(command: str, name: str) -> Any:
        return json.loads(run(tmp_path / "data", command, "--since", name, "--json").stdout)

    assert [e["route"] for e in since("endpoints", "base")] == ["/more"]
    assert {(f["kind"], f["route"]) for f in since("findings", "base")} == {("anonymous-data", "/more")}
    latest = said[-1].split()[2].rstrip(":")
    assert since("endpoints", latest) == since("findings", latest) == []
    done = run(tmp_path / "data", "findings", "--since", "bsae")
    assert (done.returncode, done.stderr) == (2, "metlo-collector: there is no run 'bsae'; did you mean 'base'?\n")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_app_that_is_ended_gets_its_line_too(tmp_path: Path, number: int) -> None:
    command = [sys.executable, "-m", "metlo_auto", "--local", sys.executable, "-c", "import time; print(1, flush=True); time.sleep(60)"]
    app = subprocess.Popen(
        command, cwd=tmp_path, env=_environ(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert app.stdout is not None and app.stderr is not None and app.stdout.readline() == "1\n"
    os.killpg(app.pid, number)  # as ^C on a terminal
    said = app.stderr.read().splitlines()
    assert app.wait(10) != 0
    assert said[-1].endswith(": no endpoint was reported; metlo-run --check COMMAND says whether traces arrive")


@pytest.mark.slow
def test_two_suites_with_the_same_routes_in_one_folder_at_once_are_two_services(tmp_path: Path) -> None:
    app = SUITE.partition("def test_all")[0].replace('Flask("stock")', "Flask(__name__)")
    running = []
    for name in ("billing", "mail"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(app.replace("ann.smith@example.com", "" if name == "billing" else "ann.smith@example.com"))
        asks = "client.get('/items/3'), client.get('/items/4')" if name == "mail" else "client.get('/items/5')"
        (tmp_path / name / "test_app.py").write_text(f"from app import app\n\ndef test_all():\n    client = app.test_client()\n    {asks}\n")
        command = [sys.executable, "-m", "metlo_auto", "--local", "--run", name, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        running.append(subprocess.Popen(command, cwd=tmp_path / name, env=_environ(tmp_path), stderr=subprocess.PIPE, text=True))
    for name, suite in zip(("billing", "mail"), running):
        line = suite.communicate(timeout=100)[1].splitlines()[-1]
        alone = name == "mail" or " of billing, mail " in line  # mail's may begin when billing's has ended, and end later
        assert suite.returncode == 0 and line.startswith(f"metlo-run: run {name}: ") and (alone or "1 endpoint (1 new)" in line), line

    def told(command: str, service: str) -> Any:
        return json.loads(run(tmp_path / "data", command, "--json", "--service", service).stdout)

    assert [(e["route"], e["calls"], e["sensitive"]) for e in told("endpoints", "billing")] == [("/items/{item}", 1, [])]
    assert [(e["route"], e["calls"], e["sensitive"]) for e in told("endpoints", "mail")] == [("/items/{item}", 2, ["email"])]
    assert [f["severity"] for f in told("findings", "mail") if f["severity"] != "news"] == ["high"]
    assert [f["severity"] for f in told("findings", "billing") if f["severity"] != "news"] == []
    for name in ("billing", "mail"):
        assert [(r["template"], r["file"]) for r in told("routes", name)["never_called"]] == [("/never", "app.py")]


@pytest.mark.slow
def test_the_workers_of_a_suite_are_one_run(tmp_path: Path, suite: Path) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    many = "import pytest\nfrom test_stock import app\n\n@pytest.mark.parametrize('n', range(40))\ndef test_many(n):\n"
    (suite / "test_many.py").write_text(many + "    assert app.test_client().get(f'/items/{n}').json['id'] == n\n")
    command = [sys.executable, "-m", "metlo_auto", "--local", sys.executable, "-m", "pytest", "-n", "4", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(command, cwd=suite, env=_environ(tmp_path), capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 endpoint (1 new), 1 finding (1 high), 1 declared route never called" in done.stderr.splitlines()[-1]
    [found] = json.loads(run(tmp_path / "data", "endpoints", "--json").stdout)
    assert (found["service"], found["calls"]) == ("stock", 41)
