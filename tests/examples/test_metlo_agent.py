"""Metlo's own agent, as it comes from PyPI, reports to the embedded collector unchanged."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.support.serving import Served, environ_of_app
from tests.support.venvs import ROOT, app_venv

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SHOP = ROOT / "examples" / "shop"
sys.path.insert(0, str(SHOP))

import traffic  # noqa: E402  (the shop's own customers)


def collector_answer(collector, path):
    request = urllib.request.Request(collector["host"] + path, headers={"Authorization": collector["api_key"]})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read().decode())


@contextlib.contextmanager
def embedded_collector(env):
    """A collector that lives as long as the block; what `attach` says of it."""
    with subprocess.Popen(["sleep", "300"]) as holder:
        try:
            attach = [sys.executable, "-m", "metlo_auto.collector", "attach", "--pid", str(holder.pid)]
            yield json.loads(subprocess.check_output(attach, env=dict(env, PYTHONPATH=str(ROOT))).decode())
        finally:
            holder.kill()


def until(question, good, seconds=30):
    """The first good answer, or the last one."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if good(answer) or time.monotonic() > deadline:
            return answer
        time.sleep(0.1)


def test_metlos_own_agent_reports_to_the_embedded_collector(tmp_path):
    programs = app_venv("metlo", ["metlo==0.0.17", "flask", "gunicorn"])
    env = environ_of_app(tmp_path, SHOP_DATABASE=str(tmp_path / "shop.sqlite3"))
    serve = [
        str(programs / "gunicorn"),
        "-k",
        "gthread",
        "--threads",
        "4",
        "-b",
        "127.0.0.1:0",
        "metlo_shop:app",
    ]
    paths = os.pathsep.join([str(SHOP), str(ROOT / "tests" / "examples")])
    with embedded_collector(env) as collector:
        its_env = dict(env, PYTHONPATH=paths, OTHER_HOST=collector["host"], OTHER_KEY=collector["api_key"])
        with Served(serve, tmp_path / "log", env=its_env, cwd=str(tmp_path)) as server:
            sent = traffic.send(f"http://127.0.0.1:{server.port}")
            # it loses what is no text: the picture that somebody looked at
            traces = until(lambda: collector_answer(collector, "/api/local/traces"), lambda it: len(it) >= sent - 1)
            found = until(
                lambda: {(row["method"], row["route"]) for row in collector_answer(collector, "/api/local/endpoints")},
                {("GET", "/products"), ("POST", "/login"), ("GET", "/export/products.csv")}.issubset,
            )
    assert len(traces) == sent - 1
    assert {trace["meta"]["metloSource"] for trace in traces} == {"python/flask"}
    assert {("GET", "/products"), ("POST", "/login"), ("GET", "/export/products.csv")} <= found
