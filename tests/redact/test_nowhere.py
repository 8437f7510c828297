"""A canary in every place of real requests and responses reaches no socket, no spool and no log of ours."""

import base64
import gzip
import json
import os
import time
import zlib

import pytest

pytest.importorskip("waitress", reason="waitress is not installed")

from tests.support.ports import free_port  # noqa: E402
from tests.support.recorder import Recorder  # noqa: E402
from tests.support.serving import Server, clean_environ, instrumented, request  # noqa: E402

CANARY = "QjXcanaryXqZ"
HERE = os.path.dirname(os.path.abspath(__file__))

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
BASIC = "Basic " + base64.b64encode(("ann:" + CANARY).encode()).decode()
HEADERS = {
    "Authorization": "Bearer " + CANARY, "Proxy-Authorization": BASIC, "Cookie": "session=%s; a=%s" % (CANARY, CANARY),
    "X-Api-Key": CANARY, "X-CSRF-Token": CANARY, "X-Tenant-Key": CANARY,
    "Referer": "https://ann:%s@shop.example/?token=%s#access_token=%s" % (CANARY, CANARY, CANARY),
}
PART = '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n%s\r\n'
FILE = '--b\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\n%s\r\n--b--\r\n'
LOGIN = f"/login?token={CANARY}&api_key={CANARY}&user%5Bpassword%5D={CANARY}&next=%2Fx%3Ftoken%3D{CANARY}"

REQUESTS = [
    ("POST", json.dumps({"password": CANARY, "pins": [CANARY], "payload": json.dumps({"otp": CANARY})}), JSON),
    ("POST", '{"password": "%s", "broken' % CANARY, JSON),
    ("POST", json.dumps({"x": "y" * 3000, "z": {"token": CANARY}}), JSON),
    ("POST", json.dumps({"token": CANARY * 500}), JSON),
    ("POST", "a=1&password=%s" % CANARY, FORM),
    ("POST", PART % CANARY + FILE % CANARY, MULTIPART),
    ("POST", '{"token": "%s"}\n{"pin": "%s' % (CANARY, CANARY), {"Content-Type": "application/x-ndjson"}),
    ("POST", "password: %s\n" % CANARY, {"Content-Type": "text/plain"}),
    ("POST", "<a><password>%s</password></a>" % CANARY, {"Content-Type": "text/xml"}),
]


def talk(server):
    """Every request, and one for each view; the number of requests."""
    for method, body, headers in REQUESTS:
        answer = server.ask(request(method, LOGIN, body.encode(), dict(HEADERS, **headers)))
        assert answer.status == 200
    packed = gzip.compress(json.dumps({"password": CANARY}).encode())
    server.ask(request("POST", LOGIN, packed, dict(JSON, **{"Content-Encoding": "gzip"})))
    assert CANARY.encode() in server.ask(request("POST", "/login?session_id=x&secret=y&token=" + CANARY, b"{}", JSON)).body
    assert CANARY in server.ask(request("GET", "/reset/" + CANARY)).header("Location")
    assert CANARY.encode() in server.ask(request("GET", "/stream?token=" + CANARY)).body
    assert server.ask(request("POST", "/broken", ("password=" + CANARY).encode(), FORM)).status == 500
    return len(REQUESTS) + 5


def settings(home, **more):
    return dict(METLO_API_KEY="test-key", METLO_ENV_FILE="off", METLO_LOG_LEVEL="DEBUG", METLO_MAX_BODY="2K", METLO_REDACT_HEADERS="X-Tenant-Key",
                METLO_SPOOL_DIR=str(home / "spool"), METLO_SHUTDOWN_TIMEOUT="1", **more)


def running(tmp_path, **more):
    environ = clean_environ(tmp_path)
    return Server("waitress", "secrets_app:app", instrumented(environ, settings(tmp_path, **more)), cwd=HERE)


def of_ours(log):
    """The log without the traceback of the app's own exception, which the server writes with or without us."""
    return "\n".join(line for line in log.splitlines() if "RuntimeError: cannot log in" not in line)


@pytest.mark.parametrize("mode", ["credentials", "schema"])
def test_no_secret_reaches_the_socket_or_the_log(tmp_path, mode):
    with Recorder() as recorder:
        with running(tmp_path, METLO_HOST=recorder.host, METLO_REDACT=mode) as server:
            count = talk(server)
            traces = recorder.wait_for(count)
        sent = json.dumps(traces)
        assert [around(json.dumps(trace)) for trace in traces if CANARY in json.dumps(trace)] == []
        assert CANARY not in of_ours(server.log)
    assert "RuntimeError" in sent and "redacted" in sent
    assert ("ann@shop.example" in sent and "redacted-" in sent) is (mode == "credentials")


def around(text):
    """What stands around the canary, for the message of a failure."""
    at = text.find(CANARY)
    return text[max(0, at - 150) : at + 60] if at >= 0 else ""


def spooled(folder):
    """All bytes of a spool, as they stand there and inflated."""
    found = b""
    for path, _, names in os.walk(str(folder)):
        for name in names:
            try:
                with open(os.path.join(path, name), "rb") as file:
                    data = file.read()
            except FileNotFoundError:  # renamed since; the last look is when the process has ended
                continue
            found += name.encode() + data
            for at in (data.find(b"\x1f\x8b"), data.find(b"\x78")):
                if at >= 0:
                    try:
                        found += zlib.decompressobj(47).decompress(data[at:])
                    except zlib.error:
                        pass
    return found


@pytest.mark.parametrize("mode", ["credentials", "schema"])
def test_no_secret_reaches_the_spool_or_the_log_while_the_collector_is_away(tmp_path, mode):
    with running(tmp_path, METLO_HOST="http://127.0.0.1:%d" % free_port(), METLO_REDACT=mode) as server:
        talk(server)
        ends = time.monotonic() + 60
        while b"/reset" not in spooled(tmp_path / "spool") and time.monotonic() < ends:
            time.sleep(0.1)
    on_disk = spooled(tmp_path / "spool")
    assert b"/login" in on_disk and (b"redacted-" in on_disk) is (mode == "credentials")
    assert around(on_disk.decode("latin-1")) == ""
    assert CANARY not in of_ours(server.log)
    assert "test-key" not in server.log and b"test-key" not in on_disk


def test_redaction_can_be_turned_off(tmp_path):
    with Recorder() as recorder, running(tmp_path, METLO_HOST=recorder.host, METLO_REDACT="none") as server:
        server.ask(request("POST", "/login?token=o", b'{"password": "%s"}' % CANARY.encode(), JSON))
        trace = recorder.wait_for(1)[0]
    assert trace["request"]["body"] == '{"password": "%s"}' % CANARY
