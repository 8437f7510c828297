"""Which packages the collector needs beyond the agent's, and what to say where one is missing."""

from __future__ import annotations

import importlib.util
import sys
from typing import Sequence

from metlo_auto.cli.collector_packages import NEEDED

PACKAGES = tuple(module for _, module, _ in NEEDED)


def missing(packages: Sequence[str] = PACKAGES) -> list[str]:
    """The names among `packages` that this interpreter cannot import; nothing is imported to find out."""
    return [name for name in packages if importlib.util.find_spec(name) is None]


def complaint(names: Sequence[str], executable: str = sys.executable) -> str:
    """One line: what is missing, what fixes it; first the way that leaves the app's packages as they are."""
    return (
        f"metlo-collector: {', '.join(names)} not installed for {executable}; run: metlo-run --local --yes true, "
        f"which makes an environment for it, or: {executable} -m pip install 'metlo-auto[collector]' "
        "(in a clone '.[collector]')"
    )
