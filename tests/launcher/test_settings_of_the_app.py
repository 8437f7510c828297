"""The process that makes the app decides by its own settings: --strict, --check, `.env` files, pipes, folders."""

import json
import os
import pathlib
import signal
import sys
import time
import urllib.request
from typing import Any, Dict, List

import pytest

from metlo_auto.launcher import piped_settings
from tests.support.installed import Installed, run
from tests.support.recorder import Recorder
from tests.support.serving import Served

APP = """
import json, os
from flask import Flask
{before}
app = Flask("shop")

@app.route("/hi")
def hi():
    return "hello"

if __name__ == "__main__":
    with app.test_client() as client:
        client.get("/hi").close()
    print("ran")
"""
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def recorder() -> Any:
    with Recorder() as it:
        yield it


def app_in(folder: pathlib.Path, before: str = "") -> pathlib.Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.py").write_text(APP.format(before=before))
    return folder


def dotenv(folder: pathlib.Path, recorder: Recorder, **more: str) -> None:
    pairs = dict({"METLO_HOST": recorder.host, "METLO_API_KEY": recorder.key, "METLO_SHUTDOWN_TIMEOUT": "15"}, **more)
    (folder / ".env").write_text("".join("%s=%s\n" % pair for pair in pairs.items()))


def gunicorn(metlo: Installed, *options: str) -> List[str]:
    return [metlo.python, "-m", "gunicorn", *options, "app:app"]


# --strict


@pytest.mark.parametrize("argv", [["python", "app.py"], ["python", "-m", "flask", "--app", "app", "run", "--port", "0"],
                                  ["python", "-m", "gunicorn", "-w", "2", "-b", "127.0.0.1:0", "app:app"],
                                  ["python", "-m", "gunicorn", "--preload", "-b", "127.0.0.1:0", "app:app"],
                                  ["python", "-m", "waitress", "--port", "0", "app:app"]], ids=" ".join)
def test_an_app_without_settings_is_refused_by_its_own_process(
    metlo: Installed, tmp_path: pathlib.Path, argv: List[str]
) -> None:
    if len(argv) > 2:
        pytest.importorskip(argv[2])
    done = metlo.run("--strict", *argv, cwd=str(app_in(tmp_path)))
    assert (done.returncode, "ran" in done.stdout) == (78, False), done.stderr
    assert "METLO_HOST and METLO_API_KEY are not set" in done.stderr and "refusing to start the app" in done.stderr


def test_an_app_that_fails_by_itself_keeps_the_status_of_gunicorn(metlo: Installed, tmp_path: pathlib.Path) -> None:
    pytest.importorskip("gunicorn")
    (tmp_path / "app.py").write_text("raise ValueError('mine')\n")
    argv = gunicorn(metlo, "-b", "127.0.0.1:0")
    environ = metlo.environ(METLO_HOST=NOBODY, METLO_API_KEY="k")
    under = metlo.run("--strict", *argv, cwd=str(tmp_path), environ=environ)
    assert under.returncode == run(argv, metlo.environ(), cwd=str(tmp_path)).returncode != 78


@pytest.mark.parametrize("before", [
    "import os; os.environ.update(METLO_HOST={host!r}, METLO_API_KEY={key!r})",
    "import os; os.chdir('sub')",
])
def test_settings_that_the_app_brings_after_it_imports_flask_count(
    metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder, before: str
) -> None:
    (tmp_path / "sub").mkdir()
    dotenv(tmp_path / "sub", recorder)
    app_in(tmp_path, before.format(host=recorder.host, key=recorder.key))
    environ = metlo.environ(METLO_ENV_FILE=None, METLO_SHUTDOWN_TIMEOUT="15")
    done = metlo.run("--strict", "python", "app.py", environ=environ, cwd=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")
    assert [trace["request"]["url"]["path"] for trace in recorder.wait_for(1)] == ["/hi"]


def test_a_dotenv_that_the_app_loads_after_it_imports_flask_counts(
    metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder
) -> None:
    dotenv(app_in(tmp_path / "app", "from dotenv import load_dotenv; load_dotenv(os.environ['THEIRS'])"), recorder)
    environ = metlo.environ(THEIRS=str(tmp_path / "app" / ".env"))
    done = metlo.run("--strict", "python", str(tmp_path / "app" / "app.py"), environ=environ)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")
    recorder.wait_for(1)


# what --check says of it


def check(metlo: Installed, *argv: str, **more: Any) -> Any:
    done = metlo.run("--check", "--json", *argv, **more)
    document = json.loads(done.stdout)
    document["status"] = done.returncode
    document["app"] = [found for found in document["findings"] if found["check"] == "app"]
    return document


def test_check_sees_the_settings_in_the_folder_that_gunicorn_changes_to(
    metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder
) -> None:
    pytest.importorskip("gunicorn")
    dotenv(app_in(tmp_path / "sub"), recorder)
    argv = gunicorn(metlo, "--chdir", "sub", "-b", "127.0.0.1:0")
    said = check(metlo, *argv, cwd=str(tmp_path), environ=metlo.environ(METLO_ENV_FILE=None))
    assert said["status"] == 0 and said["app"][0]["status"] == "ok" and "shop" in said["app"][0]["said"]
    assert said["settings"]["METLO_HOST"]["value"] == recorder.host


def test_check_sees_what_gunicorn_puts_into_the_environment(
    metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder
) -> None:
    pytest.importorskip("gunicorn")
    argv = gunicorn(metlo, "--env", "METLO_HOST=" + recorder.host, "--env", "METLO_API_KEY=" + recorder.key)
    assert check(metlo, *argv, cwd=str(app_in(tmp_path)), environ=metlo.environ())["status"] == 0


@pytest.mark.parametrize("argv", [["python", "app.py"], ["python", "-m", "flask", "--app", "app", "run", "--debug"],
                                  ["python", "-m", "waitress", "--port", "0", "app:app"],
                                  ["python", "-m", "waitress", "--port", "0", "--call", "made:make"],
                                  ["python", "-X", "utf8", "-B", "app.py"], ["python", "-u", "-m", "waitress", "app:app"]],
                         ids=" ".join)
def test_check_loads_the_app_as_the_command_does(
    metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder, argv: List[str]
) -> None:
    (tmp_path / "made.py").write_text("def make():\n    from app import app\n    return app\n")
    environ = metlo.environ(**recorder.environ())
    done = metlo.run("--check", *argv, cwd=str(app_in(tmp_path)), environ=environ)
    assert done.returncode == 0 and "Traces will arrive." in done.stdout, done.stdout
    assert not recorder.traces, "nothing is requested"


@pytest.mark.parametrize("by", ["environment", ".env", "--env"])
def test_check_shows_the_settings_of_the_app_and_none_of_the_trial(
    metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder, by: str
) -> None:
    pytest.importorskip("gunicorn")
    spool = str(tmp_path / "spool")
    dotenv(app_in(tmp_path / "app"), recorder, **({"METLO_SPOOL_DIR": spool} if by == ".env" else {}))
    environ = metlo.environ(METLO_ENV_FILE=None, METLO_SPOOL_DIR=spool if by == "environment" else None, METLO_STRICT="1")
    options = ["--env", "METLO_SPOOL_DIR=" + spool] if by == "--env" else []
    said = check(metlo, *gunicorn(metlo, *options), cwd=str(tmp_path / "app"), environ=environ)
    assert said["status"] == 0 and said["app"][0]["status"] == "ok", said
    assert said["settings"]["METLO_SPOOL_DIR"]["value"] == spool
    assert said["settings"]["METLO_STRICT"] == {"value": "true", "source": "environment"}
    assert [each["said"].startswith(spool) for each in said["findings"] if each["check"] == "spool"] == [True]
    assert not os.path.exists(spool) and not recorder.posts


@pytest.mark.parametrize("by", ["environment", ".env", "--env"])
def test_check_of_an_app_that_is_switched_off_says_that_alone(
    metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder, by: str
) -> None:
    pytest.importorskip("gunicorn")
    dotenv(app_in(tmp_path), recorder, **({"METLO_DISABLED": "1"} if by == ".env" else {}))
    options = ["--env", "METLO_DISABLED=1"] if by == "--env" else []
    environ = metlo.environ(METLO_ENV_FILE=None, **({"METLO_DISABLED": "1"} if by == "environment" else {}))
    said = check(metlo, *gunicorn(metlo, *options), cwd=str(tmp_path), environ=environ)
    failed = [each["check"] for each in said["findings"] if each["status"] == "failed"]
    assert (said["status"], failed, said["app"]) == (1, ["disabled"], [])


@pytest.mark.parametrize("code, word", [
    ("def app(environ, start_response): return []\n", "no Flask app"), ("import not_there\n", "not_there"),
    ("from flask import Flask\napp = Flask('a')\nraise ValueError('late')\n", "late"),
])
@pytest.mark.parametrize("server", ["gunicorn", "waitress"])
def test_check_never_promises_for_what_makes_no_app(
    metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder, code: str, word: str, server: str
) -> None:
    pytest.importorskip(server)
    (tmp_path / "app.py").write_text(code)
    environ = metlo.environ(**recorder.environ())
    done = metlo.run("--check", "python", "-m", server, "app:app", cwd=str(tmp_path), environ=environ)
    assert "will arrive" not in done.stdout and word in done.stdout
    assert done.returncode == 1 or "not checked" in done.stdout


@pytest.mark.parametrize("argv", [
    ["sh", "-c", "gunicorn app:app"], ["./start"], ["env", "A=1", "python", "app.py"], ["python"], ["python", "-c", "pass"],
    ["python", "no_guard.py"], ["python", "-m", "celery"],
], ids=" ".join)
def test_check_says_what_it_could_not_check(
    metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder, argv: List[str]
) -> None:
    (app_in(tmp_path) / "start").write_text("#!/bin/sh\nPYTHONPATH=/nowhere exec python app.py\n")
    (tmp_path / "start").chmod(0o755)
    (tmp_path / "no_guard.py").write_text("open('touched', 'w').close()\n")
    done = metlo.run("--check", *argv, cwd=str(tmp_path), environ=metlo.environ(**recorder.environ()))
    assert "will arrive" not in done.stdout and "not checked" in done.stdout
    assert not (tmp_path / "touched").exists()


# files that are none


def fifo_in(folder: pathlib.Path) -> str:
    folder.mkdir(exist_ok=True)
    os.mkfifo(str(folder / ".env"))
    return str(folder / ".env")


def test_a_pipe_named_dotenv_blocks_nobody(metlo: Installed, tmp_path: pathlib.Path) -> None:
    path = fifo_in(app_in(tmp_path / "app"))
    environ = metlo.environ(METLO_ENV_FILE=None, METLO_HOST=NOBODY, METLO_API_KEY="k")
    for option in ([], ["--strict"]):
        done = metlo.run(*option, "python", "app.py", environ=environ, cwd=str(tmp_path / "app"))
        assert (done.returncode, done.stdout) == (0, "ran\n"), done.stderr
        assert [line for line in done.stderr.splitlines() if path in line] == [
            "metlo: %s cannot be read (it is a pipe, not a file): settings in it are ignored; "
            "fix the file or set METLO_ENV_FILE=off" % path]
    assert path in metlo.run("--check", "python", "app.py", environ=environ, cwd=str(tmp_path / "app")).stdout


@pytest.mark.parametrize("written", [False, True], ids=["no writer", "a silent writer"])
def test_a_pipe_that_says_nothing_is_given_up(tmp_path: pathlib.Path, written: bool, monkeypatch: Any) -> None:
    os.mkfifo(str(tmp_path / "env"))
    monkeypatch.setattr(piped_settings, "FOR_A_WRITER", 0.2)
    monkeypatch.setattr(piped_settings, "FOR_THE_END", 0.4)
    writer = os.open(str(tmp_path / "env"), os.O_RDWR) if written else None
    environ = {"METLO_ENV_FILE": str(tmp_path / "env")}
    [problem] = piped_settings.hand_on(environ)
    assert "env cannot be read (it is a pipe that nobody" in problem and environ == {"METLO_ENV_FILE": "off"}
    if writer is not None:
        os.close(writer)


SHOW = ("import json, os; print(json.dumps({name: os.environ.get(name) for name in "
        "('METLO_HOST', 'METLO_API_KEY', 'METLO_ENV_FILE', 'OTHER', 'METLO_WORKERS')}))")


@pytest.mark.parametrize("option, after", [
    ("--env-file <(cat text)", ""), ("--env-file /dev/stdin", "< text"), ("--env-file /dev/fd/3", "3< text"),
    ("--env-file=<(sleep 1.5; cat text)", ""),
])
def test_a_piped_file_is_read_once_and_handed_on(
    metlo: Installed, tmp_path: pathlib.Path, option: str, after: str
) -> None:
    (tmp_path / "text").write_text(
        "D=example\nMETLO_HOST=https://${D}.invalid\nMETLO_API_KEY='a b'\nOTHER=1\nMETLO_WORKERS=2\n")
    script = "exec %s %s python -c \"$0\" %s" % (metlo.command, option, after)
    done = run(["bash", "-c", script, SHOW], metlo.environ(METLO_WORKERS="7"), cwd=str(tmp_path))
    assert done.stderr == ""
    assert json.loads(done.stdout) == {"METLO_HOST": "https://example.invalid", "METLO_API_KEY": "a b", "METLO_ENV_FILE": "off",
                                       "OTHER": None, "METLO_WORKERS": "7"}


def test_strict_and_check_have_what_a_pipe_says(metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder) -> None:
    app_in(tmp_path)
    text = "METLO_HOST=%s\\nMETLO_API_KEY=%s\\nMETLO_SHUTDOWN_TIMEOUT=15\\n" % (recorder.host, recorder.key)
    script = "exec %s $0 --env-file <(printf '%s') python app.py" % (metlo.command, text)
    done = run(["bash", "-c", script, "--strict"], metlo.environ(), cwd=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")
    recorder.wait_for(1)
    assert "Traces will arrive." in run(["bash", "-c", script, "--check"], metlo.environ(), cwd=str(tmp_path)).stdout


# the app's own surroundings


def test_the_collectors_own_address_is_never_reached_through_a_proxy(
    metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder
) -> None:
    proxies: Dict[str, str] = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"), NOBODY)
    environ = metlo.environ(**dict(recorder.environ(), **proxies))
    done = metlo.run("python", "app.py", environ=environ, cwd=str(app_in(tmp_path)))
    assert (done.stdout, done.stderr) == ("ran\n", "")
    recorder.wait_for(1)
    said = check(metlo, "python", "app.py", environ=environ, cwd=str(tmp_path))
    assert said["status"] == 0 and not [found for found in said["findings"] if found["check"] == "proxy"]


@pytest.mark.parametrize("name", ["requests", "certifi", "queue"])
def test_a_module_of_the_app_that_is_in_the_way_is_named(metlo: Installed, tmp_path: pathlib.Path, name: str) -> None:
    (app_in(tmp_path) / (name + ".py")).write_text("mine = 1\n")
    environ = metlo.environ(METLO_HOST=NOBODY, METLO_API_KEY="k")
    done = metlo.run("python", "app.py", environ=environ, cwd=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert done.stderr.count("\n") == 1 and str(tmp_path / (name + ".py")) in done.stderr and "rename it" in done.stderr


def test_an_app_that_reports_to_itself_is_told_once_and_does_not_go_on(metlo: Installed, tmp_path: pathlib.Path) -> None:
    code = """
import os
from http.server import HTTPServer
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from socketserver import ThreadingMixIn

class Quiet(WSGIRequestHandler):
    def log_message(self, *args): pass

class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True

server = make_server("127.0.0.1", 0, lambda *args: app(*args), Threaded, Quiet)
os.environ.update(METLO_HOST="http://127.0.0.1:%d" % server.server_port, METLO_API_KEY="a key", METLO_FLUSH_INTERVAL="0.05")
from flask import Flask
import metlo_auto
app = Flask("shop")

@app.route("/stats")
def stats():
    return metlo_auto.stats()

@app.route("/<path:any>", methods=["GET", "POST"])
def anything(any):
    return "OK"

print("listening at http://127.0.0.1:%d" % server.server_port, flush=True)
server.serve_forever()
"""
    (tmp_path / "own.py").write_text(code)
    environ = metlo.environ(PYTHONUNBUFFERED="1")
    with Served([metlo.command, "python", "own.py"], tmp_path / "log", env=environ, cwd=str(tmp_path)) as server:
        def ask(path: str) -> bytes:
            return urllib.request.urlopen("http://127.0.0.1:%d%s" % (server.port, path), timeout=10).read()

        ask("/hi")
        end = time.monotonic() + 30
        while "is this app itself" not in server.said() and time.monotonic() < end:
            time.sleep(0.05)
        before = json.loads(ask("/stats"))
        time.sleep(0.5)  # ten times the interval in which each post would have made another
        after = json.loads(ask("/stats"))
        said = server.said()
    assert said.count("is this app itself") == 1 and "a key" not in said
    assert after["dropped"]["own_post"] - before["dropped"]["own_post"] <= 3 and after["captured"] - before["captured"] <= 4


def test_one_line_says_where_to_as_what_and_from_where(metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder) -> None:
    before = "import logging; logging.basicConfig(level='INFO', format='%(message)s')"
    dotenv(app_in(tmp_path, before), recorder, METLO_LOG_LEVEL="INFO")
    done = metlo.run("python", "app.py", cwd=str(tmp_path), environ=metlo.environ(METLO_ENV_FILE=None, METLO_SPOOL_DIR=None))
    lines = [line for line in done.stderr.splitlines() if line.startswith("metlo: reporting")]
    assert lines == ["metlo: reporting to %s as the service shop; settings are from %s" % (recorder.host, tmp_path / ".env")]


def test_nothing_is_made_under_a_home_that_does_not_exist(metlo: Installed, tmp_path: pathlib.Path) -> None:
    home = tmp_path / "nobody"
    environ = metlo.environ(HOME=str(home), METLO_SPOOL_DIR=None, METLO_HOST=NOBODY, METLO_API_KEY="k")
    done = metlo.run("python", "app.py", environ=environ, cwd=str(app_in(tmp_path)))
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert "has no home folder" in done.stderr
    if sys.version_info >= (3, 9):
        done = metlo.run("--local", "python", "app.py", environ=environ, cwd=str(tmp_path))
        assert done.returncode == 0 and "home" in done.stderr
    assert not home.exists()


def test_a_hup_and_two_workers_of_gunicorn_have_what_the_pipe_said(
    metlo: Installed, tmp_path: pathlib.Path, recorder: Recorder
) -> None:
    pytest.importorskip("gunicorn")
    app_in(tmp_path)
    text = "METLO_HOST=%s\\nMETLO_API_KEY=%s\\n" % (recorder.host, recorder.key)
    start = "exec %s --strict --env-file <(printf '%s') python -m gunicorn -w 2 -b 127.0.0.1:0 app:app"
    with Served(["bash", "-c", start % (metlo.command, text)], tmp_path / "log", env=metlo.environ(), cwd=str(tmp_path)) as server:
        def ask(n: int) -> None:
            for _ in range(n):
                urllib.request.urlopen("http://127.0.0.1:%d/hi" % server.port, timeout=10).close()

        ask(6)
        recorder.wait_for(6)
        server.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 30
        while server.said().count("Booting worker") < 4 and time.monotonic() < end:
            time.sleep(0.02)
        ask(6)
        recorder.wait_for(12)
        assert "METLO" not in server.said()
