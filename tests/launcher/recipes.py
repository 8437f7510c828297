"""The recipes of docs/deploy.md by name, and an app to try them on; knows Markdown, HTTP and processes."""

import contextlib
import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
from typing import Any, Dict, Iterator, Optional, Sequence

from tests.support.installed import ROOT, Installed

RECIPE = re.compile(r"<!-- recipe: (.+?) -->\n+```\w*\n(.*?)```", re.DOTALL)
APP = "from flask import Flask\n\napp = Flask(__name__)\napp.add_url_rule('/hello/<name>', 'hello', lambda name: 'hello ' + name)\n"
COMMANDS = {
    "flask": ("flask.cli", "main"),
    "gunicorn": ("gunicorn.app.wsgiapp", "run"),
    "waitress-serve": ("waitress.runner", "run"),
}
SECONDS = 60


def recipes() -> Dict[str, str]:
    """All recipes, as they stand in the document."""
    return dict(RECIPE.findall((ROOT / "docs" / "deploy.md").read_text()))


def installed(place: pathlib.Path, python: str = sys.executable) -> Installed:
    """An installation with the servers' commands."""
    it = Installed(place, python=python)
    for name, entry_point in COMMANDS.items():
        it.script(name, *entry_point)
    return it


def python_for_others() -> Optional[str]:
    """An interpreter of this version that users without rights can run."""
    name = "python%d.%d" % sys.version_info[:2]
    for candidate in (os.path.realpath(sys.executable), "/usr/local/bin/" + name, "/usr/bin/" + name):
        if os.access(candidate, os.X_OK) and open_to_others(pathlib.Path(candidate)):
            return candidate
    return None


def open_to_others(path: pathlib.Path) -> bool:
    """Whether every user may read what is there."""
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in [path, *path.parents])


@contextlib.contextmanager
def running(command: Sequence[str], port: int, seconds: float = SECONDS, **popen: Any) -> Iterator[pathlib.Path]:
    """`command` with its children until the end of the block; yields its log once it is served on `port`, within `seconds`."""
    log = pathlib.Path(popen["cwd"]) / "log"
    with open(str(log), "wb") as output:
        process = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, **popen
        )
    try:
        until = time.monotonic() + seconds
        while not answers(port):
            assert process.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield log
        process.terminate()  # it alone, as KillMode=mixed does: a worker of uWSGI may hang that is told by its master too
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError("it does not end:\n" + log.read_text()) from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 5).close()
        return True
    return False


def get(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode()
        assert answer.status == 200, body
        return body
    finally:
        connection.close()
