"""Requests at a given rate, whether or not the app keeps up; run as a process.

`paced.py PORT RATE SECONDS`, with the request on stdin; the latencies go to stdout as JSON.

Each latency counts from the moment at which the request was due, so an app that stalls is charged for all who wait, to
the last byte of the answer: what the server does before it closes the connection is nobody's wait but the next one's.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import random
import re
import resource
import select
import socket
import sys
import time
from typing import Iterable

_SELECTABLE = 1024  # numbers of sockets below this are all that select takes
_PATIENCE = 60.0  # seconds
_LENGTH = re.compile(rb"(?i)\r\ncontent-length:[ \t]*(\d+)")


class Waiting:
    """A client that was due to ask at `due`; `go_on` sends and reads what it can: whether the answer is whole."""

    def __init__(self, connection: socket.socket, request: bytes, due: float) -> None:
        self.connection = connection
        self.due = due
        self.unsent = request
        self._head = b""
        self._missing = -1  # bytes of the answer; unknown

    def go_on(self) -> bool:
        try:
            if self.unsent:
                self.unsent = self.unsent[self.connection.send(self.unsent) :]
                return False
            return self.came(self.connection.recv(1 << 18))
        except BlockingIOError:  # not connected yet, or no more for now
            return False

    def came(self, data: bytes) -> bool:
        if not data:
            return True  # the server has closed the connection
        if self._missing < 0:
            self._head += data
            head, end, body = self._head.partition(b"\r\n\r\n")
            length = _LENGTH.search(head) if end else None
            if length is None:
                return False
            self._missing, data = int(length.group(1)), body
        self._missing -= len(data)
        return self._missing <= 0


def _connecting(port: int) -> socket.socket:
    """On its way: a server with a full queue would hold up all others, and may itself wait for them to read."""
    connection = socket.socket()
    connection.setblocking(False)
    failed = connection.connect_ex(("127.0.0.1", port))
    if failed not in (0, errno.EINPROGRESS):
        raise OSError(failed, os.strerror(failed))
    return connection


def _ready(clients: Iterable[Waiting], seconds: float) -> list[int]:
    """The sockets of those that can go on, or none after `seconds`."""
    reading, writing = [], []
    for client in clients:
        (writing if client.unsent else reading).append(client.connection.fileno())
    if max(reading + writing, default=0) < _SELECTABLE:
        readable, writable, _ = select.select(reading, writing, [], seconds)
        return readable + writable
    poll = select.poll()  # counts milliseconds only; with so many waiting that is exact enough
    for number in reading:
        poll.register(number, select.POLLIN)
    for number in writing:
        poll.register(number, select.POLLOUT)
    return [number for number, _ in poll.poll(seconds * 1000)]


def run(port: int, rate: float, seconds: float, request: bytes, patience: float = _PATIENCE) -> list[float]:
    """Latencies in seconds; arrivals are random (Poisson) and the same in each run, each on a connection of its own.

    TimeoutError where the last answers do not come for `patience` seconds.
    """
    chance = random.Random(1)
    waiting: dict[int, Waiting] = {}
    latencies = []
    begun = due = answered = time.perf_counter()
    while due - begun < seconds or waiting:
        now = time.perf_counter()
        while due <= now and due - begun < seconds:
            client = Waiting(_connecting(port), request, due)
            client.go_on()  # on this machine it is connected at once, nearly always
            waiting[client.connection.fileno()] = client
            due += chance.expovariate(rate)
        wait = due - time.perf_counter() if due - begun < seconds else 1.0
        for number in _ready(waiting.values(), max(0.0, wait)):
            client = waiting[number]
            if client.go_on():
                answered = time.perf_counter()
                latencies.append(answered - client.due)
                del waiting[number]
                client.connection.close()
        if waiting and time.perf_counter() - max(answered, begun + seconds) > patience:
            raise TimeoutError(f"{len(waiting)} requests were not answered within {patience} seconds")
    return latencies


def allow_many() -> None:
    """An app that stalls has more waiting than a process may have open unless it asks."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    gc.disable()
    allow_many()
    print(json.dumps(run(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.stdin.buffer.read())))
