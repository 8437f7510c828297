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
    """One line that names what is missing and the command that fixes it."""
    return (
        f"metlo-collector: {', '.join(names)} not installed for {executable}; "
        f"run: {executable} -m pip install 'metlo-auto[collector]' (in a clone '.[collector]')"
    )
