"""What `metlo-collector test` does; apart from the other commands, since a run counts what it imports."""

from __future__ import annotations

import argparse
import os

from metlo_auto.collector.home import Home
from metlo_auto.collector.processes import look_for_no_cycles_in_what_is_there
from metlo_auto.collector.security_tests.command import run_command
from metlo_auto.collector.store.statements import OfEngine, Statements, of_current_sqlite


def test(folder: Home, options: argparse.Namespace) -> int:
    look_for_no_cycles_in_what_is_there()
    store = _store(folder, options)
    try:
        return run_command(folder, options, store)
    finally:
        store.close()
        look_for_no_cycles_in_what_is_there()  # else the end of the process takes a fifth of a second


def _store(folder: Home, options: argparse.Namespace) -> Statements:
    """Raises what `opening.opened` does."""
    found = of_current_sqlite(folder.store_url(options.store, os.environ))
    if found is None:
        from metlo_auto.collector.service.opening import opened  # and SQLAlchemy

        return OfEngine(opened(folder, options))
    return found
