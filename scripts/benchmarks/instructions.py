"""Instructions per request, counted by valgrind: slow, and the same however busy the machine is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.collectors import Sink
from benchmarks.servers import APPS, environment_of
from benchmarks.variants import Variant, installed
from benchmarks.venvs import Trouble
from benchmarks.workloads import Workload

FEW, MANY = 100, 400  # requests; their difference leaves the start out


def per_request(workload: Workload, variant: Variant, python: str) -> float:
    """Of all threads, delivery included."""
    folder = installed(variant, python)
    sink = Sink()
    try:
        few, many = (_counted(number, workload, variant, folder, sink) for number in (FEW, MANY))
    finally:
        sink.stop()
    return (many - few) / (MANY - FEW)


def _counted(number: int, workload: Workload, variant: Variant, folder: Path, sink: Sink) -> int:
    program = shutil.which("valgrind")
    if program is None:
        raise Trouble("valgrind is not installed: apt-get install valgrind")
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        environment = dict(environment_of(variant, folder, sink, home), PYTHONHASHSEED="0")
        launcher = [str(folder / "bin" / variant.launcher[0]), *variant.launcher[1:]] if variant.launcher else []
        done = subprocess.run(
            [
                *launcher,
                program,
                "--tool=callgrind",
                "--callgrind-out-file=/dev/null",
                str(folder / "bin/python"),
                str(APPS / "in_process.py"),
                str(number),
                workload.method,
                workload.path,
                json.dumps(workload.headers),
                workload.body,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            cwd=home,
            env=environment,
        )
    found = re.search(r"Collected : (\d+)", done.stdout)
    if done.returncode or found is None:
        raise Trouble(f"valgrind: {done.stdout[-300:]}")
    return int(found.group(1))
