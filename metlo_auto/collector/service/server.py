"""Runs the collector: the socket, the analyser beside it, and the end of both; knows nothing of what they do
inside.
"""

from __future__ import annotations

import logging
import signal
import threading
from functools import partial
from types import MappingProxyType
from typing import Any, Callable, Mapping, NamedTuple, Optional

import waitress  # type: ignore[import-untyped]
from sqlalchemy.engine import Engine

from metlo_auto.collector.data_folder import Folder
from metlo_auto.collector.home import Home
from metlo_auto.collector.processes import seldom_look_for_cycles
from metlo_auto.collector.service import draining, presence
from metlo_auto.collector.service.access import Names, page_token
from metlo_auto.collector.service.cannot_serve import CannotServe
from metlo_auto.collector.service.node import Node, Setup
from metlo_auto.collector.service.supervisor import Analyser
from metlo_auto.collector.store import listed_hosts
from metlo_auto.collector.store.database import writing
from metlo_auto.collector.store.retention import read_caps, write_caps

THREADS = 48  # most wait for the commit that they share: the more there are, the fewer commits


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
    buffer: Optional[str] = None  # servers that uploads go to instead of the store's inbox
    analyser: bool = True  # run one beside the server
    analysis_processes: int = 1  # of it


def serve(home: Home, options: Options, say: Callable[[str], None]) -> None:
    """Serve until a signal, or until the last attached process is gone. Raises CannotServe, StoreUnusable."""
    other = presence.find(home)
    if other is not None:
        raise CannotServe(f"a collector already runs on {other.url} with the same data; choose another --data-dir")
    analyser: Optional[Analyser] = None
    names = Names(options.names, remote=not is_loopback(options.host))
    setup = Setup(options.store, options.buffer, names, partial(_write_settings, options))
    node = Node(home, setup, lambda: analyser.wake() if analyser else None)
    node.open(patient=not isinstance(home, Folder))
    server = _listen(node.app, options)
    if options.analyser:
        folder = str(home.path) if isinstance(home, Folder) else "/"
        analyser = Analyser(options.store, options.buffer, folder, options.analysis_processes)
        node.analyser_pid = lambda: analyser.pid if analyser else None
    running = presence.announce(home, options.host, _port(server))
    say_where(home, running, say)
    try:
        _run(server, analyser, home, options, node.prepare_pages)
    finally:
        presence.withdraw(home)
        draining.drain(server)
        logging.getLogger("waitress").setLevel(logging.CRITICAL)  # what is left has nowhere to go now
        server.close()
        node.close()
        if analyser is not None:
            analyser.stop()


def _write_settings(options: Options, engine: Engine) -> None:
    if options.keep or options.hosts:
        with writing(engine) as connection:
            if options.keep:
                write_caps(connection, read_caps(connection)._replace(**options.keep))
            if options.hosts:
                listed_hosts.write(connection, options.hosts)


def say_where(home: Home, running: presence.Running, say: Callable[[str], None]) -> None:
    say(f"Metlo collector on {running.url}")
    say(f"page: {running.page(page_token(home.page_secret()))}")
    if isinstance(home, Folder):
        say(f"METLO_HOST={running.url} METLO_API_KEY=$(cat {home.key_file})")
    else:
        say(f"METLO_HOST={running.url} METLO_API_KEY: as the collector's environment has it")


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
                recv_bytes=262_144,  # of an upload at once: each part costs a turn of the server's loop
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


def _run(
    server: Any, analyser: Optional[Analyser], home: Home, options: Options, prepare_pages: Callable[[], None]
) -> None:
    seldom_look_for_cycles()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=_listen_until, args=(server, stop), name="metlo-http", daemon=True).start()
    prepare_pages()
    watch = presence.LossMonitor(home) if options.attached and isinstance(home, Folder) else None
    while not stop.wait(0.25):
        if analyser is not None:
            analyser.mind()
        if watch is not None and watch.is_over():
            stop.set()


def _listen_until(server: Any, stop: threading.Event) -> None:
    try:
        server.run()
    except OSError:  # its sockets are closed under it, which is how it ends
        if not stop.is_set():
            raise


def is_loopback(host: str) -> bool:
    return host in ("127.0.0.1", "::1", "localhost")
