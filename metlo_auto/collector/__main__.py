"""`python -m metlo_auto.collector` is `metlo-collector`."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # `-m` puts the current directory first: a user's queue.py there must not become ours
    try:
        here = ("", os.getcwd())
    except OSError:  # it was deleted
        here = ("", "")
    if sys.path[0] in here:
        del sys.path[0]
    from metlo_auto.collector.service.cli import main

    sys.exit(main())
