"""What `metlo-collector test` does; apart from the other commands, since a run counts what it imports."""

from __future__ import annotations

import argparse
import gc

from metlo_auto.collector.home import Home
from metlo_auto.collector.security_tests.command import run_command
from metlo_auto.collector.service.opening import opened, store_url


def test(folder: Home, options: argparse.Namespace) -> int:
    opened(folder, options).dispose()
    try:
        return run_command(folder, options, store_url(folder, options))
    finally:
        gc.freeze()  # else the end of the process looks through all that was imported, for a fifth of a second
