"""Runs the collector: the socket, the analyser beside it, and the end of both; knows nothing of what they do
inside.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from types import MappingProxyType
from typing import Any, Callable, Mapping, NamedTuple, Optional

import waitress  # type: ignore[import-untyped]

from metlo_auto.collector.data_folder import Folder
from metlo_auto.collector.ingest.group_commit import GroupCommit
from metlo_auto.collector.ingest.wsgi import Ingest
from metlo_auto.collector.processes import seldom_look_for_cycles
from metlo_auto.collector.service import presence
from metlo_auto.collector.service.access import Names, page_token
from metlo_auto.collector.service.app_factory import Parts, make_app
from metlo_auto.collector.service.supervisor import Analyser
from metlo_auto.collector.store import listed_hosts
from metlo_auto.collector.store.database import open_store, writing
from metlo_auto.collector.store.retention import read_caps, write_caps

INBOX_LIMIT = 512_000_000  # bytes; above it the response is 429
THREADS = 48  # most wait for the commit that they share: the more there are, the fewer commits
logger = logging.getLogger("metlo.collector")


class CannotServe(Exception):
    """The collector cannot start; the message says why and how to fix it."""


class Options(NamedTuple):
    """How to serve. `port` 0 is any free one; `attached`: stop by itself when the last attached process is
    gone.
    """

    host: str
    port: int
    store: str
    attached: bool
    any_port: bool = False  # take another port where `port` is busy
    names: tuple[str, ...] = ()  # further names that pages may be opened by
    keep: Mapping[str, Any] = MappingProxyType({})  # caps to set, by name
    hosts: tuple[str, ...] = ()  # each has endpoints of its own


def serve(folder: Folder, options: Options, say: Callable[[str], None]) -> None:
    """Serve until a signal, or until the last attached process is gone. Raises CannotServe, StoreUnusable."""
    other = presence.find(folder)
    if other is not None:
        raise CannotServe(
            f"a collector already runs on {other.url} with the data in {folder.path}; choose another --data-dir"
        )
    engine = open_store(options.store)
    if options.keep:
        with writing(engine) as connection:
            write_caps(connection, read_caps(connection)._replace(**options.keep))
    if options.hosts:
        with writing(engine) as connection:
            listed_hosts.write(connection, options.hosts)
    analyser: Optional[Analyser] = None
    ingest_engine = open_store(options.store)  # with connections of its own, that no page can hold
    group_commit = GroupCommit(ingest_engine, INBOX_LIMIT, lambda: analyser.wake() if analyser else None)
    ingest = Ingest(group_commit, folder.api_key())
    started, started_in = time.time(), _working_folder()

    def facts() -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "analyser_pid": analyser.pid if analyser else None,
            "started_at": started,
            "verified_at": ingest.verified_at,
            "data_dir": str(folder.path),
            "started_in": started_in,
        }

    names = Names(options.names, remote=not is_loopback(options.host))
    app = make_app(Parts(engine, ingest, folder.api_key(), folder.page_secret(), names, facts))
    server = _listen(app, options)
    analyser = Analyser(folder, options.store)
    running = presence.announce(folder, options.host, _port(server))
    say_where(folder, running, say)
    try:
        _run(server, analyser, group_commit, folder, options)
    finally:
        presence.withdraw(folder)
        logging.getLogger("waitress").setLevel(logging.CRITICAL)  # answers on their way have nowhere to go now
        server.close()
        group_commit.close()
        analyser.stop()
        ingest_engine.dispose()
        engine.dispose()


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was deleted
        return ""


def say_where(folder: Folder, running: presence.Running, say: Callable[[str], None]) -> None:
    say(f"Metlo collector on {running.url}")
    say(f"page: {running.page(page_token(folder.page_secret()))}")
    say(f"METLO_HOST={running.url} METLO_API_KEY=$(cat {folder.key_file})")


def _listen(app: Any, options: Options) -> Any:
    ports = [options.port, 0] if options.any_port and options.port else [options.port]
    error: Optional[OSError] = None
    for port in ports:
        try:
            return waitress.create_server(
                app,
                host=options.host,
                port=port,
                threads=THREADS,
                clear_untrusted_proxy_headers=True,
                max_request_body_size=8_388_608,
                inbuf_overflow=8_388_608,
                connection_limit=1000,
                channel_timeout=60,
                ident=None,
            )
        except OSError as caught:
            error = caught
    raise CannotServe(
        "cannot listen on {}:{}: {}; choose another with --port".format(
            options.host, options.port, error.strerror if error else ""
        )
    )


def _port(server: Any) -> int:
    """The port that it listens on; a name like localhost may stand for several addresses."""
    several = getattr(server, "effective_listen", None)
    return int(several[0][1] if several else server.effective_port)


def _run(server: Any, analyser: Analyser, group_commit: GroupCommit, folder: Folder, options: Options) -> None:
    seldom_look_for_cycles()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=_listen_until, args=(server, stop), name="metlo-http", daemon=True).start()
    watch = presence.LossMonitor(folder) if options.attached else None
    while not stop.wait(0.25):
        analyser.mind()
        _write_counts(group_commit)
        if watch is not None and watch.is_over():
            stop.set()


def _listen_until(server: Any, stop: threading.Event) -> None:
    try:
        server.run()
    except OSError:  # its sockets are closed under it, which is how it ends
        if not stop.is_set():
            raise


def _write_counts(group_commit: GroupCommit) -> None:
    try:
        group_commit.flush()
    except Exception as error:  # noqa: BLE001  # a store that is unreachable must not end the server
        logger.warning("counts wait for the store: %s", str(error).splitlines()[0])


def is_loopback(host: str) -> bool:
    return host in ("127.0.0.1", "::1", "localhost")
