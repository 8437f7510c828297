"""Waits for an app under `metlo-run --local` to end, remembers its run and says in one line what it has shown.

`metlo-run` becomes the app, so this is a process of its own: no child of the app's, and small until the app has ended.
"""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple, Optional

from metlo_auto.collector.data_folder import Folder
from metlo_auto.collector.processes import clean_environment, is_alive, own_command, start_mark

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

LOOKS_EVERY = 0.2  # seconds
QUIET_FOR = 0.6  # seconds without a further trace, after which all of it has come
MOST = 8.0  # seconds to wait for that: somebody may wait for the end of the line


class Followed(NamedTuple):
    """An app's process; `tell`: the file descriptor that the line goes to."""

    pid: int
    mark: str
    run: str
    tell: int


def start(folder: Folder, store: Optional[str], pid: int, run: str, tell: int) -> None:
    """Follow `pid` in a process that outlives this one."""
    mark = start_mark(pid)
    if mark is None:
        return
    words = ["follow", "--data-dir", str(folder.path), "--pid", str(pid), "--mark", mark, "--tell", str(tell)]
    subprocess.Popen(
        own_command(*words, f"--run={run}", *(("--store", store) if store else ())),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(os.environ),
        cwd=str(folder.path),
        start_new_session=True,  # a ^C is the app's
        pass_fds=(tell,),
    )


def follow(store: str, app: Followed) -> None:
    started = time.time()
    while is_alive(app.pid, app.mark):
        time.sleep(LOOKS_EVERY)
    line = _end(store, app.run, started)
    try:
        os.write(app.tell, f"metlo-run: {line}\n".encode("utf-8", "replace"))
    except OSError:  # nobody listens any more
        pass


def _end(store: str, name: str, started: float) -> str:
    """Remember the run; the line about it."""
    from metlo_auto.collector.inventory import findings, queries, routes, runs  # here: the app may run for days
    from metlo_auto.collector.store.database import open_store, reading, writing

    engine = open_store(store)
    try:
        _settle(engine)
        run = runs.Run(name, started, time.time())
        with reading(engine) as connection:
            shown = queries.list_endpoints(connection)
            found = findings.find_all(connection, run.ended_at)
            compared = routes.compare(routes.read(connection), shown)
        with writing(engine) as connection:
            runs.end(connection, run, found)
        return runs.summary(run, shown, found, compared)
    finally:
        engine.dispose()


def _settle(engine: Engine) -> None:
    """Wait until no trace comes any more and all that came is analysed."""
    from metlo_auto.collector.inventory import queries
    from metlo_auto.collector.store.database import reading

    deadline, quiet_since, seen = time.monotonic() + MOST, time.monotonic(), -1
    while time.monotonic() < deadline:
        with reading(engine) as connection:
            counts = queries.status(connection)
        now = time.monotonic()
        if counts["inbox_traces"] or counts["accepted_traces"] != seen:
            quiet_since, seen = now, counts["accepted_traces"]
        elif now - quiet_since >= QUIET_FOR:
            return
        time.sleep(0.1)


def default_name(now: float, folder: str) -> str:
    """Time and folder, `2026-11-29T21:10:33-shop`."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(now)) + "-" + (os.path.basename(folder) or "root")

