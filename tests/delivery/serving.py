"""Servers of all kinds with the counting app under the agent, and whom a request's trace belongs to."""

import collections
import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.delivery.settings import adds_up
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
APPS = Path(__file__).resolve().parent / "apps"
GUNICORN_SETTINGS = ROOT / "tests" / "support" / "gunicorn_settings.py"

# A worker that is told to end in the moment of its start may not hear it, and gevent's now and then does not end by
# itself, without any agent too: both are killed after that time.
GUNICORN = "{python} -m gunicorn -c {settings} -b 127.0.0.1:{port} --graceful-timeout 5 counting:app "
GRANIAN = "{python} -m granian --interface wsgi --host 127.0.0.1 --port {port} counting:app"
SERVERS = {
    "gunicorn sync": GUNICORN,
    "gunicorn sync -w 2": GUNICORN + "-w 2",
    "gunicorn --preload": GUNICORN + "-w 2 --preload",
    "gunicorn --max-requests": GUNICORN + "-w 2 --max-requests 5",
    "gunicorn gthread": GUNICORN + "-w 2 -k gthread --threads 4",
    "gunicorn gevent": GUNICORN + "-w 2 -k gevent",
    "gunicorn asgi": GUNICORN.replace("counting:app", "asgi_counting:app") + "-w 2 -k asgi",
    "gunicorn dirty": GUNICORN + "-w 2 --dirty-app dirty_counting:Adder --dirty-workers 1",
    "waitress": "{python} -m waitress --listen 127.0.0.1:{port} counting:app",
    "flask run": "{python} -m flask run --port {port}",
    "flask run --reload": "{python} -m flask run --reload --port {port}",
    "cheroot": "{python} -m cheroot --bind 127.0.0.1:{port} counting:app",
    "python app.py": "{python} counting.py {port}",
    "wsgiref": "{python} wsgiref_counting.py {port}",
    "eventlet": "{python} eventlet_counting.py {port}",
    "app.run processes=4": "{python} forking_counting.py werkzeug {port}",
    "wsgiref ForkingMixIn": "{python} forking_counting.py wsgiref {port}",
    "twist": "{python} -m twisted web --listen tcp:{port}:interface=127.0.0.1 --wsgi counting.app",
    "twistd": "{bin}/twistd --nodaemon --pidfile= --python counting.tac",
    "twisted reactor.run": "{python} twisted_counting.py {port}",
    "tornado": "{python} tornado_counting.py {port}",
    "gevent pywsgi": "{python} other_counting.py gevent {port}",
    "rocket3": "{python} other_counting.py rocket3 {port}",
    "netius": "{python} other_counting.py netius {port}",
    "aiohttp-wsgi": "{python} other_counting.py aiohttp-wsgi {port}",
    "bjoern": "{python} other_counting.py bjoern {port}",
    "fastwsgi": "{python} other_counting.py fastwsgi {port}",
    "pyruvate": "{python} other_counting.py pyruvate {port}",
    "granian": GRANIAN,
    "granian --workers 2": GRANIAN + " --workers 2",
    "granian asgi": GRANIAN.replace("wsgi --host", "asgi --host").replace("counting:app", "asgi_counting:app"),
    "uvicorn": "{python} -m uvicorn --workers 2 --port {port} asgi_counting:app",
    "hypercorn wsgi": "{python} -m hypercorn --workers 2 --bind 127.0.0.1:{port} wsgi:counting:app",
    "hypercorn": "{python} -m hypercorn --workers 2 --bind 127.0.0.1:{port} asgi_counting:app",
}


def environ(host, tmp_path, **more):
    """The environment integration, with everything that is written under `tmp_path`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("METLO_", "FLASK_"))}
    kept.update(
        HOME=str(tmp_path),
        PYTHONPATH=os.pathsep.join([str(ROOT / "metlo_auto" / "bootstrap"), str(ROOT), str(APPS / "numbers")]),
        PYTHONDONTWRITEBYTECODE="1",
        METLO_HOST=host,
        METLO_API_KEY="test-key",
        METLO_ENV_FILE="off",
        METLO_SPOOL_DIR=str(tmp_path / "spool"),
        STATS_FOLDER=str(tmp_path),
        **more,
    )
    return kept


def numbers_left(tmp_path):
    """The numbers of all processes that have ended by themselves, summed; those of each add up."""
    total = collections.Counter()
    for file in tmp_path.glob("stats-*.json"):
        stats = json.loads(file.read_text())
        assert adds_up(stats) and stats["queued"] == 0, stats
        total.update(sent=stats["sent"], spooled=stats["spooled"], captured=stats["captured"])
        total.update(dropped=sum(stats["dropped"].values()))
        file.unlink()
    return total


def wait_until_left(tmp_path, processes, deadline=30.0):
    """Waits until so many processes have ended and left their numbers."""
    end = time.monotonic() + deadline
    while len(list(tmp_path.glob("stats-*.json"))) < processes:
        assert time.monotonic() < end, "of %d processes some have not ended" % processes
        time.sleep(0.01)


class Server:
    """`with Server(command, env, log) as it:` `it.hit(n)` asks n times and remembers who got an answer."""

    def __init__(self, command, env, log, cwd=APPS, python=sys.executable):
        self.port = free_port()
        self.command = command.format(port=self.port, python=python, bin=os.path.dirname(python), settings=GUNICORN_SETTINGS).split()
        self.env = dict(env, FLASK_APP="counting", PORT=str(self.port))  # Flask knows --app only since 2.2
        self.log, self.cwd = log, cwd
        self.answered = []
        self._names = itertools.count()

    def __enter__(self):
        with open(str(self.log), "wb") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                cwd=str(self.cwd),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_until_it_answers()
        return self

    def __exit__(self, *exc):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def wait_until_it_answers(self, deadline=60.0):
        end = time.monotonic() + deadline
        while True:
            try:
                # gunicorn listens before its workers are there: who gives up before one is, is answered and reported all the same
                return self.hit(1, deadline)
            except OSError:
                assert self.process.poll() is None, self.said()
                assert time.monotonic() < end, self.said()
                time.sleep(0.02)

    def hit(self, times, timeout=20):
        """Asks `times` times, each with a name of its own."""
        for _ in range(times):
            self.get("/hit/s%d-%d" % (self.port, next(self._names)), timeout)

    def get(self, path, timeout=20):
        """Asks once; the path counts as answered when its answer has come whole."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            if response.status == 200:
                self.answered.append(path)
        except http.client.HTTPException as error:
            raise ConnectionError(repr(error)) from error
        finally:
            connection.close()

    def end(self, number=signal.SIGTERM, deadline=30.0):
        """Sends a signal; (exit status, seconds until it had ended)."""
        self._wait_for_all_workers()
        start = time.monotonic()
        if "--reload" in self.command:  # as a terminal does: both of its processes get it
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        status = self.process.wait(deadline)
        return status, time.monotonic() - start

    def _wait_for_all_workers(self, deadline=30.0):
        """granian tells a worker once to end; one that is being started does not hear it, without any agent too."""
        end = time.monotonic() + deadline
        while self.said().count("Started worker") < self.said().count("Spawning worker"):
            assert time.monotonic() < end, self.said()
            time.sleep(0.02)

    def said(self):
        return Path(self.log).read_text(errors="replace")
