"""Every server of docs/servers.md with raw_app: what it needs, how it is started, bare or under the agent."""

import contextlib
import os
import signal
import socket
import subprocess
import time

import pytest

from tests.support.ports import free_port
from tests.support.serving import ROOT, parse_answer, read_all
from tests.support.venvs import app_venv

HERE = ROOT / "tests" / "servers"
WHEELS = ["flask", "gunicorn==27.0.1", "gevent==26.9.0", "waitress==3.0.2", "cheroot==11.1.2", "granian==2.8.9", "eventlet==0.41.3",
          "hypercorn==0.18.0", "uvicorn==0.54.0", "a2wsgi==1.10.10", "twisted==26.10.0", "tornado==6.6.1",
          "aiohttp-wsgi==0.10.0", "netius==1.64.0", "rocket3==20260526.0"]
# in environments of their own, since they cannot be built everywhere
BUILT = {"bjoern": ["flask", "bjoern==3.2.2"], "pyruvate": ["flask", "pyruvate==1.6.1"],
         "fastwsgi": ["flask", "fastwsgi==0.0.9", "setuptools<81"],  # it imports pkg_resources
         "uwsgi": ["uwsgi==2.0.31", "flask", "gevent", "setuptools"]}
GUNICORN = "{bin}/gunicorn -w 1 -b 127.0.0.1:{port} raw_app:app "
COMMANDS = {
    "gunicorn sync": GUNICORN,
    "gunicorn gthread": GUNICORN + "-k gthread --threads 2",
    "gunicorn gevent": GUNICORN + "-k gevent",
    "uwsgi": "{bin}/uwsgi --http-socket 127.0.0.1:{port} --master --die-on-term --threads 2 --module raw_app:app",
    "waitress": "{bin}/python -m waitress --listen 127.0.0.1:{port} raw_app:app",
    "flask run": "{bin}/python -m flask --app raw_app run --port {port}",
    "cheroot": "{bin}/python -m cheroot --bind 127.0.0.1:{port} raw_app:app",
    "granian": "{bin}/granian --interface wsgi --port {port} raw_app:app",
    "hypercorn": "{bin}/hypercorn -b 127.0.0.1:{port} wsgi:raw_app:app",
}
COMMANDS.update((kind, "{bin}/python serve.py %s {port}" % kind) for kind in (
    "uvicorn", "gevent", "eventlet", "wsgiref", "pyruvate", "twisted", "tornado", "aiohttp-wsgi", "netius", "rocket3", "fastwsgi",
    "bjoern"))


def bin_of(kind):
    """The commands of an environment with this server; skips where it cannot be installed or built."""
    try:
        return app_venv(kind, BUILT[kind]) if kind in BUILT else app_venv("servers", WHEELS)
    except RuntimeError as error:
        pytest.skip("%s cannot be installed here: %s" % (kind, str(error)[-200:]))


class Serving:
    """`with Serving(kind, env, home) as it:` runs a server; `it.ask(bytes)` gives the Answer, as far as it came."""

    def __init__(self, kind, env, home, command=None, **where):
        self.port = free_port()
        self.command = (command or COMMANDS[kind]).format(bin=bin_of(kind), port=self.port, **where).split()
        self.env, self.log = env, home / ("log-%d" % self.port)
        self.may_stay = kind == "granian"  # about one of 80 times, without the agent too

    def __enter__(self):
        with open(str(self.log), "w") as log:
            self.process = subprocess.Popen(
                self.command, cwd=str(HERE), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env, start_new_session=True)
        return self

    def __exit__(self, *exc):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            if not self.may_stay:
                raise
        finally:
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def ask(self, raw):
        with self.connected() as sock:
            sock.sendall(raw)
            data = read_all(sock).replace(b"HTTP/1.1 None", b"HTTP/1.1 0")
            return parse_answer(data if data.startswith(b"HTTP/") else b"")  # uWSGI may send a body alone

    def _connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 20)

    def connected(self, deadline=60):
        end = time.monotonic() + deadline
        while True:
            try:
                return self._connect()
            except (ConnectionRefusedError, FileNotFoundError):
                assert self.process.poll() is None and time.monotonic() < end, self.log.read_text()
                time.sleep(0.05)
