"""METLO_DISABLED leaves nothing of ours in a process but the bootstrap that read it."""

import json
from typing import Any

import pytest

from tests.support.installed import BOOTSTRAP, Installed, run

pytestmark = pytest.mark.core
CODE = """
import json, sys
import flask.app
print(json.dumps([sorted(n for n in sys.modules if "metlo" in n), type(flask.app.Flask.__init__).__name__, len(sys.meta_path),
                  sorted(n for n in ("wrapt", "requests", "dotenv") if n in sys.modules)]))
"""


def seen(metlo: Installed, **environ: Any) -> Any:
    told = metlo.environ(METLO_HOST="http://127.0.0.1:9", METLO_API_KEY="k", **environ)
    return metlo.json("python", "-c", CODE, environ=told)


@pytest.mark.parametrize("spelling", ["1", "true", "yes", "on", "TRUE", "Yes", "oN", " true "])
def test_all_spellings_disable(metlo: Installed, spelling: str) -> None:
    native = json.loads(run([metlo.python, "-c", CODE], metlo.environ()).stdout)
    assert seen(metlo, METLO_DISABLED=spelling) == native
    assert native[:2] == [[], "function"] and "wrapt" not in native[3]


@pytest.mark.parametrize("spelling", ["0", "false", "no", "off", ""])
def test_these_do_not(metlo: Installed, spelling: str) -> None:
    modules, kind, _, _ = seen(metlo, METLO_DISABLED=spelling)
    assert "metlo_auto.auto" in modules and kind != "function"


def test_a_process_without_flask_loads_no_more_than_fifteen_modules_and_starts_no_thread(metlo: Installed) -> None:
    code = "import json, sys, os; print(json.dumps([sorted(sys.modules), len(os.listdir('/proc/self/task'))]))"
    native, threads = json.loads(run([metlo.python, "-c", code], metlo.environ()).stdout)
    modules, after = json.loads(run([metlo.python, "-c", code], metlo.environ(PYTHONPATH=BOOTSTRAP)).stdout)
    more = set(modules) - set(native)
    assert after == threads
    assert more and len(more) <= 15
    # `time` is in the interpreter itself: newer ones have it loaded by then
    assert all(name in ("sitecustomize", "time") or name.split(".")[0] == "metlo_auto" for name in more), more
