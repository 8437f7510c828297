"""`overhead`: CPU per request of all the app's processes and threads, delivery included, in turns with the bare app."""

from __future__ import annotations

import random
from contextlib import ExitStack, contextmanager
from typing import Callable, Iterator, NamedTuple, Optional, Sequence

from benchmarks import cpu, wrk
from benchmarks.collectors import delivered
from benchmarks.servers import Server
from benchmarks.spread import Spread, spread
from benchmarks.variants import BARE, Variant, installed
from benchmarks.venvs import say
from benchmarks.workloads import Workload


class Sample(NamedTuple):
    """One variant in one round; CPU in microseconds per request, latencies in milliseconds."""

    cpu: float
    first_threads: float  # those that run the requests, where the worker is not threaded
    rate: float
    p50: float
    p99: float
    requests: int
    delivered: int


class Row(NamedTuple):
    """One workload under one kind of worker: the samples of each variant, round by round; memory in MB."""

    workload: str
    worker: str
    samples: dict[str, list[Sample]]
    idle: dict[str, float]
    loaded: dict[str, float]


Load = Callable[[str, Workload], wrk.Load]


@contextmanager
def running(
    variants: Sequence[Variant],
    worker: str,
    python: str,
    environment: Optional[dict[str, str]] = None,
) -> Iterator[dict[str, Server]]:
    """The app once for each variant, by name, all at the same time."""
    with ExitStack() as stack:
        servers = {}
        for variant in variants:
            server = servers[variant.name] = Server(variant, installed(variant, python), worker, environment)
            stack.callback(server.stop)
        yield servers


def measure(
    workload: Workload, worker: str, variants: Sequence[Variant], rounds: int, seconds: int, python: str
) -> Row:
    """One row: all variants in turns, and their memory before and after."""
    with running(variants, worker, python) as servers:
        idle = {name: _after_first_requests(server) for name, server in servers.items()}
        samples = in_turns(servers, workload, rounds, lambda url, load: wrk.load(url, load, seconds))
        return Row(workload.name, worker, samples, idle, {name: server.memory() for name, server in servers.items()})


def in_turns(servers: dict[str, Server], workload: Workload, rounds: int, load: Load) -> dict[str, list[Sample]]:
    """Each server is loaded in its turn, the order is another in each round; the first load of all warms up."""
    samples: dict[str, list[Sample]] = {name: [] for name in servers}
    for server in servers.values():
        wrk.load(server.url, workload, 1)
        server.settle()
    turns = list(servers)
    for number in range(rounds):
        random.Random(number).shuffle(turns)
        for name in turns:
            samples[name].append(_sample(servers[name], workload, load))
        say(
            f"{workload.name} round {number + 1}/{rounds}: "
            + ", ".join(f"{name} {samples[name][-1].cpu:.0f}" for name in servers)
        )
    return samples


def _after_first_requests(server: Server) -> float:
    for _ in range(20):
        server.served()
    server.settle()
    return server.memory()


def _sample(server: Server, workload: Workload, load: Load) -> Sample:
    served_before = server.settle()
    traces_before = server.sink.traces()
    before = server.usage()
    seen = load(server.url, workload)
    requests = server.served() - served_before
    got = requests
    if server.variant.requirements:
        got = delivered(server.sink, traces_before + requests, server.variant.patience) - traces_before
    total, first = cpu.between(before, server.usage())
    return Sample(total / requests * 1e6, first / requests * 1e6, seen.rate, seen.p50, seen.p99, requests, got)


class Cost(NamedTuple):
    """What a variant adds to the bare app, over the rounds."""

    added: Spread  # microseconds of CPU per request
    least: float  # the cheapest round less bare's cheapest: what is left where other programs disturb the rounds
    first_threads: Spread  # of it, in the threads that run the requests
    rate: Spread  # throughput, relative to bare
    p50: Spread  # relative to bare
    p99: Spread  # relative to bare
    delivered: float  # share
    idle: float  # MB over bare
    loaded: float  # MB over bare


def cost(row: Row, name: str) -> Cost:
    """Round by round against the bare app in the same round."""
    pairs = list(zip(row.samples[name], row.samples[BARE]))
    requests = sum(mine.requests for mine, _ in pairs)
    return Cost(
        spread([mine.cpu - bare.cpu for mine, bare in pairs]),
        min(mine.cpu for mine, _ in pairs) - min(bare.cpu for _, bare in pairs),
        spread([mine.first_threads - bare.first_threads for mine, bare in pairs]),
        spread([mine.rate / bare.rate for mine, bare in pairs]),
        spread([mine.p50 / bare.p50 for mine, bare in pairs]),
        spread([mine.p99 / bare.p99 for mine, bare in pairs]),
        sum(mine.delivered for mine, _ in pairs) / requests if requests else 0.0,
        row.idle[name] - row.idle[BARE],
        row.loaded[name] - row.loaded[BARE],
    )
