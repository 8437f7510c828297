"""`python -m metlo_auto` is metlo-run."""

import os
import sys

try:
    if sys.path[0] in ("", os.getcwd()):  # put there by -m; a random.py in it must not shadow Python's
        del sys.path[0]
except OSError:  # the folder is gone
    pass

from metlo_auto.launcher import main  # noqa: E402

sys.exit(main())
