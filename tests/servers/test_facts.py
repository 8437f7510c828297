"""The facts of docs/servers.md: each server that installs is started, and a trace says what the client got."""

import subprocess
import time

import pytest

from tests.servers.raw_app import ANSWERS
from tests.support.ports import free_port
from tests.support.recorder import Recorder
from tests.support.serving import ROOT, clean_environ, instrumented, parse_answer, read_all, request
from tests.support.venvs import app_venv

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # the first run installs them
HERE = ROOT / "tests" / "servers"
MAIN = ["flask", "gunicorn==27.0.1", "gevent==26.9.0", "waitress==3.0.2", "cheroot==11.1.2", "granian==2.8.9", "eventlet==0.41.3",
        "hypercorn==0.18.0", "uvicorn==0.54.0", "a2wsgi==1.10.10", "twisted==26.10.0", "pyruvate==1.6.1"]
COMMANDS = {
    "gunicorn": "{bin}/gunicorn -w 1 -b 127.0.0.1:{port} raw_app:app",
    "waitress": "{bin}/python -m waitress --listen 127.0.0.1:{port} raw_app:app",
    "flask": "{bin}/python -m flask --app raw_app run --port {port}",
    "cheroot": "{bin}/python -m cheroot --bind 127.0.0.1:{port} raw_app:app",
    "granian": "{bin}/granian --interface wsgi --port {port} raw_app:app",
    "hypercorn": "{bin}/hypercorn -b 127.0.0.1:{port} wsgi:raw_app:app",
}
COMMANDS.update((kind, "{bin}/python serve.py %s {port}" % kind) for kind in (
    "uvicorn", "gevent", "eventlet", "wsgiref", "pyruvate"))


@pytest.fixture(scope="module", params=sorted(COMMANDS))
def answers(request, tmp_path_factory):
    """What a server's clients got, and the traces, by path."""
    kind, home = request.param, tmp_path_factory.mktemp("home")
    try:
        folder = app_venv("servers", MAIN)
    except RuntimeError as error:
        pytest.skip("%s cannot be installed here: %s" % (kind, str(error)[-200:]))
    port = free_port()
    with Recorder() as recorder, open(str(home / "log"), "w") as log:
        process = subprocess.Popen(
            COMMANDS[kind].format(bin=folder, port=port).split(), cwd=str(HERE), stdout=log, stderr=log,
            env=instrumented(clean_environ(home), recorder.environ()))
        try:
            got = {path: ask(port, path) for path in ["/plain", *ANSWERS]}
            wait_for_all(recorder, got)
        finally:
            process.terminate()
            process.wait(30)
        yield kind, got, {trace["request"]["url"]["path"]: trace for trace in recorder.traces}


def wait_for_all(recorder, paths):
    for path in paths:
        recorder.wait_until(lambda traces: [it for it in traces if it["request"]["url"]["path"] == path])  # noqa: B023


def ask(port, path):
    import socket

    end = time.monotonic() + 60
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 20) as sock:
                sock.sendall(request("GET", path, headers={"Connection": "close"}))
                return parse_answer(read_all(sock).replace(b"HTTP/1.1 None", b"HTTP/1.1 0"))
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.mark.parametrize("path", ["/plain", *ANSWERS])
def test_a_trace_says_what_the_client_got(answers, path):
    kind, got, traces = answers
    response, omitted = traces[path]["response"], traces[path]["meta"].get("responseBody", {}).get("omitted")
    if got[path].status and not (kind == "gunicorn" and path == "/never_starts"):  # which sends `HTTP/1.1 None`
        assert response["status"] == got[path].status
    else:
        assert response["status"] == 500 or omitted == "aborted"
    if path == "/is_short":
        assert omitted == "aborted"
