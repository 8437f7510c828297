"""Secrets that libraries of others make and send are readable at no collector; with METLO_REDACT=none they would be."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.support.recorder import Recorder
from tests.support.serving import Served, environ_of_app
from tests.support.venvs import venv_if_made_for_it

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.skipif(sys.version_info < (3, 10), reason="releases for Python 3.10 and newer")]
HERE = Path(__file__).resolve().parent / "libraries"
ACCOUNTS = ["flask-security-too[common,fsqla]", "flask-wtf", "authlib", "requests", "scim2-client[httpx2]", "gunicorn"]
MOTO = ["moto[server,s3,dynamodb,sqs]", "boto3"]  # as in tests/compat/test_real_apps.py
GUNICORN = ["gunicorn", "-b", "127.0.0.1:0", "-k", "gthread", "--threads", "8", "accounts_app:app"]
VISITS = {"accounts": (ACCOUNTS, GUNICORN, "accounts_client.py", 40), "moto": (MOTO, ["moto_server", "-H", "127.0.0.1", "-p", "0"], "aws_client.py", 12)}


def programs_of(name):
    return venv_if_made_for_it("app-" + name, VISITS[name][0])


def visited(name, home, mode):
    """The secrets of one visit, and all that came to the collector."""
    programs, (_, command, client, least) = programs_of(name), VISITS[name]
    with Recorder() as recorder:
        env = environ_of_app(home, APP_DATABASE=str(home / "app.sqlite3"), ISSUED=str(home / "issued"), OUTBOX=str(home / "outbox"),
                             CLIENT_SECRET="c1ient" + "Zq8xCanary3Kf0w", **recorder.environ(METLO_REDACT=mode))
        env["PATH"] = "{}:{}".format(programs, env["PATH"])
        with Served([str(programs / "metlo-run"), *command], home / "log", env=dict(env, PYTHONPATH=str(HERE)), cwd=str(home)) as server:
            asked = subprocess.run([str(programs / "python"), str(HERE / client), "http://127.0.0.1:%d" % server.port],
                                   env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
            assert asked.returncode == 0, asked.stderr.decode()[-3000:] + server.said()[-3000:]
            traces = recorder.wait_for(least)
            server.stop()
        return json.loads(asked.stdout.decode()), list(recorder.traces) or traces


def readable(secrets, traces):
    """Which secret stands in which trace, as it is or encoded for a URL."""
    found = []
    for trace in traces:
        text = json.dumps(trace, ensure_ascii=False)
        where = "{} {}".format(trace["request"]["method"], trace["request"]["url"]["path"])
        found += [(where, secret) for secret in secrets if any(spelt in text for spelt in {secret, quote(secret), quote_plus(secret)})]
    return found


@pytest.mark.parametrize("mode", ["credentials", "schema"])
@pytest.mark.parametrize("name", sorted(VISITS))
def test_no_secret_of_theirs_is_readable(name, mode, tmp_path):
    secrets, traces = visited(name, tmp_path, mode)
    assert readable(secrets, traces) == []


@pytest.mark.parametrize("name", sorted(VISITS))
def test_with_redact_none_nearly_all_would_be(name, tmp_path):
    secrets, traces = visited(name, tmp_path, "none")
    assert len({secret for _, secret in readable(secrets, traces)}) > len(secrets) * 2 // 3
