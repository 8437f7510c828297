"""Requests at a given rate, whether or not the app keeps up; run as a process.

`paced.py PORT RATE SECONDS`, with the request on stdin; the latencies go to stdout as JSON.

Each latency counts from the moment at which the request was due, so an app that stalls is charged for all who wait.
"""

from __future__ import annotations

import gc
import json
import random
import resource
import select
import socket
import sys
import time

_SELECTABLE = 1024  # numbers of sockets below this are all that select takes


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
    open_sockets: dict[int, tuple[socket.socket, float]] = {}
    latencies = []
    begun = due = time.perf_counter()
    while due - begun < seconds or open_sockets:
        now = time.perf_counter()
        while due <= now and due - begun < seconds:
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            connection.sendall(request)
            open_sockets[connection.fileno()] = connection, due
            due += chance.expovariate(rate)
        wait = due - time.perf_counter() if due - begun < seconds else 1.0
        for number in _readable(list(open_sockets), max(0.0, wait)):
            connection, asked = open_sockets[number]
            if not connection.recv(1 << 18):
                latencies.append(time.perf_counter() - asked)
                del open_sockets[number]
                connection.close()
    return latencies


def allow_many() -> None:
    """An app that stalls has more waiting than a process may have open unless it asks."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    gc.disable()
    allow_many()
    print(json.dumps(run(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.stdin.buffer.read())))
