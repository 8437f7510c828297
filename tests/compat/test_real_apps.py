"""Unmodified apps from PyPI, driven by their real clients: the same outcome, each request reported once, no warning."""

import collections
import re
import subprocess
from pathlib import Path
from typing import NamedTuple, Sequence, Tuple
from urllib.parse import unquote

import pytest

from tests.support import wire_rules
from tests.support.recorder import Recorder
from tests.support.served import Served, clean_environ
from tests.support.venvs import app_venv

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
APPS = Path(__file__).resolve().parent / "apps"
LOGGED = re.compile(r'"([A-Z]+) (\S+) HTTP/1\.\d" (\d{3})')
GUNICORN = ["gunicorn", "-b", "127.0.0.1:0", "--access-logfile", "-", "-k", "gthread", "--threads", "4"]


class App(NamedTuple):
    """An app of others: what it needs, how it is served, and who visits it."""

    requirements: Sequence[str]
    command: Sequence[str]
    client: str
    outside: Sequence[Tuple[str, str, int]] = ()  # what a layer around Flask answers, so that Flask never sees it
    raised: Sequence[Tuple[str, str, int]] = ()  # what Flask raises and a layer around answers: 500 in the trace


REAL = {
    "moto": App(
        ["moto[server,s3,dynamodb,sqs]", "boto3"], ["moto_server", "-H", "127.0.0.1", "-p", "0"], "moto_client.py"
    ),
    "dash": App(["dash", "gunicorn", "requests"], [*GUNICORN, "dash_app:app"], "dash_client.py"),
    "connexion 2": App(
        ["connexion[swagger-ui]<3", "flask<2.3", "werkzeug<2.3", "gunicorn", "setuptools<80"],
        [*GUNICORN, "connexion_app:app"],
        "connexion_client.py",
    ),
    "connexion 3": App(
        ["connexion[flask,uvicorn]>=3", "gunicorn", "requests"],
        ["uvicorn", "--port", "0", "connexion_app:app"],
        "connexion_client.py",
        [
            ("GET", "/v1/pets", 400),
            ("POST", "/v1/pets", 400),
            ("DELETE", "/v1/pets", 405),
            ("GET", "/v1/openapi.json", 200),
        ],
        [("GET", "/v1/nothing", 404), ("GET", "/v1/pets/x", 404)],
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
}


def logged(said):
    """The server's own list of requests: how often (method, path, status) came."""
    plain = re.sub(r"\x1b\[\d*m", "", said)
    return collections.Counter(
        (method, unquote(target.partition("?")[0]), int(status)) for method, target, status in LOGGED.findall(plain)
    )


def reported(traces):
    return collections.Counter(
        (it["request"]["method"], unquote(it["request"]["url"]["path"]), it["response"]["status"]) for it in traces
    )


def visit(app, programs, home, prefix=(), recorder=None):
    """What the client saw, and what the server said."""
    home.mkdir()
    env = clean_environ(home, APP_DATABASE=str(home / "app.sqlite3"), **(recorder.environ() if recorder else {}))
    env["PATH"] = "{}:{}".format(programs, env["PATH"])
    command = [str(programs / name) for name in (*prefix, app.command[0])] + list(app.command[1:])
    with Served(command, home / "log", env=dict(env, PYTHONPATH=str(APPS)), cwd=str(APPS)) as server:
        client = [str(programs / "python"), str(APPS / app.client), f"http://127.0.0.1:{server.port}"]
        saw = subprocess.check_output(client, env=env, stdin=subprocess.DEVNULL, timeout=120).decode()
        if recorder:
            recorder.wait_for(sum((logged(server.said()) - collections.Counter(app.outside)).values()))
        server.stop()
    return saw.replace(f":{server.port}", ":PORT"), server.said()


@pytest.mark.parametrize("name", sorted(REAL))
def test_its_clients_see_the_same_and_each_request_is_reported_once(name, tmp_path):
    app = REAL[name]
    programs = app_venv("app-" + name.replace(" ", "-"), app.requirements)
    bare, _ = visit(app, programs, tmp_path / "bare")
    with Recorder() as recorder:
        observed, said = visit(app, programs, tmp_path / "observed", ["metlo-run"], recorder)
        traces = list(recorder.traces)
    assert observed == bare
    expected = logged(said) - collections.Counter([*app.outside, *app.raised])
    assert reported(traces) == expected + collections.Counter((*raised[:2], 500) for raised in app.raised)
    assert {tuple(wire_rules.problems(trace)) for trace in traces} == {()}
    assert [line for line in said.splitlines() if re.match(r"\W*metlo", line)] == []
