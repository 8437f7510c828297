"""What metlo-run makes of PYTHONPATH, and where metlo-auto may be installed."""

import json
import os
import pathlib
import shutil
from typing import Optional

import pytest

from metlo_auto.launcher.environment import with_bootstrap
from tests.support.installed import BOOTSTRAP, ROOT, Installed, run

pytestmark = pytest.mark.core
SHOW = "import json, os, sys; print(json.dumps([os.environ['PYTHONPATH'], sys.path, sorted(sys.modules)]))"
ARMED = "import sys; print('metlo_auto.imports.import_hook' in sys.modules)"


@pytest.mark.parametrize("before, after", [
    (None, "B"), ("", "B"), ("/a", "B:/a"), (":/a", "B::/a"), ("/a::/b", "B:/a::/b"), ("/a:", "B:/a:"), (":", "B::"),
    ("B", "B"), ("B:/a", "B:/a"), ("/a:B", "B:/a"), ("B:B:/a:B", "B:/a"), (":B", "B:"),
])
def test_the_bootstrap_is_first_and_once_and_nothing_else_changes(before: Optional[str], after: str) -> None:
    assert with_bootstrap(before or "", "B") == after


@pytest.mark.parametrize("before", [None, "", "/a", "/a:/b"])
def test_no_folder_of_ours_stays_on_sys_path(metlo: Installed, before: Optional[str]) -> None:
    environ = metlo.environ(PYTHONPATH=before)
    native = json.loads(run([metlo.python, "-c", "import json, sys; print(json.dumps(sys.path))"], environ).stdout)
    variable, path, _ = metlo.json("python", "-c", SHOW, environ=environ)
    assert variable == ":".join([BOOTSTRAP] + ([before] if before else []))
    assert path == native


def test_a_sitecustomize_that_takes_its_folder_off_runs_in_the_app_too(metlo: Installed, tmp_path: pathlib.Path) -> None:
    """As OpenTelemetry's does up to 0.62: it runs in metlo-run as well, where that shares an environment with it."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys; sys.ran = True\n"
        "os.environ['PYTHONPATH'] = os.pathsep.join(e for e in os.environ['PYTHONPATH'].split(os.pathsep) if e != %r)\n"
        % str(tmp_path)
    )
    show = "import json, os, sys; print(json.dumps([os.environ['PYTHONPATH'], sys.ran]))"
    environ = metlo.environ(PYTHONPATH="%s:/b" % tmp_path)
    assert metlo.json("python", "-c", show, environ=environ) == [BOOTSTRAP + ":/b", True]
    environ = metlo.environ(PYTHONPATH="/a:%s:/b" % tmp_path)
    assert metlo.json("metlo-run", "python", "-c", show, environ=environ) == [BOOTSTRAP + ":/a:/b", True]


def test_nested_metlo_run_is_metlo_run(metlo: Installed) -> None:
    once = metlo.json("python", "-c", SHOW)
    assert metlo.json("metlo-run", "metlo-run", "python", "-c", SHOW) == once


def test_print_bootstrap_is_a_way_in_by_itself(metlo: Installed) -> None:
    folder = metlo.run("--print-bootstrap")
    assert (folder.returncode, folder.stdout, folder.stderr) == (0, BOOTSTRAP + "\n", "")
    for path in (BOOTSTRAP, BOOTSTRAP + "/", "/a:" + BOOTSTRAP):
        assert run([metlo.python, "-c", ARMED], metlo.environ(PYTHONPATH=path)).stdout == "True\n"


def test_the_bootstrap_folder_holds_one_module() -> None:
    found = [name for name in os.listdir(BOOTSTRAP) if not name.startswith("__pycache__") and name[-4:] != ".pyc"]
    assert found == ["sitecustomize.py"]


@pytest.mark.parametrize("way", [["metlo-run"], ["python", "-m", "metlo_auto"]])
def test_modules_in_the_current_folder_shadow_nothing(metlo: Installed, tmp_path: pathlib.Path, way: list) -> None:
    for name in ("random", "subprocess", "signal", "json", "typing", "enum", "re", "sitecustomize", "metlo_auto"):
        (tmp_path / (name + ".py")).write_text("print('shadowed by', __file__)")
    if way == ["python", "-m", "metlo_auto"]:
        (tmp_path / "metlo_auto.py").unlink()  # `-m` would run it: so it does for every module
        # Python 3.9 and PyPy import typing for -m, from the current folder, before anybody's code runs.
        done = run([metlo.python, "-c", "import runpy, sys; print(*sys.modules)"], metlo.environ())
        for name in {"random", "subprocess", "signal", "json", "typing", "enum", "re"} & set(done.stdout.split()):
            (tmp_path / (name + ".py")).unlink()
    for arguments in (["--version"], ["--help"], ["true"], ["--local", "--version"]):
        done = run([str(metlo.bin / way[0])] + way[1:] + arguments, metlo.environ(), cwd=str(tmp_path))
        assert done.returncode == 0, done.stderr
        assert "shadowed" not in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["with space", "ümläut", "quo'te\"", "%s", "back\\slash"])
def test_any_install_path_will_do(tmp_path: pathlib.Path, name: str) -> None:
    installed = copied(tmp_path, name)
    assert installed.run("python", "-c", ARMED).stdout == "True\n"


def test_an_install_path_with_the_path_separator_is_one_warning_and_the_app_runs(tmp_path: pathlib.Path) -> None:
    installed = copied(tmp_path, "a:b")
    done = installed.run("python", "-c", ARMED)
    assert (done.returncode, done.stdout) == (0, "False\n")
    assert done.stderr.startswith("metlo-run: ") and done.stderr.count("\n") == 1 and "elsewhere" in done.stderr
    assert installed.run("--strict", "python", "-c", ARMED).returncode == 78


def copied(tmp_path: pathlib.Path, name: str) -> Installed:
    shutil.copytree(str(ROOT / "metlo_auto"), str(tmp_path / name / "metlo_auto"), ignore=shutil.ignore_patterns("*.pyc"))
    return Installed(tmp_path / "venv", sees=[str(tmp_path / name)])
