"""The collector's pages over a large inventory: `make URL ENDPOINTS FIELDS` fills a store, `ask URL PATH ROUNDS` asks.

One endpoint gets more fields than analysers keep of one section, as stores of older versions have them.

`ask` is a new process each time and prints a line of JSON: milliseconds of the first request and of those after it,
by the clock and of this process' processor time.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any, Iterator

sys.path.insert(0, str(Path(__file__).resolve().parent))

from analyser_child import PER_BATCH, parts, trace  # noqa: E402

SERVICES = ("shop", "billing")


def batches(endpoints: int) -> Iterator[bytes]:
    """Two calls of each endpoint, one third of them without credentials."""
    chosen = random.Random(21)
    traces = []
    for number in [*range(endpoints), *range(endpoints)]:
        made = trace(number, 20, chosen)
        made["meta"]["service"] = SERVICES[number % 2]
        if number % 3 == 0:
            made["request"]["headers"] = made["request"]["headers"][:-1]
        if number % 50 == 0:
            made["response"]["status"] = 500
        traces.append(made)
        if len(traces) == PER_BATCH:
            yield json.dumps(traces).encode()
            traces = []
    if traces:
        yield json.dumps(traces).encode()


def further(endpoint: str, fields: int) -> Iterator[dict[str, Any]]:
    """Facts of so many fields of its responses, each tenth of them an e-mail address."""
    for number in range(fields):
        kinds = [("type", "string")]
        if number % 10 == 0:
            kinds += [("class", "email"), ("example email", "a•••@e•••.com")]
        for kind, value in kinds:
            yield {
                "endpoint_id": endpoint, "section": "response 2xx application/json", "path": f"/part{number:05}",
                "kind": kind, "value": value, "n": 2, "first_seen": time.time(),
            }  # fmt: skip


def make(url: str, endpoints: int, large: int) -> None:
    """Prints the pages to ask for by their names."""
    from sqlalchemy import text

    from metlo_auto.collector.analysis.analyser import Worker
    from metlo_auto.collector.inventory import figures
    from metlo_auto.collector.store import figure_marks, inbox
    from metlo_auto.collector.store.database import open_store, upsert, writing
    from metlo_auto.collector.store.schema import facts

    engine = open_store(url)
    worker = Worker(engine)
    for listed in parts(batches(endpoints)):
        filed = [inbox.Batch(None, time.time(), 1, len(json.loads(body)), body) for body in listed]
        inbox.file(engine, filed)
        while worker.step():
            figures.refresh(engine, float("inf"))
    with writing(engine) as connection:
        query = text("SELECT endpoint_id FROM facts WHERE section LIKE 'response 2xx app%' AND path = '/field1'")
        largest, usual = list(connection.execute(query).scalars())[:2]
        upsert(connection, facts, list(further(largest, large)), sums=["n"], minima=["first_seen"])
        figure_marks.mark(connection, [largest])
    figures.refresh(engine, float("inf"))
    engine.dispose()
    print(
        json.dumps(
            {
                "home": "/",
                "home, sorted by p95": "/?sort=p95",
                "home, filtered by words and data": "/?q=things7%20shop&data=email",
                "findings": "/findings",
                "sensitive data": "/sensitive",
                "sensitive data, one class, page 100": "/sensitive?data=email&page=100",
                "requests": "/requests",
                "an endpoint": f"/endpoints/{usual}",
                f"an endpoint with {large:,} fields": f"/endpoints/{largest}",
                "its largest section alone": f"/endpoints/{largest}?section=response+2xx+application%2Fjson",
            }
        )
    )


def ask(url: str, path: str, rounds: int) -> None:
    from werkzeug.test import Client

    from metlo_auto.collector.service.wsgi import create_app

    key = "only-of-this-measurement"
    client = Client(create_app({"METLO_COLLECTOR_STORE": url, "METLO_COLLECTOR_KEY": key}))
    took, cpu = [], []
    for _ in range(rounds):
        begun, used = time.perf_counter(), time.process_time()
        response = client.get(path, headers={"Authorization": key})
        size = len(response.data)
        took.append((time.perf_counter() - begun) * 1e3)
        cpu.append((time.process_time() - used) * 1e3)
        if response.status_code != 200:
            raise SystemExit(f"{path}: {response.status}")
    later = {"later": sorted(took[1:]), "later_cpu": sorted(cpu[1:])}
    print(json.dumps({"first": took[0], "first_cpu": cpu[0], **later, "bytes": size}))
    sys.stdout.flush()
    os._exit(0)  # threads of the node would hold it up


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        ask(sys.argv[2], sys.argv[3], int(sys.argv[4]))
