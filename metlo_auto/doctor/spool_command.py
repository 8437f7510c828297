"""`metlo-run --spool`: what waits on disk, and what to do with that of a key that is not used any more."""

import os
import time
from typing import Any, Callable, Dict, List, Optional

from metlo_auto.doctor import configuration, spooled
from metlo_auto.launcher import environment, messages

PATIENCE = 10.0  # seconds without a batch that leaves, then what is left waits for the app
LOOK = 0.05


def main(chosen: Any) -> int:
    """List, send or delete, and give the exit status; `chosen` are the launcher's options."""
    loaded = configuration.load(environment.for_app(dict(os.environ), chosen), _folder())
    settings = loaded.settings
    for error in loaded.errors:
        messages.say(error)
    if loaded.errors or settings.spool_dir is None:
        messages.say("there is no spool: METLO_SPOOL_DIR is off" if not loaded.errors else "nothing was done")
        return 1
    act = {"list": _list, "send": _send, "delete": _delete}[chosen.spool]
    try:
        return act(settings, chosen.command)
    except OSError as error:
        messages.say("the spool %s: %s" % (settings.spool_dir, error.strerror or error))
        return 1


def _list(settings: Any, names: List[str]) -> int:
    from metlo_auto.delivery.spool.folders import all_folders

    lines = []
    for each in all_folders(settings.spool_dir):
        if each.name == spooled.own_folder(settings):
            waited, refused = spooled.age(time.time() - each.oldest), "; it was refused" if each.refused else ""
            told = "%s  %s under METLO_API_KEY, the oldest for %s%s"
            lines.append(told % (each.name, spooled.waiting(each.traces), waited, refused))
        else:
            lines.append("%s  %s" % (each.name, spooled.said(each, settings)))
    return 0 if messages.answer("\n".join(lines or ["nothing waits in %s" % settings.spool_dir]) + "\n") else 1


def _chosen(settings: Any, names: List[str]) -> Optional[List[str]]:
    """The folders that were named, or those of this collector whose key was refused; None where that cannot be told."""
    others: Dict[str, Any] = {each.name: each for each in spooled.others(settings)}
    unknown = [name for name in names if name not in others]
    if unknown:
        messages.say("%s: nothing waits there, or under METLO_API_KEY; metlo-run --spool list shows all" % unknown[0])
        return None
    refused = [name for name, each in others.items() if each.refused and each.host == settings.host.rstrip("/")]
    if not names and not refused:
        messages.say("nothing waits under a refused key of %s; name a folder: metlo-run --spool list shows all" % (
            settings.host,))
        return None
    return names or refused


def _each(settings: Any, names: List[str], act: Callable[[str], int], done: Callable[[int], str]) -> Optional[int]:
    """How many traces `act` has dealt with in all; None where it could not."""
    chosen = _chosen(settings, names)
    if chosen is None:
        return None
    traces = sum(map(act, chosen))
    messages.say(done(traces))
    return traces


def _delete(settings: Any, names: List[str]) -> int:
    from metlo_auto.delivery.spool.folders import delete

    done = _each(settings, names, lambda name: delete(settings.spool_dir, name),
                 lambda n: spooled.counted(n) + " deleted")
    return 1 if done is None else 0


def _send(settings: Any, names: List[str]) -> int:
    from metlo_auto.delivery.spool.folders import move

    own = spooled.own_folder(settings)
    moved = _each(settings, names, lambda name: move(settings.spool_dir, name, own),
                  lambda n: spooled.waiting(n) + " under METLO_API_KEY now")
    return 1 if moved is None else _deliver(settings, own)


def _deliver(settings: Any, own: str) -> int:
    """Sends what waits under the present key, as an app would."""
    from metlo_auto.delivery import Delivery, DeliverySettings
    from metlo_auto.delivery.spool.folders import look_into

    given = {name: getattr(settings, name) for name in DeliverySettings._fields}
    delivery = Delivery(DeliverySettings(**given))
    delivery.channel().start()
    left = look_into(settings.spool_dir, own)
    until = time.monotonic() + PATIENCE
    while left.batches and time.monotonic() < until and not delivery.stats()["errors"]:
        time.sleep(LOOK)
        before, left = left, look_into(settings.spool_dir, own)
        if left.batches < before.batches:
            until = time.monotonic() + PATIENCE
    delivery.end()
    left = look_into(settings.spool_dir, own)
    if left.batches:
        said = spooled.waiting(left.traces, "still ")
        messages.say(said + "; the app sends what waits once the collector takes it")
        return 1
    messages.say("all of them were sent")
    return 0


def _folder() -> Optional[str]:
    try:
        return os.getcwd()
    except OSError:
        return None
