"""`python -m metlo_auto.collector` is `metlo-collector`."""

from __future__ import annotations

import sys

from metlo_auto.collector.cli import main

if __name__ == "__main__":
    sys.exit(main())
