"""The environment with the extensions of others, and clients that keep cookies or speak websocket."""

import os
import socket
import struct

from tests.capture.pairs import MARK, comparable
from tests.support.serving import request
from tests.support.venvs import venv_if_made_for_it

REQUIREMENTS = [
    "flask", "gunicorn", "flask-restful", "flask-socketio", "flask-compress", "flask-session", "cachelib", "dash",
    "flask-login", "connexion[flask,uvicorn]", "flask-sock", "simple-websocket",
]


def python():
    return str(venv_if_made_for_it("extensions", REQUIREMENTS) / "python")


def visit(pair, steps, differs=()):
    """One client's requests, with its cookies, to both servers; answers that are alike, each with its trace.

    `steps`: (method, target, body, headers) of each request.
    """
    answers = []
    for server in (pair.bare, pair.seen):
        cookies = {}
        answers.append([])
        for method, target, body, headers in steps:
            mark = pair.mark()
            sent = dict(headers, **{MARK: mark})
            if cookies:
                sent["Cookie"] = "; ".join("%s=%s" % pair for pair in cookies.items())
            answer = server.ask(request(method, target, body, sent))
            cookies.update(cookie.split(";")[0].split("=", 1) for name, cookie in answer.headers if name.lower() == "set-cookie")
            answers[-1].append((mark, answer))
    told = []
    for (_, expected), (mark, answer) in zip(*answers):
        assert answer.status == expected.status
        assert comparable(answer, differs) == comparable(expected, differs)
        assert answer.body == expected.body
        told.append((answer, pair.trace(mark)))
    return told


class WebSocket:
    """A client of one websocket, text messages under 126 bytes."""

    def __init__(self, server, target, mark):
        self.sock = server.connect()
        self.sock.sendall(request("GET", target, headers={
            MARK: mark, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.sock.recv(1)
            assert byte, head
            head += byte
        self.head = head

    def send(self, text, kind=1):
        data, mask = text.encode(), os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        self.sock.sendall(struct.pack("BB", 0x80 | kind, 0x80 | len(data)) + mask + masked)

    def receive(self):
        """(kind, payload) of the next frame."""
        kind, size = self._exactly(2)
        return kind & 15, self._exactly(size).decode("utf-8", "replace")

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            piece = self.sock.recv(size - len(data))
            assert piece, data
            data += piece
        return data

    def rest(self):
        """Whatever comes until the server closes."""
        data = b""
        try:
            for piece in iter(lambda: self.sock.recv(65536), b""):
                data += piece
        except ConnectionError:
            pass
        return data

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()
