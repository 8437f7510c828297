"""What the results have to carry: versions, cores, processor, date. No host name and no path."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def described() -> dict[str, object]:
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "revision": revision(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> float:
    kilobytes = int(Path("/proc/meminfo").read_text().split()[1])
    return round(kilobytes / 2**20, 1)


def revision() -> str:
    """Of this checkout; "+" where the agent differs from what is committed."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True
        ).stdout.strip()

    try:
        return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "metlo_auto") else "")
    except OSError:
        return ""


def versions(site_packages: Path) -> dict[str, str]:
    """Of everything that is installed there."""
    found = {(item.metadata["Name"] or "").lower(): item.version for item in distributions(path=[str(site_packages)])}
    return {name: found[name] for name in sorted(found) if name not in ("", "pip", "setuptools", "wheel")}


def cores() -> tuple[set[int], set[int]]:
    """One core for the app, and one, another where there is one, for the load and the collector."""
    usable = sorted(os.sched_getaffinity(0))
    return {usable[0]}, {usable[-1]}
