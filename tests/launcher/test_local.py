"""`metlo-run --local` with the real embedded collector."""

import json
import os
import pathlib
import signal
import sys
import time
import urllib.request
from typing import Any, Dict, Iterator

import pytest

from tests.support.installed import ROOT, Installed, run
from tests.support.recorder import Recorder

pytest.importorskip("sqlalchemy", reason="the embedded collector needs it")
pytestmark = pytest.mark.skipif(sys.version_info < (3, 9), reason="the embedded collector needs Python 3.9")
SHOW = "import json, os; print(json.dumps([os.environ.get('METLO_HOST'), os.environ.get('METLO_API_KEY'), os.getpid()]))"


@pytest.fixture
def environ(metlo: Installed, tmp_path: pathlib.Path) -> Iterator[Dict[str, str]]:
    """An environment with a collector folder of its own; its collector is gone afterwards."""
    folder = tmp_path / "collector"
    yield metlo.environ(HOME=str(tmp_path), METLO_COLLECTOR_DATA_DIR=str(folder))
    for running in folder.glob("running*"):
        try:
            os.kill(json.loads(running.read_text())["pid"], signal.SIGKILL)
        except (ProcessLookupError, ValueError, KeyError, TypeError):
            pass


def test_it_points_the_app_at_the_collector_and_names_the_page(metlo: Installed, environ: Dict[str, str]) -> None:
    code = SHOW + """
import urllib.request
request = urllib.request.Request(os.environ["METLO_HOST"] + "/api/v1/verify",
                                 headers={"Authorization": os.environ["METLO_API_KEY"]})
print(urllib.request.urlopen(request).status)
"""
    done = metlo.run("--local", "python", "-c", code, environ=environ)
    assert done.returncode == 0, done.stderr
    (host, key, _), status = [json.loads(line) for line in done.stdout.splitlines()]
    assert host.startswith("http://127.0.0.1:") and key and status == 200
    shown, ended = done.stderr.splitlines()
    assert shown.startswith("metlo-run: ") and host in shown and ended.startswith("metlo-run: run ")
    assert key not in done.stderr


def test_lazy_imports_of_the_app_are_not_the_collectors(metlo: Installed, environ: Dict[str, str]) -> None:
    """SQLAlchemy 2.1 does not start with them; Pythons before 3.15 have none."""
    lazy = dict(environ, PYTHON_LAZY_IMPORTS="all")
    done = metlo.run("--local", "python", "-c", SHOW, environ=lazy)
    assert done.returncode == 0 and json.loads(done.stdout)[0].startswith("http://127.0.0.1:"), done.stderr
    asked = run([sys.executable, "-m", "metlo_auto.collector", "endpoints"], environ=dict(lazy, PYTHONPATH=str(ROOT)))
    assert asked.returncode == 0, asked.stderr


def test_it_stops_by_itself_when_the_app_has_gone(metlo: Installed, environ: Dict[str, str]) -> None:
    done = metlo.run("--local", "python", "-c", SHOW, environ=environ)
    host = json.loads(done.stdout)[0]
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(host + "/api/v1", timeout=2).close()
        except OSError:
            return
        time.sleep(0.2)
    raise AssertionError("the collector is still there")


def test_a_second_app_shares_the_collector(metlo: Installed, environ: Dict[str, str]) -> None:
    inner = [metlo.command, "--local", "python", "-c", SHOW]
    code = SHOW + "\nimport subprocess, sys; sys.stdout.flush(); subprocess.check_call(%r)" % (inner,)
    done = metlo.run("--local", "python", "-c", code, environ=environ)
    assert done.returncode == 0, done.stderr
    first, second = [json.loads(line) for line in done.stdout.splitlines()]
    assert first[:2] == second[:2] and first[2] != second[2]


def fails(tmp_path: pathlib.Path, environ: Dict[str, str]) -> Dict[str, str]:
    (tmp_path / "file").write_text("no folder")
    return dict(environ, METLO_COLLECTOR_DATA_DIR=str(tmp_path / "file" / "below"))


def test_where_it_fails_the_app_runs_with_one_line(
    metlo: Installed, environ: Dict[str, str], tmp_path: pathlib.Path
) -> None:
    done = metlo.run("--local", "python", "-c", SHOW, environ=fails(tmp_path, environ))
    assert (done.returncode, json.loads(done.stdout)[:2]) == (0, [None, None])
    assert done.stderr.startswith("metlo-run: --local: ") and done.stderr.count("\n") == 1


def test_where_it_fails_strict_refuses(metlo: Installed, environ: Dict[str, str], tmp_path: pathlib.Path) -> None:
    done = metlo.run("--strict", "--local", "python", "-c", SHOW, environ=fails(tmp_path, environ))
    assert (done.returncode, done.stdout) == (78, "")


def test_it_wins_over_a_host_and_says_so(metlo: Installed, environ: Dict[str, str]) -> None:
    elsewhere = dict(environ, METLO_HOST="http://192.0.2.1", METLO_API_KEY="theirs")
    done = metlo.run("--local", "python", "-c", SHOW, environ=elsewhere)
    host, key, _ = json.loads(done.stdout)
    assert host.startswith("http://127.0.0.1:") and key != "theirs"
    assert done.stderr.splitlines()[0].startswith("metlo-run: --local wins over METLO_HOST: "), done.stderr


def test_disabled_wins_over_it_and_says_so(metlo: Installed, environ: Dict[str, str]) -> None:
    done = metlo.run("--local", "python", "-c", SHOW, environ=dict(environ, METLO_DISABLED="1"))
    assert (done.returncode, json.loads(done.stdout)[:2]) == (0, [None, None])
    assert done.stderr.startswith("metlo-run: METLO_DISABLED wins over --local: ") and done.stderr.count("\n") == 1
    assert not pathlib.Path(environ["METLO_COLLECTOR_DATA_DIR"]).exists()


def test_what_a_dotenv_says_counts_as_what_the_environment_says(
    metlo: Installed, environ: Dict[str, str], tmp_path: pathlib.Path
) -> None:
    here = {name: value for name, value in environ.items() if name != "METLO_ENV_FILE"}
    (tmp_path / ".env").write_text("METLO_HOST=http://192.0.2.1\nMETLO_API_KEY=theirs\n")
    done = metlo.run("--local", "python", "-c", SHOW, environ=here, cwd=str(tmp_path))
    assert json.loads(done.stdout)[0].startswith("http://127.0.0.1:")
    assert done.stderr.splitlines()[0].startswith("metlo-run: --local wins over METLO_HOST: "), done.stderr
    (tmp_path / ".env").write_text("METLO_DISABLED=1\n")
    elsewhere = dict(here, METLO_COLLECTOR_DATA_DIR=str(tmp_path / "none"))
    done = metlo.run("--local", "python", "-c", SHOW, environ=elsewhere, cwd=str(tmp_path))
    assert done.stderr.startswith("metlo-run: METLO_DISABLED wins over --local: ") and done.stderr.count("\n") == 1
    assert not (tmp_path / "none").exists()


def test_where_it_fails_nothing_goes_to_another_host(
    metlo: Installed, environ: Dict[str, str], tmp_path: pathlib.Path
) -> None:
    """Who says --local wants the traffic on this machine; the app runs as without metlo-auto then."""
    with Recorder() as recorder:
        asks = "import flask; app = flask.Flask('shop'); app.test_client().get('/').close(); print('ran')"
        failing = dict(fails(tmp_path, environ), **recorder.environ())
        done = metlo.run("--local", "python", "-c", asks, environ=failing)
        assert (done.returncode, done.stdout) == (0, "ran\n"), done.stderr
        assert not recorder.posts
    said = done.stderr.splitlines()
    assert len(said) == 2 and "wins over METLO_HOST" in said[0] and said[1].startswith("metlo-run: --local: "), said


def test_nothing_is_made_under_a_home_that_does_not_exist(metlo: Installed, tmp_path: pathlib.Path) -> None:
    nowhere = tmp_path / "nowhere"
    asks = "import flask; app = flask.Flask('shop'); app.test_client().get('/').close(); print('ran')"
    environ = metlo.environ(HOME=str(nowhere), METLO_SPOOL_DIR=None, METLO_HOST="http://127.0.0.1:9", METLO_API_KEY="k")
    assert metlo.run("python", "-c", asks, environ=environ, cwd=str(tmp_path)).stdout == "ran\n"
    local = metlo.run("--local", "--yes", "python", "-c", asks, environ=environ, cwd=str(tmp_path))
    assert (local.returncode, local.stdout) == (0, "ran\n") and "METLO_COLLECTOR_DATA_DIR" in local.stderr, local.stderr
    metlo.run("--check", "python", environ=environ, cwd=str(tmp_path))
    metlo.run("--spool", "list", environ=environ, cwd=str(tmp_path))
    for command in ("endpoints", "serve"):
        words = [sys.executable, "-m", "metlo_auto.collector", command]
        done = run(words, environ=dict(environ, PYTHONPATH=str(ROOT)), cwd=str(tmp_path))
        assert done.returncode == 1 and done.stderr.endswith("choose one with --data-dir or METLO_COLLECTOR_DATA_DIR\n")
    assert not nowhere.exists()


def test_a_missing_collector_extra_is_one_line(
    own: Installed, environ: Dict[str, str], tmp_path: pathlib.Path
) -> None:
    for name in ("sqlalchemy", "waitress"):
        (own.site / name).mkdir()
        (own.site / name / "__init__.py").write_text("raise ImportError('not here')")
    done = run([own.command, "--local", "true"], dict(environ, PATH=own.environ()["PATH"]))
    assert done.returncode == 0
    assert done.stderr.startswith("metlo-run: --local: ") and done.stderr.count("\n") == 1


def test_a_command_that_is_not_there_starts_no_collector(metlo: Installed, environ: Dict[str, Any]) -> None:
    assert metlo.run("--local", "no-such-command", environ=environ).returncode == 127
    assert not os.path.exists(environ["METLO_COLLECTOR_DATA_DIR"])


FULL = """\
mount -t tmpfs -o size=1m,mode=700 tmpfs "$METLO_COLLECTOR_DATA_DIR" || exit 99
head -c 2000000 /dev/zero > "$METLO_COLLECTOR_DATA_DIR/fill" 2>/dev/null
truncate -s -$0 "$METLO_COLLECTOR_DATA_DIR/fill"
"$@"
status=$?
ls -A "$METLO_COLLECTOR_DATA_DIR" >&2
exit $status
"""


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="mounts a disk of its own")
@pytest.mark.parametrize("left", ["0", "4k", "16k", "64k"])
def test_on_a_full_disk_the_app_runs_with_one_line_that_says_so(
    metlo: Installed, environ: Dict[str, str], left: str
) -> None:
    folder = environ["METLO_COLLECTOR_DATA_DIR"]
    os.mkdir(folder)
    inner = [metlo.command, "--local", "python", "-c", SHOW]
    done = run(["unshare", "--mount", "sh", "-c", FULL, left, *inner], environ)
    if done.returncode == 99 or "unshare" in done.stderr:
        pytest.skip("may not mount here: " + done.stderr)
    assert (done.returncode, json.loads(done.stdout)[:2]) == (0, [None, None])
    line, *files = done.stderr.splitlines()
    assert line == f"metlo-run: --local: metlo-collector: the disk of {folder} is full"
    assert not [name for name in files if name.startswith((".attached", ".api-key", ".running"))]
