"""A real HTTP collector on port 0 that can misbehave in every way that was met; knows the wire contract alone.

Well, it takes v1 batches (and v2 singles with `v2=True`), refuses wrong keys, and takes a repetition of an
`X-Metlo-Batch-Id` once. `fault` decides about each post: a function of it that returns an Answer, or None for well.
"""

import collections
import gzip
import json
import socket
import ssl
import struct
import threading
import time
from typing import Any, Callable, Counter, Dict, List, NamedTuple, Optional, Set

from tests.support.ports import free_port


class Post(NamedTuple):
    path: str
    batch_id: str
    key: str
    headers: Dict[str, str]
    traces: List[Dict[str, Any]]
    size: int
    number: int  # of the post, from 0
    at: float
    connection: int

    @property
    def ids(self) -> List[str]:
        return [trace["meta"]["traceId"] for trace in self.traces]


class Answer(NamedTuple):
    """`stored`: how many of the post's traces count as arrived although the answer is no success."""

    status: int = 200
    text: str = "OK"
    headers: Dict[str, str] = {}
    stored: int = 0
    way: str = "plain"  # or: reset, hang, dribble, close


def status(code: int, text: str = "", **headers: str) -> Callable[[Post], Answer]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda post: Answer(code, text, named)


def way(name: str) -> Callable[[Post], Answer]:
    return lambda post: Answer(way=name)


def first(times: int, fault: Callable[[Post], Answer]) -> Callable[[Post], Optional[Answer]]:
    return lambda post: fault(post) if post.number < times else None


def real_path(trace: Dict[str, Any]) -> str:
    """The path that was asked for."""
    return str(trace["meta"].get("path") or trace["request"]["url"]["path"])


class FaultyCollector:
    """`with FaultyCollector() as it:` has `it.host`, `it.posts`, `it.arrived` and waits with `it.wait_for(ids)`."""

    def __init__(
        self,
        fault: Optional[Callable[[Post], Optional[Answer]]] = None,
        v2: bool = False,
        key: str = "test-key",
        idle: float = 30.0,
        tls: Optional[ssl.SSLContext] = None,
        limit: int = 2097152,
    ) -> None:
        self.fault, self.v2, self.key, self.idle, self.tls, self.limit = fault, v2, key, idle, tls, limit
        self.verify: Optional[Callable[[], Answer]] = Answer  # what it says of itself; None: as `fault` says
        self.asked = 0  # how often it was asked that
        self.posts: List[Post] = []
        self.arrived: Counter[str] = collections.Counter()
        self.paths: Counter[str] = collections.Counter()
        self.announced: List[str] = []
        self.connections = 0
        self._taken: Set[str] = set()
        self._taken_at: Dict[str, int] = {}
        self._changed = threading.Condition()
        self._open: Set[socket.socket] = set()
        self._listener: Optional[socket.socket] = None
        self.port = 0

    def __enter__(self) -> "FaultyCollector":
        self.start()
        return self

    def __exit__(self, *exc: Any) -> None:
        self.stop()

    @property
    def host(self) -> str:
        return "%s://127.0.0.1:%d" % ("https" if self.tls else "http", self.port)

    def start(self) -> None:
        """Listens, on the same port as before."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port or free_port()))
        listener.listen(256)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def stop(self) -> None:
        """Refuses connections from now on and resets those that are open."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for sock in list(self._open):
            _reset(sock)

    def wait_for(self, ids: Any, deadline: float = 60.0) -> None:
        """Waits until all of `ids` have arrived; AssertionError that says which are missing."""
        wanted = {str(name) for name in ids}
        self.wait_until(lambda: wanted <= set(self.arrived), deadline, lambda: wanted - set(self.arrived))

    def wait_until(
        self, true: Callable[[], bool], deadline: float = 60.0, missing: Callable[[], Any] = lambda: ""
    ) -> None:
        end = time.monotonic() + deadline
        with self._changed:
            while not true():
                left = end - time.monotonic()
                assert left > 0, "did not come: %s" % repr(missing())[:500]
                self._changed.wait(left)

    def wait_for_paths(self, paths: Any, deadline: float = 60.0) -> None:
        """The same by request.url.path; exactly these, each once."""
        wanted = set(paths)
        assert len(wanted) == len(list(paths)), "the test asked the same twice"
        self.wait_until(lambda: wanted <= set(self.paths), deadline, lambda: sorted(wanted - set(self.paths)))
        more = collections.Counter(self.paths) - collections.Counter(wanted)
        assert not more, "came twice, or to a client without an answer: %s" % sorted(more)[:20]

    def wait_until_nobody_is_connected(self, deadline: float = 60.0) -> None:
        end = time.monotonic() + deadline
        while self._open:
            assert time.monotonic() < end, "still connected"
            time.sleep(0.01)

    def assert_once(self, ids: Any) -> None:
        """Exactly `ids` have arrived, each once."""
        twice = [name for name, times in self.arrived.items() if times > 1]
        assert not twice, "came more than once: %s" % twice[:20]
        assert set(self.arrived) == {str(name) for name in ids}

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        try:
            if self.tls is not None:
                sock = self.tls.wrap_socket(sock, server_side=True)
            self._open.add(sock)
            sock.settimeout(self.idle)
            with sock, sock.makefile("rb") as file:
                while self._one(sock, file, number):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            self._open.discard(sock)

    def _one(self, sock: socket.socket, file: Any, connection: int) -> bool:
        line = file.readline()
        if not line:
            return False
        headers = {}
        for header in iter(file.readline, b"\r\n"):
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = file.read(int(headers.get("content-length", "0")))
        answer = self._answer(line.decode().split()[1], headers, body, connection)
        return _write(sock, answer)

    def _answer(self, path: str, headers: Dict[str, str], body: bytes, connection: int) -> Answer:
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if path == "/api/v1/verify" and self.verify is not None:
            with self._changed:
                self.asked += 1
            return self.verify() if headers.get("authorization") == self.key else Answer(401, "Client unauthorized")
        document = json.loads(body.decode()) if body else []
        traces = document if isinstance(document, list) else [document]
        with self._changed:
            post = Post(path, headers.get("x-metlo-batch-id", ""), headers.get("authorization", ""), headers, traces,
                        len(body), len(self.posts), time.monotonic(), connection)  # fmt: skip
            self.posts.append(post)
            answer = self._judge(post)
            self._take(post, answer)
            self._changed.notify_all()
        return answer

    def _judge(self, post: Post) -> Answer:
        answer = self.fault(post) if self.fault is not None else None
        if answer is not None:
            return answer
        if post.size > self.limit:
            return Answer(413, "<html>too large</html>")
        if post.key != self.key:
            return Answer(401, "Client unauthorized")
        if "/v2/" in post.path and not self.v2:
            return Answer(404, "Cannot POST")
        return Answer(stored=len(post.traces))

    def took(self, post: Post) -> bool:
        """Whether the post's traces counted, this time or another."""
        return post.batch_id in self._taken and post.number >= self._taken_at[post.batch_id]

    def _take(self, post: Post, answer: Answer) -> None:
        if post.batch_id in self._taken:
            return
        if answer.stored:
            self._taken.add(post.batch_id)
            self._taken_at[post.batch_id] = post.number
            self.arrived.update(post.ids[: answer.stored])
            self.paths.update(real_path(trace) for trace in post.traces[: answer.stored])
            if "/v2/" in post.path:
                self.announced += post.ids


def _write(sock: socket.socket, answer: Answer) -> bool:
    text = answer.text.encode()
    head = "HTTP/1.1 %d X\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n" % (answer.status, len(text))
    head += "".join("%s: %s\r\n" % pair for pair in answer.headers.items())
    data = head.encode() + b"\r\n" + text
    if answer.way == "reset":
        _reset(sock)
    elif answer.way == "hang":
        sock.settimeout(120.0)
        sock.recv(1)
    elif answer.way == "dribble":
        for index in range(len(data)):
            sock.sendall(data[index : index + 1])
            time.sleep(0.2)
    elif answer.way == "plain":
        sock.sendall(data)
    return answer.way in ("plain", "dribble")


def _reset(sock: socket.socket) -> None:
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.shutdown(socket.SHUT_RDWR)
        sock.close()
    except OSError:
        pass
