"""A process that ends by itself leaves its numbers in STATS_FOLDER."""

import json
import os
import sys


def leave_numbers():
    if "metlo_auto.agent" in sys.modules and "STATS_FOLDER" in os.environ:
        import metlo_auto

        path = os.path.join(os.environ["STATS_FOLDER"], "stats-%d" % os.getpid())
        with open(path, "w") as file:
            json.dump(metlo_auto.stats(), file)
        os.rename(path, path + ".json")
