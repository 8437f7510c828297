"""Requests at a given rate, whether or not the app keeps up; run as a process.

`paced.py PORT RATE SECONDS`, with the request on stdin; the latencies go to stdout as JSON.

Each latency counts from the moment at which the request was due, so an app that stalls is charged for all who wait, to
the last byte of the answer: what the server does before it closes the connection is nobody's wait but the next one's.
"""

from __future__ import annotations

import gc
import json
import random
import re
import resource
import select
import socket
import sys
import time

_SELECTABLE = 1024  # numbers of sockets below this are all that select takes
_LENGTH = re.compile(rb"(?i)\r\ncontent-length:[ \t]*(\d+)")


class Waiting:
    """A client that was due to ask at `due`; `came` takes what it reads and says whether that was the last of it."""

    def __init__(self, connection: socket.socket, due: float) -> None:
        self.connection = connection
        self.due = due
        self._head = b""
        self._missing = -1  # bytes of the answer; unknown

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


def _readable(numbers: list[int], seconds: float) -> list[int]:
    """Those that have something to read, or none after `seconds`."""
    if max(numbers, default=0) < _SELECTABLE:
        return select.select(numbers, [], [], seconds)[0]
    poll = select.poll()  # counts milliseconds only; with so many waiting that is exact enough
    for number in numbers:
        poll.register(number, select.POLLIN)
    return [number for number, _ in poll.poll(seconds * 1000)]


def run(port: int, rate: float, seconds: float, request: bytes) -> list[float]:
    """Latencies in seconds; arrivals are random (Poisson) and the same in each run, each on a connection of its own."""
    chance = random.Random(1)
    waiting: dict[int, Waiting] = {}
    latencies = []
    begun = due = time.perf_counter()
    while due - begun < seconds or waiting:
        now = time.perf_counter()
        while due <= now and due - begun < seconds:
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            connection.sendall(request)
            waiting[connection.fileno()] = Waiting(connection, due)
            due += chance.expovariate(rate)
        wait = due - time.perf_counter() if due - begun < seconds else 1.0
        for number in _readable(list(waiting), max(0.0, wait)):
            client = waiting[number]
            if client.came(client.connection.recv(1 << 18)):
                latencies.append(time.perf_counter() - client.due)
                del waiting[number]
                client.connection.close()
    return latencies


def allow_many() -> None:
    """An app that stalls has more waiting than a process may have open unless it asks."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    gc.disable()
    allow_many()
    print(json.dumps(run(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.stdin.buffer.read())))
