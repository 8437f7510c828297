"""Objects of the app and the server that count or refuse every question: natively and with the agent the same happens."""

import json
import pathlib
import subprocess
import sys

import pytest

from tests.support.recorder import Recorder
from tests.support.serving import clean_environ, instrumented

pytestmark = pytest.mark.core
PROGRAM = pathlib.Path(__file__).with_name("hostile_objects.py")
SEEDS = 800


def ran(environ):
    done = subprocess.run([sys.executable, str(PROGRAM), str(SEEDS)], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=100)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_what_is_asked_of_them_and_what_the_server_gets_is_the_same(tmp_path):
    natively, _ = ran(clean_environ(tmp_path))
    with Recorder() as recorder:
        under, said = ran(instrumented(clean_environ(tmp_path, METLO_MAX_RATE="0"), recorder.environ()))
    assert len(natively) == len(under) == SEEDS
    assert [(one, other) for one, other in zip(natively, under) if one != other] == []
    assert sum(bool(one["asked"]) for one in natively) > SEEDS / 20
    [stats] = [json.loads(line[6:]) for line in said.splitlines() if line.startswith("stats ")]
    assert (stats["captured"], stats["internal_errors"], stats["dropped"]) == (SEEDS, 0, {})
    assert "metlo:" not in said
