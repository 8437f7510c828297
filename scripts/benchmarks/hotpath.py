"""`hotpath`: the steps of a request inside a real worker, and the same worker's profile."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from benchmarks import cpu, venvs, wrk
from benchmarks.collectors import delivered
from benchmarks.servers import Server
from benchmarks.variants import Variant, installed
from benchmarks.workloads import Workload


class Step(NamedTuple):
    """Microseconds per request."""

    when: str
    name: str
    calls: float
    us: float


def steps(workload: Workload, variant: Variant, seconds: int, python: str) -> list[Step]:
    """Per request, in the order in which they were first met."""
    with tempfile.NamedTemporaryFile(prefix="bench-steps-") as file:
        server = Server(variant, installed(variant, python), "sync", environment={"BENCH_STEPS": file.name})
        try:
            load = wrk.load(server.url, workload, seconds)
            server.settle()
        finally:
            server.stop()
        found = json.loads(Path(file.name).read_text())
    # Stop-watches keep the last 50,000 times.
    requests = min(load.requests, max((step["calls"] for step in found.values()), default=1))
    return [
        Step(label.split("|")[0], label.split("|")[1], step["calls"] / requests, step["us"] * step["calls"] / requests)
        for label, step in found.items()
    ]


class Profile(NamedTuple):
    """Microseconds of CPU per request, by function of the agent, itself and with what it calls."""

    cpu: float
    itself: dict[str, float]
    whole: dict[str, float]


def profile(workload: Workload, variant: Variant, seconds: int, python: str) -> Profile:
    """py-spy on a worker under load."""
    server = Server(variant, installed(variant, python), "sync")
    try:
        wrk.load(server.url, workload, 1)
        served, before = server.settle(), server.usage()
        wrk.load(server.url, workload, seconds)
        requests = server.served() - served
        delivered(server.sink, served + requests, variant.patience)
        spent = cpu.between(before, server.usage())[0] / requests * 1e6
        with tempfile.NamedTemporaryFile(prefix="bench-spy-") as file:
            spy = subprocess.Popen(
                [
                    str(venvs.tools() / "bin/py-spy"),
                    "record",
                    "--pid",
                    str(cpu.tree(server.pid)[-1]),
                    "--rate",
                    "400",
                    "--duration",
                    str(seconds),
                    "--format",
                    "raw",
                    "--output",
                    file.name,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            wrk.load(server.url, workload, seconds + 1)
            spy.wait()
            lines = Path(file.name).read_text().splitlines()
    finally:
        server.stop()
    if not lines:
        raise venvs.Trouble("py-spy saw nothing; it needs the right to look into processes (root, or ptrace_scope 0)")
    return _counted(lines, spent)


def _counted(lines: list[str], spent: float) -> Profile:
    itself: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    total = 0
    for line in lines:
        stack, _, number = line.rpartition(" ")
        frames = [frame.rpartition(":")[0] + ")" for frame in stack.split(";")]
        if frames[-1].startswith("Wakeup.wait "):  # a thread that sleeps, which py-spy cannot see
            continue
        total += int(number)
        ours = [frame for frame in frames if "metlo_auto" in frame]
        for frame in set(ours):
            whole[frame] += int(number)
        last = frames[-1]
        # A call of something else from our code is told with who called it; the app is not something that we call.
        if ours and (last == ours[-1] or not ours[-1].startswith("edge.")):
            itself[ours[-1] if last == ours[-1] else f"{ours[-1]} > {last}"] += int(number)
    return Profile(
        spent,
        *({name: count / total * spent for name, count in counts.most_common(40)} for counts in (itself, whole)),
    )
