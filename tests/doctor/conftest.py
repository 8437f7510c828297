"""An installation, and collectors that go wrong in every way."""

import contextlib
import pathlib
import socket
import ssl
import subprocess
import threading
from typing import Any, Callable, Iterator, List

import pytest

from tests.support.installed import Installed
from tests.support.recorder import Recorder


@pytest.fixture(scope="session")
def metlo(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """metlo-auto as a user has it installed; not to be changed."""
    return Installed(tmp_path_factory.mktemp("installed") / "venv")


@pytest.fixture
def own(tmp_path: pathlib.Path) -> Installed:
    """An installation that the test may change."""
    return Installed(tmp_path / "venv")


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as it:
        yield it


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on port 0 that gives each connection to `serve` and closes it; yields the port."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(16)

    def accept() -> None:
        while True:
            try:
                sock, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(sock,), daemon=True).start()

    def handle(sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            serve(sock)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(server.getsockname()[1])
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def answering(*lines: str, body: str = "") -> Callable[[socket.socket], None]:
    """Answers the first request with a status line, headers and a body."""
    head = "\r\n".join(lines + ("Content-Length: %d" % len(body), "Connection: close", "", ""))

    def serve(sock: socket.socket) -> None:
        sock.settimeout(10)
        seen = b""
        while b"\r\n\r\n" not in seen:
            piece = sock.recv(65536)
            if not piece:
                return
            seen += piece
        sock.sendall((head + body).encode())

    return serve


class Certificate:
    """A self-signed one for `name`: `file` holds key and certificate, `trusted` the certificate alone."""

    def __init__(self, folder: pathlib.Path, name: str) -> None:
        key, self.trusted, self.file = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name]
        command += ["-addext", "subjectAltName=" + ("IP:" if name[:1].isdigit() else "DNS:") + name]
        command += ["-keyout", str(key), "-out", str(self.trusted)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.file.write_text(key.read_text() + self.trusted.read_text())

    def over_tls(self, serve: Callable[[Any], None]) -> Callable[[socket.socket], None]:
        """`serve` behind a TLS handshake."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(self.file))

        def handle(sock: socket.socket) -> None:
            with contextlib.suppress(OSError), context.wrap_socket(sock, server_side=True) as secured:
                serve(secured)

        return handle


@pytest.fixture
def certificate(tmp_path: pathlib.Path) -> Callable[[str], Certificate]:
    """Makes certificates; skips where there is no openssl to do it."""
    if subprocess.call("openssl version >/dev/null 2>&1", shell=True):
        pytest.skip("no openssl command here")
    return lambda name: Certificate(tmp_path, name)


def found(done: Any, check: str) -> List[Any]:
    """The findings of one kind in `--check --json`."""
    import json

    return [finding for finding in json.loads(done.stdout)["findings"] if finding["check"] == check]
