"""Nothing unredacted reaches a socket, the spool or a log, whatever fails; with METLO_REDACT=none all of it would."""

import gzip
import json
import pathlib
import socket
import time
import zlib

import pytest

from tests.capture.secrets_asked import ALL, NEVER, found, requests
from tests.support.recorder import Recorder
from tests.support.serving import Server, clean_environ, instrumented, request

KIND = "gunicorn-gthread"


def served(home, settings, **environment):
    """A server with the leaky app."""
    environ = clean_environ(home, LOGGED=str(home / "logged"), METLO_LOG_LEVEL="DEBUG", METLO_SPOOL_DIR=str(home / "spool"), **environment)
    return Server(KIND, "leaky:app", instrumented(environ, settings))


def ask_all(server):
    for raw in requests():
        assert server.ask(raw).status in (200, 302, 404, 500)


def stats(server, true):
    """The agent's counters once they are as `true` wants them."""
    end = time.monotonic() + 60
    while True:
        now = json.loads(server.ask(request("GET", "/stats")).body)
        if true(now):
            return now
        assert time.monotonic() < end, now
        time.sleep(0.1)


def written(home):
    """The canaries in all files; but for exceptions in the server's log, which it writes itself, with their texts."""
    places = set()
    for path in filter(pathlib.Path.is_file, home.rglob("*")):
        content = path.read_bytes()
        here = found(content.decode("utf-8", "replace"), unpacked(content))
        places |= here - {"exception"} if path.name.startswith("server-") else here
    return places


def unpacked(content):
    for unpack in (gzip.decompress, zlib.decompress):
        try:
            return unpack(content).decode("utf-8", "replace")
        except (OSError, zlib.error):
            pass
    return ""


def arrived(home, v2=False, **settings):
    """What came to the collector as text, once all did."""
    with Recorder(v2=v2) as recorder:
        with served(home, recorder.environ(**settings)) as server:
            ask_all(server)
            if settings.get("METLO_REDACT") != "schema":  # which has no such path
                recorder.wait_until(lambda traces: [t for t in traces if t["request"]["url"]["path"] == "/typed/wrongly"][:1])
        traces = recorder.wait_for(len(requests()))
    return json.dumps([recorder.posts, traces], ensure_ascii=False)


@pytest.mark.parametrize("v2, mode", [(False, "credentials"), (True, "credentials"), (False, "schema"), (True, "schema")])
def test_no_secret_reaches_the_collector_or_a_log(tmp_path, v2, mode):
    text = arrived(tmp_path, v2, METLO_REDACT=mode)
    assert found(text) == set()
    assert written(tmp_path) == set()
    assert "/typed/{kind}" in text
    for plain in ("ann@example.com", "user=ann"):
        assert (plain in text) is (mode == "credentials")


def test_with_redact_none_every_one_of_them_does(tmp_path):
    places = found(arrived(tmp_path, METLO_REDACT="none")) - {"piece"}
    assert places == ALL and not places & NEVER
    assert written(tmp_path) == set()


@pytest.mark.parametrize("mode", ["credentials", "schema"])
def test_no_secret_reaches_the_spool(tmp_path, mode):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        host = "http://127.0.0.1:%d" % nobody.getsockname()[1]
        settings = {"METLO_HOST": host, "METLO_API_KEY": "k", "METLO_ENV_FILE": "off", "METLO_REDACT": mode}
        with served(tmp_path, settings) as server:
            ask_all(server)
    files = list((tmp_path / "spool").rglob("*.batch"))
    contents = [path.read_bytes().decode("utf-8", "replace") for path in files]
    assert sum(content.count('"responseTimestamp"') for content in contents) >= len(requests())
    assert written(tmp_path) == set()
    assert "metlo" in (tmp_path / "logged").read_text()


def test_with_redact_none_the_spool_would_hold_them(tmp_path):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        host = "http://127.0.0.1:%d" % nobody.getsockname()[1]
        settings = {"METLO_HOST": host, "METLO_API_KEY": "k", "METLO_ENV_FILE": "off", "METLO_REDACT": "none"}
        with served(tmp_path, settings) as server:
            ask_all(server)
    assert written(tmp_path) >= ALL


@pytest.mark.parametrize("step", [
    "metlo_auto.trace.encoder:Encoder.trace",
    "metlo_auto.redact:Redactor.body",
    "metlo_auto.redact:Redactor.query",
    "metlo_auto.agent:Agent._send",
    "metlo_auto.delivery.channel:Channel.submit",
    "metlo_auto.capture.recording:Recording._hand_over",
])
@pytest.mark.parametrize("mode", ["credentials", "schema"])
def test_a_step_that_raises_with_all_it_knows_tells_nobody(tmp_path, step, mode):
    settings = {"METLO_NATIVE": "off", "METLO_REDACT": mode}
    with Recorder() as recorder, served(tmp_path, recorder.environ(**settings), RAISING=step) as server:
        ask_all(server)
        counted = stats(server, lambda now: now["internal_errors"] > 0)
        log = (tmp_path / "logged").read_text()
        text = json.dumps(recorder.posts)
    assert counted["captured"] == 0 or sum(counted["dropped"].values()) > 0 or step.endswith("submit")
    assert "ValueError" in log
    assert found(text) == set() and written(tmp_path) == set()
