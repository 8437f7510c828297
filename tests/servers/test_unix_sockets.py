"""Over a Unix socket no server knows an address, whatever it puts in its place: the client is who the proxy says."""

import socket
from functools import partial

import pytest

from tests.servers.kinds import Serving
from tests.support.recorder import Recorder
from tests.support.serving import clean_environ, instrumented, request

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # the first run installs and builds them
GUNICORN = "{bin}/gunicorn -w 1 -b unix:{unix} raw_app:app "
COMMANDS = {
    "gunicorn sync": GUNICORN,
    "gunicorn gthread": GUNICORN + "-k gthread --threads 2",
    "gunicorn gevent": GUNICORN + "-k gevent",
    "uwsgi": "{bin}/uwsgi --http-socket {unix} --master --die-on-term --threads 2 --module raw_app:app",
    "waitress": "{bin}/python -m waitress --unix-socket {unix} raw_app:app",
    "flask run": "{bin}/python -m flask --app raw_app run --host unix://{unix}",
    "cheroot": "{bin}/python -m cheroot --bind {unix} raw_app:app",
    "granian": "{bin}/granian --interface wsgi --uds {unix} raw_app:app",
    "hypercorn": "{bin}/hypercorn -b unix:{unix} wsgi:raw_app:app",
}
COMMANDS.update((kind, "{bin}/python serve_unix.py %s {unix}" % kind) for kind in (
    "uvicorn", "gevent", "eventlet", "tornado", "aiohttp-wsgi", "bjoern"))  # Twisted responds 500, without the agent too
# What these make of a Host header without a port.
PORTS = dict.fromkeys(("gunicorn sync", "gunicorn gthread", "gunicorn gevent", "hypercorn", "tornado", "uwsgi"), "80")
REMOVES_FORWARDED = ("waitress",)  # unless it is told whom to trust


class ServingUnix(Serving):
    """The same over a Unix socket."""

    def __init__(self, kind, env, home):
        self.unix = str(home / "app.sock")
        super().__init__(kind, env, home, COMMANDS[kind], unix=self.unix)

    def _connect(self):
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.settimeout(20)
            sock.connect(self.unix)
        except OSError:
            sock.close()
            raise
        return sock


def traces_of(name, traces):
    return [trace for trace in traces if name in str(trace["request"]["url"].get("parameters"))]


@pytest.mark.parametrize("kind", sorted(COMMANDS))
def test_a_trace_says_who_the_proxy_says_the_client_is(kind, tmp_path_factory):
    home = tmp_path_factory.mktemp("u")  # short: a socket's path has 107 bytes
    with Recorder() as recorder:
        with ServingUnix(kind, instrumented(clean_environ(home), recorder.environ()), home) as server:
            for path, more in (("/plain?alone", {}), ("/plain?proxied", {"X-Forwarded-For": "203.0.113.9, 10.1.2.3"})):
                answer = server.ask(request("GET", path, b"", dict(more, Connection="close")))
                assert (answer.status, answer.body) == (200, b"plain"), server.log.read_text()
            # before it ends: uWSGI runs no exit hooks of a worker that is busy with its last request
            seen = [recorder.wait_until(partial(traces_of, name))["meta"] for name in ("alone", "proxied")]
    assert [(meta["source"], meta["sourcePort"]) for meta in seen] == [("", ""), ("" if kind in REMOVES_FORWARDED else "10.1.2.3", "")]
    assert {meta["destinationPort"] for meta in seen} == {PORTS.get(kind, "")}
