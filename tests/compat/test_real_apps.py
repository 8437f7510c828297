"""Unmodified apps from PyPI, driven by their real clients: the same outcome, each request reported once, no warning."""

import collections
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Sequence, Tuple
from urllib.parse import unquote

import pytest

from tests.support import wire_rules
from tests.support.recorder import Recorder
from tests.support.serving import Served, environ_of_app
from tests.support.venvs import venv_if_made_for_it

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
APPS = Path(__file__).resolve().parent / "apps"
LOGGED = re.compile(r'"([A-Z]+) (\S+) HTTP/1\.\d" (\d{3})')
GUNICORN = ["gunicorn", "-b", "127.0.0.1:0", "--access-logfile", "-", "-k", "gthread", "--threads", "4"]
MLFLOW = ["mlflow", "server", "--host", "127.0.0.1", "--port", "0", "--workers", "1"]


class App(NamedTuple):
    """An app of others: what it needs, how it is served, and who visits it."""

    requirements: Sequence[str]
    command: Sequence[str]
    client: str
    outside: str = "nothing"  # "METHOD PATH STATUS" of what a layer around Flask answers, so that Flask never sees it
    python: Tuple[int, int] = (3, 9)  # the oldest that has a release which is served so
    not_from: Tuple[int, int] = (4, 0)  # the first Python that what it needs does not run on


REAL = {
    "moto": App(
        ["moto[server,s3,dynamodb,sqs]", "boto3"], ["moto_server", "-H", "127.0.0.1", "-p", "0"], "moto_client.py"
    ),
    "dash": App(["dash", "gunicorn", "requests"], [*GUNICORN, "dash_app:app"], "dash_client.py"),
    "connexion 2": App(
        ["connexion[swagger-ui]<3", "flask<2.3", "werkzeug<2.3", "gunicorn", "setuptools<80"],
        [*GUNICORN, "connexion_app:app"],
        "connexion_client.py",
        not_from=(3, 14),  # Werkzeug 2.2 asks for ast.Str
    ),
    "connexion 3": App(
        ["connexion[flask,uvicorn]>=3", "gunicorn", "requests"],
        ["uvicorn", "--port", "0", "connexion_app:app"],
        "connexion_client.py",
        r"GET /v1/pets 400|POST /v1/pets 400|DELETE /v1/pets 405|GET /v1/openapi\.json 200",
    ),
    "flask-admin": App(
        [
            "flask-admin<2",
            "flask-sqlalchemy",
            "flask<3",
            "werkzeug<3",
            "wtforms<3.2",
            "gunicorn",
            "requests",
            "setuptools<80",
        ],
        [*GUNICORN, "-w", "2", "admin_app:app"],
        "admin_client.py",
    ),
    "flask-appbuilder": App(
        ["flask-appbuilder", "gunicorn", "requests"], [*GUNICORN, "appbuilder_app:app"], "appbuilder_client.py"
    ),
    "mlflow": App(
        ["mlflow"],
        [*MLFLOW, "--uvicorn-opts", "--timeout-graceful-shutdown 5"],
        "mlflow_client.py",
        r"(GET|PUT|DELETE) /api/2\.0/mlflow-artifacts/artifacts/\S+ 200|GET /api/3\.0/mlflow/server-info 200",
        (3, 10),
    ),
    "mlflow, gunicorn": App(["mlflow"], [*MLFLOW, "--gunicorn-opts", "--access-logfile -"], "mlflow_client.py"),
}


def logged(said):
    """The server's own list of requests: how often (method, path, status) came."""
    plain = re.sub(r"\x1b\[\d*m", "", said)
    return collections.Counter(
        (method, unquote(target.partition("?")[0]), int(status)) for method, target, status in LOGGED.findall(plain)
    )


def seen_by_flask(app, said):
    """Those of them that went through Flask."""
    every = logged(said)
    return collections.Counter(
        {it: times for it, times in every.items() if not re.fullmatch(app.outside, "{} {} {}".format(*it))}
    )


def reported(traces):
    return collections.Counter(
        (it["request"]["method"], unquote(it["request"]["url"]["path"]), it["response"]["status"]) for it in traces
    )


def visit(app, programs, home, prefix=(), recorder=None):
    """What the client saw, and what the server said."""
    home.mkdir()
    env = environ_of_app(home, APP_DATABASE=str(home / "app.sqlite3"), **(recorder.environ() if recorder else {}))
    env["PATH"] = "{}:{}".format(programs, env["PATH"])
    command = [str(programs / name) for name in (*prefix, app.command[0])] + list(app.command[1:])
    with Served(command, home / "log", env=dict(env, PYTHONPATH=str(APPS)), cwd=str(home)) as server:
        client = [str(programs / "python"), str(APPS / app.client), f"http://127.0.0.1:{server.port}"]
        saw = subprocess.check_output(client, env=env, stdin=subprocess.DEVNULL, timeout=120).decode()
        if recorder:
            recorder.wait_for(sum(seen_by_flask(app, server.said()).values()))
        server.stop()
    return re.sub(r"[0-9a-f]{32}|(?<=experiments/)\d+", "ID", saw.replace(f":{server.port}", ":PORT")), server.said()


@pytest.mark.parametrize("name", sorted(REAL))
def test_its_clients_see_the_same_and_each_request_is_reported_once(name, tmp_path):
    app = REAL[name]
    if name.startswith("mlflow") and not os.environ.get("METLO_TEST_MLFLOW"):
        pytest.skip("MLflow takes 850 MB of disk: METLO_TEST_MLFLOW=1 asks for it")
    if not app.python <= sys.version_info[:2] < app.not_from:
        pytest.skip("no release of it that is served so is for this Python")
    programs = venv_if_made_for_it("app-" + re.sub(r"\W+", "-", name.partition(",")[0]), app.requirements)
    bare, _ = visit(app, programs, tmp_path / "bare")
    with Recorder() as recorder:
        observed, said = visit(app, programs, tmp_path / "observed", ["metlo-run"], recorder)
        traces = list(recorder.traces)
    assert observed == bare
    assert reported(traces) == seen_by_flask(app, said)
    assert {tuple(wire_rules.problems(trace)) for trace in traces} == {()}
    assert [line for line in said.splitlines() if re.match(r"\W*metlo", line)] == []
