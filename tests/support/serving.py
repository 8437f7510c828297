"""Starts real servers as process groups, bare or under the agent, and talks to them byte by byte."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
APPS = ROOT / "tests" / "apps"
GUNICORN_SETTINGS = ROOT / "tests" / "support" / "gunicorn_settings.py"

# How each server is started; {app} is module:name, {python} the interpreter, {bin} its folder, {bind} address:port.
SERVERS = {
    "gunicorn-sync": "{python} -m gunicorn -w 1 -b {bind} -c {settings} {app}",
    "gunicorn-gthread": "{python} -m gunicorn -w 1 -k gthread --threads 8 -b {bind} -c {settings} {app}",
    "gunicorn-gevent": "{python} -m gunicorn -w 1 -k gevent -b {bind} -c {settings} {app}",
    "waitress": "{python} -m waitress --listen {bind} {app}",
    "flask-run": "{python} -m flask run --host {host} --port {port}",
    "cheroot": "{python} -m cheroot --bind {bind} {app}",
    "script": "{python} {app} {host} {port}",
    "uwsgi": "{bin}/uwsgi --http-socket {bind} --master --die-on-term --threads 4 --module {app}",
    "uvicorn": "{python} -m uvicorn --host {host} --port {port} {app}",
}


class Answer(NamedTuple):
    status: int
    headers: List[Tuple[str, str]]
    body: bytes

    def header(self, name: str) -> Optional[str]:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


LISTENING = re.compile(r"(?i)(?:listening at|running on|serving on):? +https?://[^:/\s]+:(\d+)")


def clean_environ(tmp: Any, **more: str) -> Dict[str, str]:
    """This process's environment without settings of whoever runs the tests, with a home of its own."""
    environ = {name: value for name, value in os.environ.items()
               if not name.startswith(("METLO_", "FLASK_", "GUNICORN_")) and name not in ("PYTHONPATH", "COV_CORE_SOURCE")}
    # the order of a set, such as the methods in Allow, is otherwise different each time
    if os.environ.get("TEST_NATIVE"):  # the suite once more, by the pure way
        environ["METLO_NATIVE"] = os.environ["TEST_NATIVE"]
    environ.update(HOME=str(tmp), XDG_STATE_HOME=str(tmp), PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1", PYTHONHASHSEED="0", **more)
    return environ


def environ_of_app(home: Path, **more: str) -> Dict[str, str]:
    """`clean_environ` with every folder that the agent and the collector may write to under `home`."""
    settings = {"XDG_STATE_HOME": str(home / "state"), "METLO_SPOOL_DIR": str(home / "spool"),
                    "METLO_COLLECTOR_DATA_DIR": str(home / "collector"), "METLO_ENV_FILE": "off"}
    return dict(clean_environ(home), **dict(settings, **more))


def instrumented(environ: Dict[str, str], collector: Dict[str, str]) -> Dict[str, str]:
    """`environ` as the environment integration makes it."""
    return dict(environ, PYTHONPATH=str(ROOT / "metlo_auto" / "bootstrap") + os.pathsep + str(ROOT), **collector)


class Served:
    """`with Served(command, log, env=..., cwd=...) as it:` waits until it says on which port it listens."""

    host = "127.0.0.1"

    def __init__(self, command: Sequence[str], log: Any, deadline: float = 60.0, **popen: Any) -> None:
        self.command, self.log_file, self.deadline, self.popen = list(command), Path(str(log)), deadline, popen
        self.port = 0
        self.log = ""
        self.status: Optional[int] = None

    def __enter__(self) -> "Any":
        with open(str(self.log_file), "wb") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                            start_new_session=True, **self.popen)
        end = time.monotonic() + self.deadline
        while not self._listens():
            if self.process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                raise AssertionError(f"{self.command} does not serve:\n{self.said()}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def _listens(self) -> bool:
        heard = LISTENING.search(self.said())
        self.port = int(heard.group(1)) if heard else 0
        return bool(heard)

    def stop(self, sign: int = signal.SIGTERM, deadline: float = 30.0) -> Optional[int]:
        """Asks it to end by `sign`; its exit status. Nothing of the group is left, whatever happened in between."""
        if self.status is None:
            try:
                if self.process.poll() is None:
                    self.process.send_signal(sign)
                self.status = self.process.wait(deadline)
            finally:
                try:
                    os.killpg(self.process.pid, signal.SIGKILL)
                except OSError:
                    pass
                self.process.wait()
                self.log = self.said()
        return self.status

    def said(self) -> str:
        """What it wrote to stdout and stderr so far."""
        return self.log_file.read_text(errors="replace")


class Server(Served):
    """`with Server(kind, app, environ) as server:` is one of SERVERS on a free port; `server.log` is what it said."""

    def __init__(self, kind: str, app: str, environ: Dict[str, str], cwd: Any = APPS, python: str = sys.executable,
                 launcher: Tuple[str, ...] = (), host: str = "127.0.0.1") -> None:
        port = free_port()
        bind = ("[%s]:%d" if ":" in host else "%s:%d") % (host, port)
        words = SERVERS[kind].format(
            port=port, host=host, bind=bind, app=app, python=python, bin=os.path.dirname(python),
            settings=GUNICORN_SETTINGS).split()
        log = os.path.join(environ["HOME"], "server-%d.log" % port)
        # Flask knows --app only since 2.2
        Served.__init__(self, list(launcher) + words, log, env=dict(environ, FLASK_APP=app), cwd=str(cwd))
        self.host, self.port = host, port

    def _listens(self) -> bool:
        try:
            socket.create_connection((self.host, self.port), 1).close()
            return True
        except OSError:
            return False

    def connect(self) -> socket.socket:
        sock = socket.create_connection((self.host, self.port), 20)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def ask(self, raw: bytes) -> Answer:
        """Sends the bytes of one request (Connection: close is added) and reads the answer to its end."""
        head, _, body = raw.partition(b"\r\n\r\n")
        with self.connect() as sock:
            sock.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
            return read_answer(sock)


def request(method: str, target: str, body: bytes = b"", headers: Any = ()) -> bytes:
    """The bytes of a request with Host and, where there is a body, Content-Length."""
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    names = [name.lower() for name, _ in pairs]
    if "host" not in names:
        pairs.insert(0, ("Host", "shop.example"))
    if body and "content-length" not in names and "transfer-encoding" not in names:
        pairs.append(("Content-Length", str(len(body))))
    lines = ["%s %s HTTP/1.1" % (method, target)] + ["%s: %s" % pair for pair in pairs]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def read_answer(sock: socket.socket) -> Answer:
    """The answer as the socket gives it until it is closed; a body that breaks off is what came."""
    return parse_answer(read_all(sock))


def read_all(sock: socket.socket) -> bytes:
    """What comes until the server closes or resets the connection."""
    data = b""
    while True:
        try:
            chunk = sock.recv(65536)
        except ConnectionError:
            break
        if not chunk:
            break
        data += chunk
    return data


def parse_answer(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ")[1]) if lines[0] else 0
    headers = [(line.partition(":")[0], line.partition(":")[2].strip()) for line in lines[1:]]
    return Answer(status, headers, body)
