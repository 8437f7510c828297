"""A process that ends by itself leaves its numbers in STATS_FOLDER."""

import json
import os
import sys


def leave_numbers():
    if "metlo_auto.agent" in sys.modules and "STATS_FOLDER" in os.environ:
        import metlo_auto

        with open(os.path.join(os.environ["STATS_FOLDER"], "stats-%d.json" % os.getpid()), "w") as file:
            json.dump(metlo_auto.stats(), file)
