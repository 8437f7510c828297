"""What one analyser needs for so many traces: run with the metlo_auto of any revision on `PYTHONPATH`.

Arguments: store's URL, endpoints, fields, traces for warming up, traces that are measured. Prints one line of JSON.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from importlib import import_module
from typing import Any, Iterator, Optional

PER_BATCH = 100
PART = 12_000_000  # bytes that are put into the inbox at a time: one full step
_WORDS = ("paid", "open", "sent", "lost")


def module(*names: str) -> Any:
    """The module under the first of `names` that this revision has."""
    for name in names:
        try:
            return import_module("metlo_auto.collector." + name)
        except ModuleNotFoundError:
            continue
    raise SystemExit(f"no {names} here")


def field(number: int, chosen: random.Random) -> Any:
    """Every other value is new: ids, amounts, names, addresses, times; the rest are codes."""
    kind = number % 10
    if kind == 0:
        return chosen.randrange(10**6)
    if kind == 1:
        return f"ada.{chosen.randrange(10**6)}@example.com"
    if kind == 2:
        return round(chosen.random() * 1000, 2)
    if kind == 3:
        return f"Ada {chosen.randrange(10**5)} Lovelace"
    if kind == 4:
        return f"2026-11-{chosen.randrange(10, 29)}T10:{chosen.randrange(10, 59)}:00Z"
    return (chosen.choice(_WORDS), True, None, "EUR", chosen.randrange(5))[kind - 5]


def trace(endpoint: int, fields: int, chosen: random.Random) -> dict[str, Any]:
    name = chosen.randrange(10**6)
    body = {f"field{number}": field(number, chosen) for number in range(fields)}
    return {
        "request": {
            "url": {
                "host": "shop.example",
                "path": f"/things{endpoint}/{name}",
                "endpointPath": f"/things{endpoint}/{{id}}",
                "parameters": [{"name": "page", "value": str(name % 50)}],
            },
            "headers": [
                {"name": "Host", "value": "shop.example"},
                {"name": "User-Agent", "value": "python-requests/2.32"},
                {"name": "Accept", "value": "application/json"},
                {"name": "Authorization", "value": "Bearer redacted-abcdefghijkl"},
            ],
            "body": "",
            "method": "GET",
        },
        "response": {
            "url": "127.0.0.1:8000",
            "status": 200,
            "headers": [
                {"name": "Content-Type", "value": "application/json"},
                {"name": "Content-Length", "value": str(len(str(body)))},
            ],
            "body": json.dumps(body),
        },
        "meta": {
            "environment": "production",
            "incoming": True,
            "source": "203.0.113.7",
            "sourcePort": "",
            "destination": "127.0.0.1",
            "destinationPort": "8000",
            "metloSource": "python/flask",
            "traceId": f"{name:032x}",
            "durationMs": chosen.random() * 100,
        },
    }


def batches(endpoints: int, fields: int, number: int, seed: int) -> Iterator[bytes]:
    """The same arguments give the same bytes. Every endpoint has its turn, in between rather the first ones."""
    chosen = random.Random(seed)
    for start in range(0, number, PER_BATCH):
        traces = [
            trace(n // 2 % endpoints if n % 2 else int(chosen.random() ** 3 * endpoints), fields, chosen)
            for n in range(start, start + PER_BATCH)
        ]
        yield json.dumps(traces).encode()


def main(url: str, endpoints: int, fields: int, warming: int, measured: int) -> None:
    engine = module("store.database", "database").open_store(url)
    inbox = module("store.inbox", "inbox")
    module("processes").seldom_look_for_cycles()  # as its process does
    worker = module("analysis.analyser", "analyser").Worker(engine)
    spent = spent_warm = 0.0
    filed = warmed = analysed = 0
    listed: Optional[list[bytes]] = None
    several = parts(batches(endpoints, fields, warming + measured, 7))
    while listed is None or listed:
        listed = next(several, [])
        inbox.file(engine, [inbox.Batch(None, time.time(), 1, PER_BATCH, body) for body in listed])
        filed += len(listed)
        begun = used()
        while waiting(engine) > len(listed):  # what was filed last waits, as with an analyser that is behind
            worker.step()
        spent += used() - begun
        analysed = (filed - len(listed)) * PER_BATCH
        if analysed <= warming:
            spent_warm, warmed = spent, analysed
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"us": (spent - spent_warm) / (analysed - warmed) * 1e6, "mb": peak}))


def waiting(engine: Any) -> int:
    """Batches in the inbox."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT COUNT(*) FROM inbox").scalar())


def parts(bodies: Iterator[bytes]) -> Iterator[list[bytes]]:
    listed: list[bytes] = []
    size = 0
    for body in bodies:
        listed.append(body)
        size += len(body)
        if size > PART - 2 * len(body):
            yield listed
            listed, size = [], 0
    if listed:
        yield listed


def used() -> float:
    """Seconds of processor time, of children that have ended too."""
    each = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in each)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
