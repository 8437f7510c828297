"""The server as a process: it ends without a word, and another WSGI server can run the same application."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Optional

import pytest
import requests

from tests.collector.collector_support import ROOT, Collector, environment, run, trace, until

APPLICATION = f"""\
import sys
from pathlib import Path
sys.path.append({str(ROOT)!r})
from metlo_auto.collector.service.access import Names
from metlo_auto.collector.ingest.group_commit import GroupCommit
from metlo_auto.collector.store.database import open_store
from metlo_auto.collector.data_folder import open_folder
from metlo_auto.collector.ingest.wsgi import Ingest
from metlo_auto.collector.service.app_factory import Parts, make_app

folder = open_folder(Path(__file__).parent / "data")
engine = open_store(folder.database_url)
ingest = Ingest(GroupCommit(engine, 100_000_000), folder.api_key())
app = make_app(Parts(engine, ingest, folder.api_key(), folder.page_secret(), Names(), dict))
"""


def test_gunicorn_runs_the_same_application(tmp_path: Path) -> None:
    pytest.importorskip("gunicorn", reason="gunicorn is not installed")
    (tmp_path / "asked.py").write_text(APPLICATION)
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--threads", "4", "asked:app"]
    options = {"cwd": tmp_path, "env": environment(tmp_path), "stderr": subprocess.PIPE, "universal_newlines": True}
    with subprocess.Popen(command, **options) as server:  # type: ignore[call-overload]
        try:
            found = next(filter(None, (re.search(r"Listening at: (\S+)", line) for line in server.stderr)))
            url = found.group(1)
            key = until(lambda: _text(tmp_path / "data" / "api-key"))
            headers = {"Authorization": key, "Content-Type": "application/json"}
            body = json.dumps([trace("/a", route="/a"), trace("/a", route="/a")])
            answer = requests.post(url + "/api/v1/log-request/batch", data=body, headers=headers, timeout=20)
            assert (answer.status_code, answer.text) == (200, "OK")
            assert requests.get(url + "/api/local/status", headers=headers, timeout=20).json()["accepted_traces"] == 2
            page = requests.get(url + "/", headers=headers, timeout=20)
            assert page.status_code == 200 and "<table" in page.text or "first request" in page.text
        finally:
            server.terminate()
            server.stderr.read()
    waiting = run(tmp_path / "data", "status", "--json")
    assert json.loads(waiting.stdout)["inbox_traces"] == 2


def _text(file: Path) -> str:
    return file.read_text().strip() if file.exists() else ""


class Noted(Collector):
    """A collector whose standard error is kept."""

    def start(self, stderr: Optional[IO[str]] = None) -> None:
        with open(self.data_dir / "stderr", "w") as said:
            super().start(said)


@pytest.mark.parametrize("turn", range(3))
def test_it_ends_under_load_without_a_word(tmp_path: Path, turn: int) -> None:
    collector = Noted(tmp_path)
    body = json.dumps([trace("/x", route="/x", response_body="y" * 2_000)] * 50)
    posted = [0]

    def post() -> None:
        headers = {"Authorization": collector.key, "Content-Type": "application/json"}
        while True:
            try:
                requests.post(collector.url + "/api/v1/log-request/batch", data=body, headers=headers, timeout=10)
            except requests.RequestException:
                return
            posted[0] += 1

    senders = [threading.Thread(target=post) for _ in range(6)]
    for sender in senders:
        sender.start()
    until(lambda: posted[0] > 10)
    collector.process.terminate()
    assert collector.process.wait(40) == 0
    for sender in senders:
        sender.join(20)
    assert (tmp_path / "stderr").read_text() == ""
    collector.stop()
