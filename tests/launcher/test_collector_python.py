"""The embedded collector has a Python of its own, and none of the app's packages is moved for it."""

import ast
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import sysconfig
from typing import Any, Dict, Iterator, Tuple

import pytest

from metlo_auto.cli.collector_packages import NEEDED, requirements
from tests.support.installed import ROOT, SCRIPT, Installed, run

pytestmark = pytest.mark.skipif(sys.version_info < (3, 9), reason="the embedded collector needs Python 3.9")
SHOW = "import json, os, sys; print(json.dumps([os.environ.get('METLO_HOST'), sys.prefix]))"


@pytest.fixture
def bare(tmp_path: pathlib.Path) -> Installed:
    """An app's environment without anything that the collector needs."""
    return Installed(tmp_path / "venv", sees=[str(ROOT)])


@pytest.fixture
def environ(bare: Installed, tmp_path: pathlib.Path) -> Iterator[Dict[str, str]]:
    folder = tmp_path / "collector"
    yield bare.environ(METLO_COLLECTOR_DATA_DIR=str(folder))
    for running in folder.glob("running*"):
        try:
            os.kill(json.loads(running.read_text())["pid"], signal.SIGKILL)
        except (ProcessLookupError, ValueError, KeyError, TypeError):
            pass


def test_the_extra_names_what_the_code_needs() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    extra = re.search(r"^collector = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    assert extra is not None
    named = [re.split("[;>]", wanted)[0] for wanted in requirements()]
    bounds = dict(re.findall(r'"([^;">]+)>=([^;"]+);', extra.group(1)))
    assert named == list(bounds)
    assert {distribution.lower(): oldest for distribution, _, oldest in NEEDED}.items() <= bounds.items()


@pytest.mark.skipif(sys.version_info < (3, 10), reason="this Python has no list of its own modules")
def test_the_collector_imports_what_the_extra_names_and_nothing_else() -> None:
    named = {module for _, module, _ in NEEDED} | {"html5lib", "yaml", "tomli"}
    assert len(requirements()) == len(named)
    of_flask, optional = {"werkzeug", "markupsafe"}, {"orjson", "nats"}
    known = named | of_flask | optional | {"metlo_auto"} | set(sys.stdlib_module_names)
    imported = {(name.partition(".")[0], path.name) for path, name in imports(ROOT / "metlo_auto" / "collector")}
    assert {module for module, _ in imported} >= named - {"jinja2", "tomli"}
    assert [(module, file) for module, file in sorted(imported) if module not in known] == []


def imports(folder: pathlib.Path) -> Iterator[Tuple[pathlib.Path, str]]:
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield path, node.module


def test_without_a_terminal_nothing_is_made_and_one_line_says_how(bare: Installed, environ: Dict[str, str]) -> None:
    done = bare.run("--local", "python", "-c", SHOW, environ=environ)
    assert (done.returncode, json.loads(done.stdout)[0]) == (0, None)
    assert done.stderr.count("\n") == 1 and "--local --yes" in done.stderr and "SQLAlchemy" in done.stderr
    assert list(bare.home.iterdir()) == []
    assert bare.run("--strict", "--local", "python", "-c", SHOW, environ=environ).returncode == 78


def test_a_named_python_is_lent_this_metlo_auto(bare: Installed, environ: Dict[str, str], tmp_path: pathlib.Path) -> None:
    packages = sysconfig.get_paths()["purelib"]
    if not (pathlib.Path(packages) / "sqlalchemy").exists():
        pytest.skip("the collector's packages are not here")
    other = Installed(tmp_path / "other", sees=[packages])
    done = bare.run("--local", "python", "-c", SHOW, environ=dict(environ, METLO_COLLECTOR_PYTHON=other.python))
    host, prefix = json.loads(done.stdout)
    assert host.startswith("http://127.0.0.1:") and prefix == str(bare.place), done.stderr


def test_a_metlo_collector_on_path_is_used(bare: Installed, environ: Dict[str, str], tmp_path: pathlib.Path) -> None:
    packages = sysconfig.get_paths()["purelib"]
    if not (pathlib.Path(packages) / "sqlalchemy").exists():
        pytest.skip("the collector's packages are not here")
    other = Installed(tmp_path / "other", sees=[str(ROOT), packages])
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "metlo-collector"
    command.write_text(SCRIPT % (other.python, "metlo_auto.collector.service.cli", "main"))
    command.chmod(0o755)
    done = bare.run("--local", "true", environ=dict(environ, PATH=environ["PATH"] + ":" + str(tmp_path / "bin")))
    assert done.stderr.startswith("metlo-run: what the app sends is shown at "), done.stderr


def test_without_a_way_to_pypi_one_line_says_so_and_nothing_is_left(bare: Installed, environ: Dict[str, str]) -> None:
    offline = dict(environ, PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0", PIP_DEFAULT_TIMEOUT="1")
    done = bare.run("--local", "--yes", "true", environ=dict(offline, PATH=str(bare.bin) + ":/usr/bin:/bin"))
    assert done.returncode == 0
    first, second = done.stderr.splitlines()
    assert "makes an environment" in first and "cannot be installed" in second and "PIP_FIND_LINKS" in second
    assert list((bare.home / ".local" / "share" / "metlo-auto").iterdir()) == []


@pytest.mark.parametrize("said", ["n\n", ""], ids=["no", "end of input"])
def test_a_terminal_is_asked(bare: Installed, environ: Dict[str, str], said: str) -> None:
    master, slave = pty.openpty()
    child = subprocess.Popen([bare.command, "--local", "true"], env=environ, stdin=slave, stdout=slave, stderr=slave,
                             cwd=str(bare.home))
    os.close(slave)
    os.write(master, said.encode() or b"\x04")
    text = b""
    try:
        while True:
            text += os.read(master, 65536)
    except OSError:  # its last writer is gone
        pass
    assert child.wait(30) == 0
    os.close(master)
    assert b"Make it? [Y/n]" in text and b"was not made" in text if said else b"Make it? [Y/n]" in text


@pytest.mark.slow
@pytest.mark.timeout(700)  # pip takes what a busy machine and the network need
def test_it_is_made_once_and_the_app_keeps_its_flask(bare: Installed, environ: Dict[str, str]) -> None:
    if subprocess.call([sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", str(bare.home / "x"), "waitress"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        pytest.skip("no way to PyPI")
    flask = bare.site / "flask"
    flask.mkdir()
    (flask / "__init__.py").write_text("__version__ = 'theirs'\n")
    before: Any = sorted(path.name for path in bare.site.iterdir())
    code = SHOW + "; import flask; print(flask.__version__)"
    for option in (["--local", "--yes"], ["--local"]):
        done = bare.run(*option, "python", "-c", code, environ=environ, timeout=300)
        shown, version = done.stdout.splitlines()
        assert json.loads(shown)[0].startswith("http://127.0.0.1:") and version == "theirs", done.stderr
    assert sorted(path.name for path in bare.site.iterdir()) == before
    assert run([bare.python, "-c", "import sqlalchemy"], environ).returncode == 1
