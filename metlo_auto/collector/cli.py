"""The command `metlo-collector`: one function per subcommand, errors as one line; imports late."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any, Optional, Sequence

from metlo_auto.collector import folder as folders
from metlo_auto.collector import needs
from metlo_auto.collector.processes import clean_environment, is_instrumented
from metlo_auto.version import VERSION


class Failed(Exception):
    """The command cannot do it; the message is the one line that is shown."""


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data-dir", metavar="DIR", help="where the collector keeps its data and key")
    common.add_argument(
        "--store", metavar="URL", help="database, e.g. postgresql://user@host/name; default: SQLite in DIR"
    )
    parser = argparse.ArgumentParser(
        prog="metlo-collector", description="A Metlo-compatible collector on this machine."
    )
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    serve = commands.add_parser("serve", parents=[common], help="run the collector in the foreground")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=int, default=None, help="default: 4848; 0 takes any free one")
    serve.add_argument("--attached", action="store_true", help=argparse.SUPPRESS)
    attach = commands.add_parser("attach", parents=[common], help="start or reuse a collector for a process")
    attach.add_argument("--pid", type=int, required=True, help="it runs as long as this process")
    status = commands.add_parser("status", parents=[common], help="what was accepted, applied, refused")
    status.add_argument("--json", action="store_true", help="for machines")
    openapi = commands.add_parser("openapi", parents=[common], help="the API as an OpenAPI 3.1 document")
    openapi.add_argument("--out", metavar="FILE", help="write it there instead of to standard output")
    openapi.add_argument("--check", metavar="FILE", help="exit 1 where traffic differs from this document (JSON)")
    openapi.add_argument("--for-host", metavar="HOST", help="only what was called under this host")
    openapi.add_argument("--title", default="Observed API")
    commands.add_parser("analyse", parents=[common])  # the server's own child
    return parser


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one command; 0, 1 for failed, 2 for usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if is_instrumented(os.environ):  # the collector must not report on itself
        command = [sys.executable, "-m", "metlo_auto.collector", *arguments]
        os.execve(sys.executable, command, clean_environment(os.environ))
    os.environ["METLO_DISABLED"] = "1"
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    missing = needs.missing()
    if missing:
        print(needs.complaint(missing), file=sys.stderr)
        return 1
    return _run(options)


def _run(options: argparse.Namespace) -> int:
    from metlo_auto.collector.attach import CannotAttach
    from metlo_auto.collector.database import StoreUnusable
    from metlo_auto.collector.server import CannotServe

    commands = {"serve": _serve, "attach": _attach, "status": _status, "openapi": _openapi, "analyse": _analyse}
    try:
        path = Path(options.data_dir) if options.data_dir else folders.default_path(os.environ)
        commands[options.command](folders.open_folder(path), options)
    except (Failed, folders.FolderUnusable, CannotAttach, CannotServe, StoreUnusable, OSError) as error:
        print(f"metlo-collector: {error}", file=sys.stderr)
        return 1
    return 0


def _store(folder: folders.Folder, options: argparse.Namespace) -> str:
    return options.store or os.environ.get("METLO_COLLECTOR_STORE") or folder.database_url


def _serve(folder: folders.Folder, options: argparse.Namespace) -> None:
    from metlo_auto.collector import attach, server

    logging.basicConfig(format="%(asctime)s %(name)s: %(message)s")
    port = attach.PORT if options.port is None else options.port
    chosen = server.Options(options.host, port, _store(folder, options), options.attached, any_port=options.attached)
    server.serve(folder, chosen, lambda line: print(line, flush=True))


def _attach(folder: folders.Folder, options: argparse.Namespace) -> None:
    from metlo_auto.collector.access import page_token
    from metlo_auto.collector.attach import attach

    attached = attach(folder, options.pid)
    page = attached.running.page(page_token(folder.page_secret()))
    print(json.dumps({"host": attached.running.url, "api_key": attached.api_key, "page": page}))


def _status(folder: folders.Folder, options: argparse.Namespace) -> None:
    from metlo_auto.collector import presence, queries
    from metlo_auto.collector.access import page_token
    from metlo_auto.collector.database import open_store

    running = presence.find(folder)
    with open_store(_store(folder, options)).connect() as connection:
        counts = queries.status(connection)
    if options.json:
        print(json.dumps({"running": running._asdict() if running else None, **counts}))
        return
    if running:
        print(f"running: {running.page(page_token(folder.page_secret()))} (pid {running.pid})")
    else:
        print("not running")
    for name, n in sorted(counts.items()):
        print("{:26} {:>12,}".format(name.replace("_", " "), n))


def _openapi(folder: folders.Folder, options: argparse.Namespace) -> None:
    from metlo_auto.collector import openapi
    from metlo_auto.collector.database import open_store

    with open_store(_store(folder, options)).connect() as connection:
        document = openapi.make_document(openapi.read_operations(connection, options.for_host), options.title)
    if options.check:
        _check_drift(options.check, document)
        return
    text = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=False) + "\n"
    if options.out:
        Path(options.out).write_text(text, "utf-8")
    else:
        sys.stdout.write(text)


def _check_drift(name: str, observed: dict[str, Any]) -> None:
    from metlo_auto.collector import openapi

    try:
        kept = json.loads(Path(name).read_text("utf-8"))
    except ValueError as error:
        raise Failed(f"{name} is not JSON: {error}") from error
    if not isinstance(kept, dict) or "openapi" not in kept:
        raise Failed(f"{name} is no OpenAPI document")
    found = openapi.differences(kept, observed)
    for difference in found:
        print("{} {}: {}".format("drift" if difference.observed else "note ", difference.where, difference.what))
    drift = sum(difference.observed for difference in found)
    if drift:
        raise Failed(f"{drift} differences between traffic and {name}")


def _analyse(folder: folders.Folder, options: argparse.Namespace) -> None:
    from metlo_auto.collector import server
    from metlo_auto.collector.database import open_store

    logging.basicConfig(format="%(asctime)s %(name)s: %(message)s")
    server.analyse(open_store(_store(folder, options)))
