"""Quart shares Flask's base class and is no Flask: its apps run unchanged, nothing of them is reported, and --check says so."""

import json
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.support.recorder import Recorder
from tests.support.serving import Served, environ_of_app
from tests.support.venvs import venv_if_made_for_it

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
APPS = Path(__file__).resolve().parent / "apps"
SERVE = ["hypercorn", "--bind", "127.0.0.1:0", "quart_app:app"]
QUART = ["quart==0.23.1; python_version >= '3.13'", "quart==0.22.0; python_version < '3.13'"]  # the newest for each
CHECK = "import quart, flask; assert not issubclass(quart.Quart, flask.Flask); print('no Flask')"


def served(programs, home, prefix=(), **settings):
    """The answer of the app, and what its server said."""
    home.mkdir()
    env = environ_of_app(home, PYTHONPATH=str(APPS), **settings)
    env["PATH"] = "{}:{}".format(programs, env["PATH"])
    command = [str(programs / name) for name in (*prefix, SERVE[0])] + SERVE[1:]
    with Served(command, home / "log", env=env, cwd=str(home)) as server:
        url = "http://127.0.0.1:%d/echo/you" % server.port
        asked = urllib.request.Request(url, b'{"a": 1}', {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            got = answer.status, answer.headers["Content-Type"], json.loads(answer.read().decode())
        server.stop()
    return got, server.said()


def test_it_runs_as_without_the_agent_and_is_not_reported(tmp_path):
    programs = venv_if_made_for_it("quart", [*QUART, "hypercorn", "flask"])
    assert subprocess.check_output([str(programs / "python"), "-c", CHECK]) == b"no Flask\n"
    bare, _ = served(programs, tmp_path / "bare")
    with Recorder() as recorder:
        got, said = served(programs, tmp_path / "observed", ["metlo-run"], **recorder.environ())
        assert got == bare == (200, "application/json", {"name": "you", "body": {"a": 1}})
        assert recorder.traces == []
        assert "metlo" not in said
        env = environ_of_app(tmp_path / "bare", PYTHONPATH=str(APPS), **recorder.environ())
        env["PATH"] = "{}:{}".format(programs, env["PATH"])
        command = [str(programs / "metlo-run"), "--check", *SERVE]
        done = subprocess.run(command, env=env, cwd=str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    assert done.returncode == 1 and "only Flask apps are reported" in done.stdout.decode(), done.stdout.decode()
