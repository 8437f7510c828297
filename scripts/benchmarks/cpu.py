"""CPU time and memory of a process and all its descendants, from Linux's own books."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

_TICK = 1 / os.sysconf("SC_CLK_TCK")


class Usage(NamedTuple):
    """Seconds of CPU; `by_thread` for the threads that live, by (process, thread)."""

    total: float
    by_thread: dict[tuple[int, int], float]


def tree(root: int) -> list[int]:
    """`root` and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parent = int(_fields(int(entry))[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def _fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (the second, the name, may hold anything)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def usage(root: int) -> Usage:
    """All processes and threads, those that are gone too."""
    total, threads = 0.0, {}
    for pid in tree(root):
        try:
            fields = _fields(pid)
            # The process's own clock counts nanoseconds, and the threads that ended; /proc/PID/stat only ticks.
            total += time.clock_gettime((~pid << 3) | 2) + (int(fields[13]) + int(fields[14])) * _TICK
            for thread in os.listdir(f"/proc/{pid}/task"):
                spent = Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0]
                threads[pid, int(thread)] = int(spent) * 1e-9
        except OSError:
            continue
    return Usage(total, threads)


def between(before: Usage, after: Usage) -> tuple[float, float]:
    """Seconds of CPU in all, and of the first threads of the processes alone."""
    first = sum(spent - before.by_thread.get(key, 0.0) for key, spent in after.by_thread.items() if key[0] == key[1])
    return after.total - before.total, first


def private_memory(root: int) -> float:
    """MB that would be free if the processes were gone."""
    kilobytes = 0
    for pid in tree(root):
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith(("Private_Clean:", "Private_Dirty:")):
                    kilobytes += int(line.split()[1])
        except OSError:
            continue
    return kilobytes / 1024
