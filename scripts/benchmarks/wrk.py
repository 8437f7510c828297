"""wrk, as a function: a workload against a URL for some seconds, at saturation."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from typing import NamedTuple

from benchmarks.collectors import pinned
from benchmarks.machine import cores
from benchmarks.venvs import Trouble
from benchmarks.workloads import Workload

_DONE = """
done = function(summary, latency)
  io.write(string.format('\\nBENCH {"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"p999":%f,"errors":%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency:percentile(99.9) / 1e3, summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout))
end
"""


class Load(NamedTuple):
    """Latencies in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    p999: float
    errors: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def load(url: str, workload: Workload, seconds: int, connections: int = 8) -> Load:
    """Raises Trouble where an answer was an error."""
    program = shutil.which("wrk")
    if program is None:
        raise Trouble("wrk is not installed: apt-get install wrk")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_script(workload))
        script.flush()
        done = subprocess.run(
            [
                program,
                "--threads",
                "1",
                "--connections",
                str(connections),
                "--duration",
                f"{seconds}s",
                "--timeout",
                "30s",
                "--script",
                script.name,
                url + workload.path,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            **pinned(cores()[1]),
        )
    for line in done.stdout.splitlines():
        if line.startswith("BENCH "):
            result = Load(**json.loads(line[6:]))
            if result.errors or not result.requests:
                raise Trouble(f"{workload.name}: {result.errors} errors in {result.requests} requests")
            return result
    raise Trouble(f"wrk said nothing: {done.stdout[-200:]}")


_TURNS = """
local turn = 0
request = function()
  turn = (turn + 1) %% %d
  return wrk.format(nil, "/r" .. turn .. "/ada")
end
"""


def _script(workload: Workload) -> str:
    lines = [f"wrk.method = {_lua(workload.method)}"]
    lines += [f"wrk.headers[ {_lua(name)} ] = {_lua(value)}" for name, value in workload.headers.items()]
    if workload.body:
        lines.append(f"wrk.body = {_lua(workload.body)}")
    return "\n".join(lines) + (_TURNS % workload.routes if workload.routes else "") + _DONE


def _lua(text: str) -> str:
    level = "="
    while f"]{level}]" in text:
        level += "="
    return f"[{level}[{text}]{level}]"
