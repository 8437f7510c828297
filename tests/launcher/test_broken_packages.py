"""A broken package in the user's path: the app starts as it would without us, and hears one line."""

import json
import pathlib
from typing import List

import pytest

from tests.support.installed import Installed, run

CORE = pytest.mark.core
WAYS = ["raise RuntimeError('broken\\nin two lines')", "raise SystemExit(9)", "raise ImportError('half installed')",
        "import no_such_part", "this is no python", "x = 1", "raise MemoryError", "raise KeyError"]
APP = """
import json
import flask
app = flask.Flask("app")
app.route("/")(lambda: "hello")
response = app.test_client().get("/")
print(json.dumps([response.get_data(as_text=True)]))
response.close()
"""


def broken(own: Installed, name: str, code: str) -> None:
    folder = own.site / name
    folder.mkdir()
    (folder / "__init__.py").write_text(code)
    # before the folders that the .pth adds, as a package that was really installed here
    assert sorted(own.site.glob("*.pth"))


NAMES = ["wrapt", "requests", "dotenv", "urllib3"]


# each name and each code on every interpreter, all pairs on this one
@pytest.mark.parametrize("name, code", [
    pytest.param(name, code, id="%s-%s" % (name, code), marks=[CORE] if j % len(NAMES) == i else [])
    for i, name in enumerate(NAMES) for j, code in enumerate(WAYS)])
def test_the_app_starts_and_answers(own: Installed, name: str, code: str) -> None:
    broken(own, name, code)
    (own.home / ".env").write_text("METLO_ENVIRONMENT=test\n")
    environ = own.environ(METLO_HOST="http://127.0.0.1:9", METLO_API_KEY="k", METLO_ENV_FILE=None)
    native = run([own.python, "-c", APP], environ)
    done = own.run("python", "-c", APP, environ=environ)
    if native.returncode:  # Flask itself imports dotenv in some versions
        assert (done.returncode, done.stdout) == (native.returncode, native.stdout)
        assert done.stderr.splitlines()[-1:] == native.stderr.splitlines()[-1:]  # the frames above are not the same
        return
    assert (done.returncode, json.loads(done.stdout)) == (0, ["hello"]), done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 2 and all("metlo" in line for line in done.stderr.splitlines())


@CORE
@pytest.mark.parametrize("code", WAYS[:4])
def test_an_app_whose_flask_is_broken_fails_as_it_did(own: Installed, code: str) -> None:
    broken(own, "flask", code)
    environ = own.environ(METLO_HOST="http://127.0.0.1:9", METLO_API_KEY="k")
    native = run([own.python, "-c", APP], environ)
    under = own.run("python", "-c", APP, environ=environ)
    assert (under.returncode, under.stdout, under.stderr) == (native.returncode, native.stdout, native.stderr)


@CORE
def test_a_flask_without_an_app_module_is_left_alone(own: Installed) -> None:
    broken(own, "flask", "Flask = print")
    done = own.run("python", "-c", "import flask; flask.Flask('mine')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "mine\n", "")


@CORE
@pytest.mark.parametrize("argv", [["--version"], ["--print-bootstrap"], ["--help"], ["true"]])
def test_metlo_run_itself_imports_none_of_them(own: Installed, argv: List[str]) -> None:
    for name in ("wrapt", "requests", "dotenv", "urllib3", "flask"):
        broken(own, name, "raise SystemExit(9)")
    done = own.run(*argv)
    assert (done.returncode, done.stderr) == (0, "")


@CORE
def test_a_program_that_shadows_nothing_of_ours_by_accident(own: Installed, tmp_path: pathlib.Path) -> None:
    """Modules of the app that are called like ours inside: `settings`, `agent`, `wire`, `capture`."""
    for name in ("settings", "agent", "wire", "capture", "auto", "delivery", "launcher"):
        (tmp_path / (name + ".py")).write_text("raise SystemExit('shadowed')")
    (tmp_path / "app.py").write_text(APP)
    environ = own.environ(METLO_HOST="http://127.0.0.1:9", METLO_API_KEY="k")
    done = own.run("python", "app.py", environ=environ, cwd=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, '["hello"]\n'), done.stderr
