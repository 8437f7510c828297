"""Each trouble on the way to the collector has a plain sentence of its own, and says what to do."""

import json
import signal
import socket
import subprocess
import threading
import time
from typing import Any, Dict

import pytest

from tests.doctor.conftest import answering, listening
from tests.support.installed import Installed
from tests.support.recorder import Recorder

# What an interpreter's own TLS, sockets and HTTP decide; the rest is the same on each.
CORE = pytest.mark.core
KEY = "metlo.0123456789abcdef.secret"


def check(metlo: Installed, host: str, key: str = KEY, **more: Any) -> Any:
    """`--check --json` against `host`, within ten seconds: status, and the last finding."""
    began = time.monotonic()
    environ = metlo.environ(METLO_HOST=host, METLO_API_KEY=key, **more)
    done = metlo.run("--check", "--json", "python", environ=environ)
    assert time.monotonic() - began < 30  # of a machine under load; the time of the steps themselves is asserted below
    document = json.loads(done.stdout)
    assert sum(finding["seconds"] or 0 for finding in document["findings"]) < 10
    assert key not in done.stdout and done.stderr == ""
    assert document["ok"] is (done.returncode == 0)
    return done.returncode, document["findings"][-1]


def trouble(metlo: Installed, host: str, name: str, *words: str, **more: Any) -> Dict[str, Any]:
    status, last = check(metlo, host, **more)
    assert status == 1 and last["status"] == "failed" and last["check"] == name, last
    said = last["said"] + " -> " + last["fix"]
    assert last["fix"] and all(word in said for word in words), said
    return dict(last)


@CORE
def test_a_good_collector_is_0(metlo: Installed) -> None:
    with Recorder(key=KEY) as recorder:
        status, last = check(metlo, recorder.host)
    assert (status, last["check"], last["status"]) == (0, "verify", "ok")


def test_a_path_prefix_and_a_trailing_slash_are_no_trouble(metlo: Installed) -> None:
    with listening(answering("HTTP/1.1 200 OK", body="OK")) as port:
        assert check(metlo, "http://127.0.0.1:%d/prefix/" % port)[0] == 0


@CORE
def test_wrong_key(metlo: Installed) -> None:
    with Recorder(key="another") as recorder:
        trouble(metlo, recorder.host, "verify", "refuses the key", "METLO_API_KEY", "database")


@CORE
def test_wrong_port(metlo: Installed) -> None:
    with socket.socket() as reserved:  # bound and not listening: nobody else gets the port
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        trouble(metlo, "http://127.0.0.1:%d" % port, "tcp", "nothing listens on 127.0.0.1:%d" % port, "METLO_HOST")


@CORE
def test_unknown_name(metlo: Installed) -> None:
    trouble(metlo, "http://no-such-host.invalid", "dns", "no-such-host.invalid", "METLO_HOST")


@CORE
def test_https_where_there_is_no_tls(metlo: Installed, recorder: Recorder) -> None:
    trouble(metlo, recorder.host.replace("http:", "https:"), "tls", "does not speak TLS", "http://")


@CORE
def test_http_where_there_is_tls(metlo: Installed, certificate: Any) -> None:
    good = certificate("localhost")
    with listening(good.over_tls(answering("HTTP/1.1 200 OK", body="OK"))) as port:
        trouble(metlo, "http://localhost:%d" % port, "verify", "speaks TLS", "https://")


def test_http_where_a_server_of_tls_complains_in_plain_http(metlo: Installed, certificate: Any) -> None:
    secure = certificate("localhost").over_tls(answering("HTTP/1.1 200 OK", body="OK"))

    def both(sock: socket.socket) -> None:
        plain = sock.recv(1, socket.MSG_PEEK) == b"G"
        (answering("HTTP/1.1 400 Bad Request", body="plain HTTP sent to HTTPS port") if plain else secure)(sock)

    with listening(both) as port:
        trouble(metlo, "http://localhost:%d" % port, "verify", "speaks TLS", "https://")


@CORE
def test_a_certificate_that_nobody_signed(metlo: Installed, certificate: Any) -> None:
    with listening(certificate("localhost").over_tls(answering("HTTP/1.1 200 OK", body="OK"))) as port:
        trouble(metlo, "https://localhost:%d" % port, "tls", "not trusted", "REQUESTS_CA_BUNDLE")


@CORE
def test_the_bundle_of_the_environment_is_used(metlo: Installed, certificate: Any) -> None:
    good = certificate("localhost")
    with listening(good.over_tls(answering("HTTP/1.1 200 OK", body="OK"))) as port:
        status, last = check(metlo, "https://localhost:%d" % port, REQUESTS_CA_BUNDLE=str(good.trusted))
    assert (status, last["check"]) == (0, "verify")


@CORE
def test_a_certificate_for_another_name(metlo: Installed, certificate: Any) -> None:
    other = certificate("other.example")
    with listening(other.over_tls(answering("HTTP/1.1 200 OK", body="OK"))) as port:
        trouble(metlo, "https://localhost:%d" % port, "tls", "another name", "METLO_HOST",
                REQUESTS_CA_BUNDLE=str(other.trusted))


def test_a_bundle_that_is_not_there(metlo: Installed, certificate: Any) -> None:
    with listening(certificate("localhost").over_tls(answering("HTTP/1.1 200 OK", body="OK"))) as port:
        trouble(metlo, "https://localhost:%d" % port, "tls", "REQUESTS_CA_BUNDLE", REQUESTS_CA_BUNDLE="/no/such/file")


@CORE
@pytest.mark.parametrize("scheme, name", [("http", "verify"), ("https", "tls")])
def test_a_collector_that_hangs(metlo: Installed, scheme: str, name: str) -> None:
    over = threading.Event()
    with listening(lambda sock: None if over.wait(30) else None) as port:
        trouble(metlo, "%s://127.0.0.1:%d" % (scheme, port), name, "accepts the connection and never answers")
        over.set()


@CORE
def test_ctrl_c_ends_it_without_a_traceback(metlo: Installed) -> None:
    asked, over = threading.Event(), threading.Event()

    def hang(sock: socket.socket) -> None:
        if sock.recv(1):
            asked.set()
            over.wait(30)

    with listening(hang) as port:
        environ = metlo.environ(METLO_HOST="http://127.0.0.1:%d" % port, METLO_API_KEY=KEY)
        child = subprocess.Popen([metlo.command, "--check"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            assert asked.wait(30)
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=30)
        finally:
            over.set()
            child.kill()
    assert (child.returncode, out, err) == (130, b"", b"")


def test_a_collector_that_drips(metlo: Installed) -> None:
    over = threading.Event()

    def drip(sock: socket.socket) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Long: " + b"x" * 2000:
            if over.wait(0.3):
                return
            sock.sendall(bytes([byte]))

    with listening(drip) as port:
        trouble(metlo, "http://127.0.0.1:%d" % port, "verify", "never answers")
        over.set()


def test_a_port_that_speaks_something_else(metlo: Installed) -> None:
    with listening(lambda sock: sock.sendall(b"220 mail.example ESMTP\r\n")) as port:
        trouble(metlo, "http://127.0.0.1:%d" % port, "verify", "no answer in HTTP", "METLO_HOST")


@pytest.mark.parametrize("lines, words", [
    (("HTTP/1.1 404 Not Found",), ("not as a Metlo collector does", "METLO_HOST")),
    (("HTTP/1.1 200 OK",), ("not as a Metlo collector does", "METLO_HOST")),
    (("HTTP/1.1 302 Found", "Location: https://login.example/"), ("redirects to https://login.example/", "METLO_HOST")),
    (("HTTP/1.1 403 Forbidden",), ("refuses the key", "METLO_API_KEY")),
    (("HTTP/1.1 500 Oops",), ("trouble of its own", "log")),
    (("HTTP/1.1 502 Bad Gateway",), ("before the collector", "runs")),
])
def test_answers_of_others(metlo: Installed, lines: Any, words: Any) -> None:
    with listening(answering(*lines, body="<html>hello</html>")) as port:
        trouble(metlo, "http://127.0.0.1:%d" % port, "verify", *words)


def test_a_proxy_that_lets_us_through(metlo: Installed) -> None:
    with listening(answering("HTTP/1.1 200 OK", body="OK")) as port:
        status, _ = check(metlo, "http://collector.invalid", HTTP_PROXY="http://127.0.0.1:%d" % port,
                          http_proxy="http://127.0.0.1:%d" % port)
    assert status == 0


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_in_the_way(metlo: Installed, scheme: str) -> None:
    with listening(answering("HTTP/1.1 407 Proxy Authentication Required")) as port:
        proxy = "http://127.0.0.1:%d" % port
        trouble(metlo, scheme + "://collector.invalid", "verify", "proxy", **{scheme + "_proxy": proxy})


def test_a_proxy_that_is_not_there(metlo: Installed) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        proxy = "http://127.0.0.1:%d" % reserved.getsockname()[1]
        trouble(metlo, "http://collector.invalid", "tcp", "(the proxy)", "NO_PROXY", http_proxy=proxy)


def test_a_netrc_changes_nothing(metlo: Installed, tmp_path: Any) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    with Recorder(key=KEY) as recorder:
        assert check(metlo, recorder.host, HOME=str(tmp_path), NETRC=str(tmp_path / ".netrc"))[0] == 0
