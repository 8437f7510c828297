"""`overhead`: CPU per request of all processes and threads of the app, delivery included, in turns with the bare app."""

from __future__ import annotations

import random
from contextlib import ExitStack
from typing import NamedTuple, Sequence

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


def measure(workload: Workload, worker: str, variants: Sequence[Variant], rounds: int, seconds: int, python: str) -> Row:
    """All variants run at once, each is loaded in its turn, the order is another in each round."""
    with ExitStack() as stack:
        servers = {}
        for variant in variants:
            server = servers[variant.name] = Server(variant, installed(variant, python), worker)
            stack.callback(server.stop)
        idle = {name: _after_first_requests(server) for name, server in servers.items()}
        for server in servers.values():
            wrk.load(server.url, workload, 1)
            server.settle()
        samples: dict[str, list[Sample]] = {name: [] for name in servers}
        turns = list(servers)
        for number in range(rounds):
            random.Random(number).shuffle(turns)
            for name in turns:
                samples[name].append(_sample(servers[name], workload, seconds))
            say(f"{workload.name} {worker} round {number + 1}/{rounds}: " + ", ".join(
                f"{name} {samples[name][-1].cpu:.0f}" for name in servers))
        return Row(workload.name, worker, samples, idle, {name: server.memory() for name, server in servers.items()})


def _after_first_requests(server: Server) -> float:
    for _ in range(20):
        server.served()
    server.settle()
    return server.memory()


def _sample(server: Server, workload: Workload, seconds: int) -> Sample:
    served_before = server.settle()
    traces_before = server.sink.traces()
    before = server.usage()
    load = wrk.load(server.url, workload, seconds)
    requests = server.served() - served_before
    got = requests
    if server.variant.requirements:
        got = delivered(server.sink, traces_before + requests, server.variant.patience) - traces_before
    total, first = cpu.between(before, server.usage())
    return Sample(total / requests * 1e6, first / requests * 1e6, load.rate, load.p50, load.p99, requests, got)


class Cost(NamedTuple):
    """What a variant adds to the bare app, over the rounds."""

    added: Spread  # microseconds of CPU per request
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
        spread([mine.first_threads - bare.first_threads for mine, bare in pairs]),
        spread([mine.rate / bare.rate for mine, bare in pairs]),
        spread([mine.p50 / bare.p50 for mine, bare in pairs]),
        spread([mine.p99 / bare.p99 for mine, bare in pairs]),
        sum(mine.delivered for mine, _ in pairs) / requests if requests else 0.0,
        row.idle[name] - row.idle[BARE], row.loaded[name] - row.loaded[BARE])
