"""The recipe for AWS Lambda: the runtime in a folder of its own, the package beside the function, variables alone."""

import sys

import pytest

from tests.delivery.test_aws_lambda import APP, HANDLERS, PACKAGES, shown
from tests.launcher.recipes import ROOT, recipes
from tests.support.lambda_runtime import LambdaRuntime, event
from tests.support.recorder import Recorder
from tests.support.serving import clean_environ
from tests.support.venvs import venv_if_made_for_it

pytestmark = [
    pytest.mark.slow, pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime client is for Linux"),
]  # fmt: skip
# As AWS's own does: the function's folder is found once the interpreter has started.
BOOTSTRAP = """import os, sys
sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
from awslambdaric.__main__ import main
main(["bootstrap", sys.argv[1]])
"""
OF_THE_RUNTIME = ("awslambdaric", "runtime_client", "snapshot_restore_py", "simplejson")


@pytest.fixture
def layout(tmp_path):
    """`runtime` and `task`, each with what is installed there."""
    [packages] = venv_if_made_for_it("aws-lambda", PACKAGES).parent.glob("lib/python*/site-packages")
    for name in ("runtime", "task"):
        (tmp_path / name).mkdir()
    for package in packages.iterdir():
        if "metlo" not in package.name and package.suffix != ".pth":
            place = "runtime" if package.name.startswith(OF_THE_RUNTIME) else "task"
            (tmp_path / place / package.name).symlink_to(package)
    (tmp_path / "task" / "metlo_auto").symlink_to(ROOT / "metlo_auto")
    (tmp_path / "task" / "function.py").write_text(APP + HANDLERS["apig-wsgi"])
    (tmp_path / "runtime" / "bootstrap.py").write_text(BOOTSTRAP)
    return tmp_path


def test_the_variables_are_enough(layout):
    lines = recipes()["AWS Lambda"].replace("/var/task", str(layout / "task")).split()
    variables = dict(line.split("=", 1) for line in lines)
    assert list(variables) == ["PYTHONPATH", "METLO_HOST", "METLO_API_KEY", "METLO_SPOOL_DIR"]
    with Recorder() as recorder:
        environ = dict(clean_environ(layout), **dict(variables, METLO_HOST=recorder.host, METLO_API_KEY=recorder.key))
        python = str(getattr(sys, "_base_executable", sys.executable))  # no venv
        command = [python, str(layout / "runtime" / "bootstrap.py")]
        with LambdaRuntime(command, "function.handler", environ, layout / "task") as function:
            assert shown(function.invoke(event("/orders/1")))[0] == 200
            function.kill()
            log = function.log.read_text()
        assert [trace["request"]["url"]["path"] for trace in recorder.only_traces()] == ["/orders/1"], log
    assert "WARNING" not in log and "metlo:" not in log.replace("metlo: reporting to", "")
