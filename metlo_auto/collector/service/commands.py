"""What each subcommand of `metlo-collector` does, given its parsed options; raises Failed with one line."""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, Optional

from sqlalchemy.engine import Connection, Engine

from metlo_auto.collector import output_files
from metlo_auto.collector.data_folder import Folder
from metlo_auto.collector.home import Home
from metlo_auto.collector.inventory import choosing, export, figures, queries
from metlo_auto.collector.inventory.masked_trace import mask_trace
from metlo_auto.collector.service import attach as attaching
from metlo_auto.collector.service import follower, inventory_commands, presence, progress
from metlo_auto.collector.service.opening import Failed, Misused, opened, reading_store, store_url
from metlo_auto.collector.store import deletion
from metlo_auto.collector.store.database import connected, is_sqlite, reading, writing
from metlo_auto.collector.store.source import InboxSource, Source


def serve(folder: Home, options: argparse.Namespace) -> None:
    from metlo_auto.collector.service import server  # Flask, which no other command needs

    logging.basicConfig(format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request that waits a moment
    if not server.is_loopback(options.host) and not options.allow_remote:
        raise Failed(
            f"{options.host} can be reached from other machines: whoever has the key can send traffic, whoever has "
            "a page's address can read what was captured, both unencrypted. Say --allow-remote if that is meant"
        )
    chosen = server.Options(
        host=options.host,
        port=attaching.PORT if options.port is None else options.port,
        store=store_url(folder, options),
        attached=options.attached,
        any_port=options.attached,
        names=tuple(options.allow_name),
        keep=_keep(options),
        hosts=tuple(options.list_host),
        analyser=not options.no_analyser,
        analysis_processes=options.analysis_processes,
        buffer=_buffer(options),
    )
    server.serve(folder, chosen, lambda line: print(line, flush=True))


def _buffer(options: argparse.Namespace) -> Optional[str]:
    """The address of the buffer, from the argument or the environment. Raises Failed where it cannot be used."""
    address = options.buffer or os.environ.get("METLO_COLLECTOR_BUFFER")
    if address and importlib.util.find_spec("nats") is None:
        raise Failed(f"--buffer needs nats-py; run: {sys.executable} -m pip install nats-py")
    return address or None


def _keep(options: argparse.Namespace) -> dict[str, Any]:
    """The caps that were given, by name."""
    given = {
        "samples": options.keep_requests,
        "sample_bytes": None if options.keep_megabytes is None else options.keep_megabytes * 1_000_000,
        "sample_age": None if options.keep_days is None else options.keep_days * 86_400.0,
    }
    if any(value is not None and value < 0 for value in given.values()):
        raise Failed("--keep-requests, --keep-megabytes and --keep-days take no negative number")
    return {name: value for name, value in given.items() if value is not None}


def attach(folder: Folder, options: argparse.Namespace) -> None:
    from metlo_auto.collector.service.access import page_token

    attached = attaching.attach(folder, options.pid, attaching.PORT if options.port is None else options.port)
    if options.tell is not None:
        run = options.run or follower.default_name(time.time(), os.getcwd())
        follower.start(folder, options.store, options.pid, run, options.tell)
    page = attached.running.page(page_token(folder.page_secret()))
    print(json.dumps({"host": attached.running.url, "api_key": attached.api_key, "page": page}))


def status(folder: Home, options: argparse.Namespace) -> None:
    from metlo_auto.collector.service.access import page_token

    running = presence.find(folder)
    with reading_store(folder, options) as connection:
        counts = queries.status(connection)
    if options.json:
        print(json.dumps({"running": running._asdict() if running else None, **counts}))
        return
    if not isinstance(folder, Folder):
        print(f"page of any node: /?token={page_token(folder.page_secret())}")
    elif running:
        print(f"running: {running.page(page_token(folder.page_secret()))} (pid {running.pid})")
    else:
        print("not running")
    for name, n in sorted(counts.items()):
        print("{:26} {:>12,}".format(name.replace("_", " "), n))


def show_endpoints(folder: Home, options: argparse.Namespace) -> int:
    with reading_store(folder, options) as connection:
        return inventory_commands.show_endpoints(connection, options)


def show_findings(folder: Home, options: argparse.Namespace) -> int:
    with reading_store(folder, options) as connection:
        return inventory_commands.show_findings(connection, options, output_files.write)


def show_routes(folder: Home, options: argparse.Namespace) -> int:
    with reading_store(folder, options) as connection:
        return inventory_commands.show_routes(connection, options)


def describe(folder: Home, options: argparse.Namespace) -> None:
    from metlo_auto.collector import openapi

    as_yaml = options.yaml or options.out.endswith((".yaml", ".yml"))
    with progress.waiting("describing"), reading_store(folder, options) as connection:
        service = _one_service(connection, options)
        operations = openapi.read_operations(connection, options.for_host, service)
        operations += openapi.never_called(connection, service) if options.declared and not options.check else []
        document = openapi.make_document(operations, options.title or options.service or openapi.TITLE)
    if options.check:
        _check_document(options.check, document)
        return
    output_files.write(options.out, iter([openapi.as_yaml(document) if as_yaml else openapi.as_json(document)]))


def _one_service(connection: Connection, options: argparse.Namespace) -> Optional[str]:
    """The service whose document is asked for; None for all that there are. Raises Unknown, Misused for several."""
    service = choosing.checked_service(connection, options.service)
    names = queries.services(choosing.chosen(queries.list_endpoints(connection), service, options.for_host))
    if service is None and len(names) > 1 and not options.all:
        raise Misused(
            f"{len(names)} services were called: {choosing.listed(names)}; say --service NAME for the document of one, "
            "or --all for one document of all"
        )
    return service


def _check_document(name: str, observed: dict[str, Any]) -> None:
    from metlo_auto.collector import openapi

    try:
        kept = openapi.read_document(Path(name).read_bytes())
    except OSError as error:
        raise Misused(f"{name} cannot be read: {error.strerror}") from error
    except openapi.Unreadable as error:
        raise Failed(f"{name} {error}") from error
    found = openapi.differences(kept, observed)
    for difference in found:
        print("{} {}: {}".format("differs" if difference.observed else "note ", difference.where, difference.what))
    differing = sum(difference.observed for difference in found)
    if differing:
        raise Failed(f"{differing} differences between traffic and {name}")


def dump(folder: Home, options: argparse.Namespace) -> None:
    engine = opened(folder, options)
    try:
        with reading(engine) as connection:
            service = choosing.checked_service(connection, options.service)
            ids = _chosen(connection, options.endpoint, service) if options.endpoint else None
            total = export.number_of_traces(connection, ids, service)
        traces = progress.shown(export.read_traces(engine, ids, service), total, "exporting")
        if not options.show_values:
            traces = map(mask_trace, traces)
        output_files.write(options.out, export.har(traces) if options.format == "har" else export.json_lines(traces))
    finally:
        engine.dispose()


def delete(folder: Home, options: argparse.Namespace) -> None:
    engine = opened(folder, options)
    try:
        with reading(engine) as connection:
            service = choosing.checked_service(connection, options.service)
            ids = _chosen(connection, options.endpoint, service) if options.endpoint else []
        what = f"{options.endpoint} and its requests" if ids else "all kept requests" if options.raw else "everything"
        if not options.yes and not _confirmed(what):  # nothing is locked while a person thinks
            raise Failed("nothing was deleted; say --yes to delete without being asked")
        with progress.waiting("deleting"), writing(engine) as connection:
            if ids:
                deletion.delete_endpoints(connection, ids)
            elif options.raw:
                deletion.delete_raw(connection)
            else:
                deletion.delete_all(connection)
        with progress.waiting("giving disk space back"):
            is_given_back = deletion.give_back(engine)
        if not is_given_back:
            print("metlo-collector: deleted; the disk space is given back by the next delete", file=sys.stderr)
    finally:
        engine.dispose()


def _confirmed(what: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(f"Delete {what}? [y/N] ").strip().lower() in ("y", "yes")


def _chosen(connection: Connection, text: str, service: Optional[str]) -> list[str]:
    """The ids behind `GET /users/{id}`, of one service or all. Raises Unknown where there is no such endpoint."""
    method, _, template = text.partition(" ")
    known = choosing.chosen(queries.list_endpoints(connection), service)
    found = [e for e in known if (e.method, e.template) == (method.upper(), template.strip())]
    if not found:
        names = [f"{endpoint.method} {endpoint.template}" for endpoint in known]
        raise choosing.Unknown(f"there is no endpoint {text!r}; {choosing.nearest(text, names)}")
    return [name for endpoint in found for name in queries.group(connection, endpoint.id)]


def analyse(options: argparse.Namespace) -> None:
    """Analyse what nodes take in; as the child of one (`--child`) until it closes the pipe, else until a signal."""
    from metlo_auto.collector.analysis import analyser

    logging.basicConfig(format="%(asctime)s %(name)s: %(message)s")
    url = options.store or os.environ.get("METLO_COLLECTOR_STORE")
    if not url:
        raise Misused("say which store: --store postgresql://…")
    engine = connected(url)
    if is_sqlite(engine) and not options.child:
        raise Failed("SQLite takes one analyser, that of serve; several need --store postgresql://…")
    if options.child:
        _ignore_signals()  # a ^C on the terminal ends the server, which closes our input
    wake = sys.stdin.fileno() if options.child else _closed_by_signal()
    analyser.run(engine, wake, _sources(engine, options), options.analysis_processes, figures.refresh)


def _sources(engine: Engine, options: argparse.Namespace) -> list[Source]:
    """The inbox, which may have batches of the time before the buffer, and the buffer where there is one."""
    buffer = _buffer(options)
    if buffer is None:
        return [InboxSource(engine)]
    from metlo_auto.collector.buffer.source import BufferSource  # the extra `buffer`

    return [InboxSource(engine), BufferSource(buffer, engine)]


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _closed_by_signal() -> int:
    """A pipe that ends with SIGTERM or SIGINT."""
    source, sink = os.pipe()

    def end(*_: Any) -> None:
        _ignore_signals()
        os.close(sink)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return source
