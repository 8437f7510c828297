"""The collector's pages over a large inventory: `make URL ENDPOINTS FIELDS` fills a store, `ask URL PATH ROUNDS` asks.

One endpoint gets more fields than analysers keep of one section, as stores of older versions have them.

`ask` is a new process each time and prints a line of JSON: milliseconds of the first request and of those after it,
by the clock and of this process' processor time. What is sent in pieces is measured by its longest piece,
which is as long as others wait for it; the whole stands beside it.
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
        query = "SELECT DISTINCT endpoint_id FROM facts WHERE section LIKE 'response 2xx app%' AND path = '/field1'"
        largest, usual = list(connection.execute(text(f"{query} ORDER BY endpoint_id LIMIT 2")).scalars())
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
                "requests, searched": "/requests?q=things7",
                "OpenAPI of a service": f"/openapi?service={SERVICES[0]}",
                "OpenAPI document, in pieces": f"/openapi.json?service={SERVICES[0]}",
                "requests as HAR, in pieces": "/requests.har",
                "requests as JSON lines, in pieces": "/requests.jsonl",
                "tests": "/tests",
                "settings": "/settings",
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
    took, cpu, whole = [], [], []
    for _ in range(rounds if "." not in path else 2):  # a download has nothing that a later one would find
        begun, used = time.perf_counter(), time.process_time()
        response = client.get(path, headers={"Authorization": key})
        pieces, size = [], 0
        for piece in response.response:
            size += len(piece)
            now, now_used = time.perf_counter(), time.process_time()
            pieces.append(((now - begun) * 1e3, (now_used - used) * 1e3))
            begun, used = now, now_used
        response.close()
        took.append(max(piece[0] for piece in pieces))
        cpu.append(max(piece[1] for piece in pieces))
        whole.append(sum(piece[1] for piece in pieces))
        if response.status_code != 200:
            raise SystemExit(f"{path}: {response.status}")
    later = {"later": sorted(took[1:]), "later_cpu": sorted(cpu[1:]), "whole_cpu": min(whole)}
    print(json.dumps({"first": took[0], "first_cpu": cpu[0], **later, "bytes": size}))
    sys.stdout.flush()
    os._exit(0)  # threads of the node would hold it up


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        ask(sys.argv[2], sys.argv[3], int(sys.argv[4]))
