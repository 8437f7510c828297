"""The collector beside an app: started once, found again, gone with the last app."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest
import requests

from metlo_auto.collector.processes import start_mark
from tests.collector.collector_support import ROOT, Collector, environment, run, trace, until


class App:
    """A process that a collector can be attached to."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)

    @property
    def pid(self) -> str:
        return str(self.process.pid)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()


@pytest.fixture
def app() -> Iterator[App]:
    running = App()
    yield running
    running.end()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    _end(tmp_path)


def _running(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / "running.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def _end(folder: Path) -> None:
    """No collector survives its test."""
    said = _running(folder)
    if said and start_mark(said["pid"]) == said["mark"]:
        os.kill(said["pid"], signal.SIGTERM)
        until(lambda: start_mark(said["pid"]) is None)


def _attach(folder: Path, app: App, **options: Any) -> dict[str, str]:
    done = run(folder, "attach", "--pid", app.pid, **options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    said: dict[str, str] = json.loads(done.stdout)
    return said


def _is_up(said: dict[str, str]) -> bool:
    try:
        answer = requests.get(said["host"] + "/api/v1/verify", headers={"Authorization": said["api_key"]}, timeout=5)
    except requests.ConnectionError:
        return False
    return answer.text == "OK"


def test_attach_starts_a_collector_that_is_no_child_of_the_app(folder: Path, app: App) -> None:
    said = _attach(folder, app)
    assert _is_up(said)
    assert requests.get(said["page"], timeout=10).status_code == 200
    stat = Path("/proc/{}/stat".format(_running(folder)["pid"])).read_text()
    assert stat.rpartition(")")[2].split()[1] not in (app.pid, str(os.getpid()))


def test_a_second_app_gets_the_same_collector_and_a_fresh_page_address(folder: Path, app: App) -> None:
    other = App()
    try:
        first, second = _attach(folder, app), _attach(folder, other)
        assert (first["host"], first["api_key"]) == (second["host"], second["api_key"])
        assert first["page"] != second["page"]
    finally:
        other.end()


def test_it_ends_with_the_last_app_and_keeps_what_it_found(folder: Path, app: App) -> None:
    other = App()
    said = _attach(folder, app)
    _attach(folder, other)
    pid = _running(folder)["pid"]
    headers = {"Authorization": said["api_key"]}
    requests.post(said["host"] + "/api/v1/log-request/batch", json=[trace()], headers=headers, timeout=10)
    app.end()
    with pytest.raises(AssertionError):
        until(lambda: start_mark(pid) is None, 3.5)  # the other app still runs
    other.end()
    until(lambda: start_mark(pid) is None)
    assert not (folder / "running.json").exists()
    assert json.loads(run(folder, "status", "--json").stdout)["applied_traces"] == 1


def test_many_at_once_share_one(folder: Path) -> None:
    apps = [App() for _ in range(4)]
    command = [sys.executable, "-m", "metlo_auto.collector", "attach", "--pid"]
    try:
        attaching = [
            subprocess.Popen([*command, app.pid], env=environment(folder), stdout=subprocess.PIPE) for app in apps
        ]
        said = [json.loads(process.communicate(timeout=60)[0]) for process in attaching]
        assert len({item["host"] for item in said}) == 1
        assert len({item["page"] for item in said}) == 4
    finally:
        for app in apps:
            app.end()


def test_a_stale_announcement_counts_for_nothing(folder: Path, app: App) -> None:
    mine = {"pid": os.getpid(), "mark": "1", "host": "127.0.0.1", "port": 1}  # a pid used again
    (folder / "running.json").write_text(json.dumps(mine))
    assert _is_up(_attach(folder, app))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', "null"])
def test_a_damaged_announcement_counts_for_nothing(folder: Path, app: App, text: str) -> None:
    (folder / "running.json").write_text(text)
    (folder / "attached.json").write_text(text)
    assert _is_up(_attach(folder, app))


def test_a_collector_that_was_killed_is_replaced(folder: Path, app: App) -> None:
    _attach(folder, app)
    os.kill(_running(folder)["pid"], signal.SIGKILL)
    assert _is_up(_attach(folder, app))


def test_a_busy_port_is_passed_over(folder: Path, app: App) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = str(taken.getsockname()[1])
        done = run(folder, "attach", "--pid", app.pid, "--port", port)
        said = json.loads(done.stdout)
        assert _is_up(said)
        assert not said["host"].endswith(":" + port)


def test_a_foreground_collector_is_used_and_outlives_the_app(collector: Collector, app: App) -> None:
    assert _attach(collector.data_dir, app)["host"] == collector.url
    app.end()
    with pytest.raises(AssertionError):
        until(lambda: collector.process.poll() is not None, 3.5)


def test_a_second_server_on_the_same_folder_is_refused(collector: Collector) -> None:
    done = run(collector.data_dir, "serve", "--port", "0")
    assert done.returncode == 1
    assert collector.url in done.stderr and done.stderr.count("\n") == 1


def test_no_such_process_is_one_line(folder: Path, app: App) -> None:
    app.end()
    done = run(folder, "attach", "--pid", app.pid)
    assert (done.returncode, done.stdout) == (1, "")
    assert app.pid in done.stderr and done.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_one_line(folder: Path, app: App) -> None:
    (folder / "file").write_text("")
    done = run(folder, "attach", "--pid", app.pid, "--data-dir", str(folder / "file" / "below"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "--data-dir" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_store_that_cannot_be_opened_is_one_line_with_the_reason(folder: Path, app: App) -> None:
    (folder / "collector.db").write_text("this is no database, whatever its name says\n" * 50)
    done = run(folder, "attach", "--pid", app.pid)
    assert (done.returncode, done.stdout) == (1, "")
    assert "collector.db" in done.stderr and done.stderr.count("\n") == 1


def test_a_port_that_is_busy_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = str(taken.getsockname()[1])
        done = run(tmp_path, "serve", "--port", port)
    assert done.returncode == 1
    assert port in done.stderr and "--port" in done.stderr and done.stderr.count("\n") == 1


def test_the_collector_is_not_instrumented(folder: Path, app: App) -> None:
    bootstrap = str(ROOT / "metlo_auto" / "bootstrap")
    env = {
        "PYTHONPATH": os.pathsep.join((bootstrap, str(ROOT))),
        "METLO_HOST": "http://127.0.0.1:9",
        "METLO_API_KEY": "k",
    }
    _attach(folder, app, env=env)
    environ = Path("/proc/{}/environ".format(_running(folder)["pid"])).read_bytes().split(b"\0")
    assert b"METLO_DISABLED=1" in environ
    assert not [item for item in environ if item.startswith(b"PYTHONPATH=") and b"bootstrap" in item]


def test_a_module_of_the_users_folder_is_not_imported(folder: Path, app: App) -> None:
    for name in ("queue", "logging", "flask", "sqlalchemy"):
        (folder / (name + ".py")).write_text("raise SystemExit('imported')")
    said = _attach(folder, app, cwd=str(folder))
    assert _is_up(said)
