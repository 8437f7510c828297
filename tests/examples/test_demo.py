"""scripts/demo, as somebody runs it who has just cloned the project."""

import os
import signal
import socket
import subprocess

import pytest

from tests.support.venvs import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
DEMO = str(ROOT / "scripts" / "demo")


def demo(*arguments, **popen):
    return subprocess.Popen(
        [DEMO, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        universal_newlines=True,
        **popen,
    )


def test_once_ends_by_itself_and_finds_what_it_expects(tmp_path):
    with demo("--once", cwd=str(tmp_path)) as running:
        said, _ = running.communicate()
    assert running.returncode == 0, said
    assert "/products/{product_id}" in said and "missing" not in said
    for finding in ("high     Sensitive data without authentication: GET /customers/{username}  shop/accounts.py:",
                    "medium   Server errors: GET /fail  shop/service.py:",
                    "low      Session cookie without its flags: POST /login  shop/accounts.py:"):  # fmt: skip
        assert finding in said
    assert "; the page: http://127.0.0.1:" in said.splitlines()[-1]


def test_settings_of_the_caller_do_not_disturb_it(tmp_path):
    env = dict(os.environ, METLO_DISABLED="1", METLO_HOST="http://192.0.2.1", FLASK_APP="nothing.py")
    with demo("--once", env=env) as running:
        said, _ = running.communicate()
    assert running.returncode == 0, said


def test_a_port_that_is_taken_is_said_in_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        with demo("--once", "--port", str(taken.getsockname()[1])) as running:
            said, _ = running.communicate()
    assert running.returncode == 1
    assert "choose another with --port" in said.splitlines()[-1]


def test_it_goes_on_until_it_is_interrupted():
    with demo() as running:
        said = ""
        while "Ctrl-C" not in said:
            line = running.stdout.readline()
            assert line, said
            said += line
        os.killpg(running.pid, signal.SIGINT)
        running.communicate()
    assert running.returncode == 0
