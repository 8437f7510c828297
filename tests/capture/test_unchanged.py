"""What an app can notice: each case natively and under the agent, and nothing differs."""

import json
import os
import subprocess
import sys

import pytest

from tests.support.recorder import Recorder
from tests.support.serving import APPS, clean_environ, instrumented

SCRIPT = APPS / "unchanged.py"
CASES = [line[4:].split("(")[0] for line in SCRIPT.read_text().split("SPECIAL =")[1].splitlines()
         if line.startswith("def ") and line[4] != "_" and line[4:].split("(")[0] not in ("hostile", "new", "ask", "frames")]
NEEDS_3_11 = ("after_request_gives_nothing", "tracebacks")  # before, a frame cannot be taken out of a traceback


def outcome(environ):
    done = subprocess.run([sys.executable, str(SCRIPT)], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=120, cwd=environ["HOME"])
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    bare, _ = outcome(clean_environ(home))
    with Recorder() as recorder:
        seen, said = outcome(instrumented(clean_environ(home), recorder.environ()))
    assert len(recorder.traces) > 10
    assert "metlo:" not in said
    return bare, seen


@pytest.mark.parametrize("case", CASES)
def test_the_app_cannot_tell(outcomes, case):
    if case in NEEDS_3_11 and sys.version_info < (3, 11):
        pytest.skip("a frame of a traceback cannot be taken out before Python 3.11")
    bare, seen = outcomes
    assert seen[case] == bare[case]


def test_every_case_was_asked(outcomes):
    assert sorted(outcomes[0]) == sorted(CASES) and os.path.exists(str(SCRIPT))
