"""Interpreters that inherit PYTHONPATH and have no metlo-auto of their own."""

import json
import os
import pathlib
import sys
import sysconfig
from typing import Any

import pytest

from metlo_auto import foreign_interpreter
from tests.support.installed import BOOTSTRAP, ROOT, Installed, make_venv, run
from tests.support.interpreters import NAMES, interpreters

FOUND = interpreters()
MINE = "%d.%d" % sys.version_info[:2]
FLASK = "class Flask:\n    def __init__(self, import_name):\n        pass\n"


@pytest.fixture(params=NAMES)
def version(request: Any) -> str:
    if request.param not in FOUND:
        pytest.skip("no Python %s here" % request.param)
    return str(request.param)


@pytest.fixture
def bare(version: str, tmp_path: pathlib.Path) -> str:
    """An interpreter without any package."""
    if version == "2.7":
        return FOUND[version]
    make_venv(tmp_path / "bare", [], FOUND[version])
    return str(tmp_path / "bare" / "bin" / "python")


@pytest.fixture
def installed_for_mine(tmp_path: pathlib.Path) -> Installed:
    """Copied into the site-packages of a venv of this version, as pip does it."""
    installed = Installed(tmp_path / "mine", sees=[sysconfig.get_paths()["purelib"]])
    (installed.site / "metlo_auto").symlink_to(ROOT / "metlo_auto")
    return installed


@pytest.mark.parametrize("code, status, out", [
    ("print('fine')", 0, "fine\n"), ("raise SystemExit(3)", 3, ""), ("import json, logging; print('x')", 0, "x\n"),
])
def test_they_run_what_they_ran_and_hear_nothing(
    metlo: Installed, bare: str, code: str, status: int, out: str
) -> None:
    for way in ([metlo.command], ["env", "PYTHONPATH=" + BOOTSTRAP]):
        done = run(way + [bare, "-c", code], metlo.environ())
        assert (done.returncode, done.stdout, done.stderr) == (status, out, "")


def test_their_own_sitecustomize_still_runs(metlo: Installed, bare: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "sitecustomize.py").write_text("import sys\nsys.flag = 'theirs'\n")
    environ = metlo.environ(PYTHONPATH="%s:%s" % (BOOTSTRAP, tmp_path / "theirs"))
    done = run([bare, "-c", "import sys; print(sys.flag); print(sys.modules['sitecustomize'].__file__)"], environ)
    assert done.stdout.split()[0] == "theirs" and str(tmp_path / "theirs") in done.stdout
    assert done.stderr == ""


def test_a_sitecustomize_of_theirs_that_fails_is_reported_as_ever(
    metlo: Installed, bare: str, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise ValueError('theirs')\n")
    native = run([bare, "-c", "print('fine')"], metlo.environ(PYTHONPATH=str(tmp_path)))
    under = run([bare, "-c", "print('fine')"], metlo.environ(PYTHONPATH="%s:%s" % (BOOTSTRAP, tmp_path)))
    assert (under.returncode, under.stdout, under.stderr) == (native.returncode, native.stdout, native.stderr)


def test_another_version_hears_the_exact_command_when_it_imports_flask(
    installed_for_mine: Installed, version: str, bare: str, tmp_path: pathlib.Path
) -> None:
    if version in (MINE, "2.7"):
        pytest.skip("not another version that could be reported")
    make_flask(tmp_path)
    bootstrap = installed_for_mine.site / "metlo_auto" / "bootstrap"
    code = "import flask.app, flask.app, sys; print([n for n in sys.modules if 'metlo' in n], sys.path)"
    native = run([bare, "-c", code], installed_for_mine.environ(PYTHONPATH=str(tmp_path)))
    environ = installed_for_mine.environ(PYTHONPATH="%s:%s" % (bootstrap, tmp_path))
    done = run([bare, "-c", code], environ)
    assert (done.returncode, done.stdout) == (0, native.stdout)
    assert done.stderr.count("\n") == 1 and "%s -m pip install metlo-auto==" % bare in done.stderr
    strict = run([bare, "-c", code], dict(environ, METLO_STRICT="1"))
    assert (strict.returncode, strict.stdout) == (78, "")


def test_another_version_can_still_fail_to_import_metlo_auto(
    installed_for_mine: Installed, version: str, bare: str
) -> None:
    if version in (MINE, "2.7"):
        pytest.skip("not another version that could be reported")
    bootstrap = installed_for_mine.site / "metlo_auto" / "bootstrap"
    done = run([bare, "-c", "import metlo_auto"], installed_for_mine.environ(PYTHONPATH=str(bootstrap)))
    assert done.returncode == 1 and "No module named" in done.stderr


@pytest.mark.core
def test_another_venv_of_the_same_version_is_instrumented_and_keeps_its_own_packages_first(
    tmp_path: pathlib.Path,
) -> None:
    packages = sysconfig.get_paths()["purelib"]
    installed = Installed(tmp_path / "ours", sees=[])
    for name in ("wrapt", "requests", "dotenv", "urllib3", "certifi", "idna", "charset_normalizer", "chardet"):
        if (pathlib.Path(packages) / name).exists():
            (installed.site / name).symlink_to(pathlib.Path(packages) / name)
    (installed.site / "metlo_auto").symlink_to(ROOT / "metlo_auto")
    (installed.site / "only_ours.py").write_text("")
    make_venv(tmp_path / "theirs", [])
    theirs = next((tmp_path / "theirs" / "lib").glob("py*")) / "site-packages"
    for name in ("flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "click", "blinker", "dataclasses.py",
                 "importlib_metadata", "zipp.py", "zipp", "typing_extensions.py", "contextvars", "immutables"):
        if (pathlib.Path(packages) / name).exists():
            (theirs / name).symlink_to(pathlib.Path(packages) / name)
    code = """
import json, sys
before = list(sys.path)
try:
    import only_ours
    found = True
except ImportError:
    found = False
import flask.app
import wrapt
print(json.dumps([found, before, sys.path, wrapt.__file__, isinstance(vars(flask.app.Flask)["__init__"], wrapt.FunctionWrapper)]))
"""
    python = str(tmp_path / "theirs" / "bin" / "python")
    environ = installed.environ(METLO_HOST="http://127.0.0.1:9", METLO_API_KEY="k")
    native = json.loads(run([python, "-c", "import json, sys; print(json.dumps(sys.path))"], environ).stdout)
    done = installed.run(python, "-c", code, environ=environ)
    assert (done.returncode, done.stderr) == (0, "")
    found, before, after, wrapt, patched = json.loads(done.stdout)
    assert not found and before == native
    assert after == native + [str(installed.site)]
    assert wrapt.startswith(str(installed.site)) and patched


def make_flask(folder: pathlib.Path) -> None:
    """Something to import as flask.app: no Flask release runs on every version."""
    (folder / "flask").mkdir()
    (folder / "flask" / "__init__.py").write_text("")
    (folder / "flask" / "app.py").write_text(FLASK)


@pytest.mark.core
@pytest.mark.parametrize("name", ["python%s", "python%st", "pypy%s"])
def test_a_folder_of_this_version_is_for_interpreters_of_its_own_kind_alone(name: str) -> None:
    """What PyPy, and CPython without its interpreter lock, have compiled is none of the others'."""
    mine = os.path.basename(os.path.dirname(sysconfig.get_paths()["purelib"]))
    folder = name % "%d.%d" % sys.version_info[:2]
    assert foreign_interpreter._was_made_for_another("/srv/lib/%s/site-packages" % folder) == (folder != mine)
