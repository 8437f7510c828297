"""What of the spool is said to people: how much waits under which key, and for how long."""

import os
import time
from typing import Any, List

from metlo_auto.doctor.finding import OK, WARNING, Finding

COMMAND = "metlo-run --spool %s %s"


def examine_others(settings: Any) -> List[Finding]:
    """What waits under other keys, or for other collectors; OSError where the spool cannot be read."""
    return [
        Finding("spool_of_another_key", WARNING, said(each, settings), "run: %s, or: %s" % (
            COMMAND % ("send", each.name), COMMAND % ("delete", each.name)))
        for each in others(settings)
    ]


def examine_own(settings: Any, path: str) -> Finding:
    """What waits under this key; OSError where the folder cannot be read."""
    from metlo_auto.delivery.spool.folders import look_into

    own = look_into(settings.spool_dir, os.path.basename(path))
    told = "%s: %s there" % (path, waiting(own.traces))
    if own.batches:
        told += ", the oldest for %s" % age(time.time() - own.oldest)
    if own.refused:
        fix = "check METLO_API_KEY; with another key: %s" % (COMMAND % ("send", own.name))
        return Finding("spool", WARNING, told + "; the collector refused the key the last time", fix)
    return Finding("spool", OK, told)


def said(each: Any, settings: Any) -> str:
    """One folder in a sentence."""
    key = "the key that ends in %s" % each.key if each.key else "another key"
    elsewhere = each.host and each.host != settings.host.rstrip("/")
    whose = "for %s" % each.host if elsewhere else "under %s" % key
    refused = ", which the collector refused" if each.refused else ""
    return "%s %s%s, the oldest for %s" % (waiting(each.traces), whose, refused, age(time.time() - each.oldest))


def counted(traces: int) -> str:
    """How many, as people say it."""
    return "1 trace" if traces == 1 else "%d traces" % traces


def waiting(traces: int, still: str = "") -> str:
    """That so many wait."""
    return "%s %swait%s" % (counted(traces), still, "s" if traces == 1 else "")


def age(seconds: float) -> str:
    """Roughly, for people."""
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return "%d %s" % (seconds / unit, name)
    return "1 second" if int(seconds) == 1 else "%d seconds" % max(seconds, 0)


def others(settings: Any) -> List[Any]:
    """The folders that are not of the present collector and key, and in which something waits."""
    from metlo_auto.delivery.spool.folders import all_folders

    own = own_folder(settings)
    return [each for each in all_folders(settings.spool_dir) if each.name != own]


def own_folder(settings: Any) -> str:
    """The name of the one that is."""
    from metlo_auto.delivery.spool.spool import folder_for

    return os.path.basename(folder_for(settings.spool_dir, settings.host, settings.api_key))
