"""Starts or finds the collector for an app that is about to run, in the background and never twice."""

from __future__ import annotations

import os
import subprocess
import time
from typing import NamedTuple, Optional

from metlo_auto.collector.data_folder import Folder
from metlo_auto.collector.processes import clean_environment, own_command
from metlo_auto.collector.service import presence

START_WITHIN = 20.0  # seconds
MOST_LOG = 1_000_000  # bytes after which the log begins anew
PORT = 4848  # preferred, so that the page keeps its address; any other where it is busy


class CannotAttach(Exception):
    """No collector could be started; the message says why."""


class Attached(NamedTuple):
    running: presence.Running
    api_key: str


def attach(folder: Folder, pid: int, port: int = PORT) -> Attached:
    """Register process `pid` with the folder's collector, started where none runs. Raises CannotAttach."""
    try:
        with presence.locked(folder):
            if not presence.attach(folder, pid):
                raise CannotAttach(f"no process {pid} to attach to")
            running = presence.find(folder)
            if running is None:
                folder.remove(presence.RUNNING)
                running = _start(folder, port)
        return Attached(running, folder.api_key())
    except (OSError, CannotAttach) as error:
        if folder.is_out_of_space():
            raise CannotAttach(f"the disk of {folder.path} is full") from error
        raise


def _start(folder: Folder, port: int) -> presence.Running:
    command = own_command("serve", "--attached", "--data-dir", str(folder.path), "--port", str(port))
    if folder.log.exists() and folder.log.stat().st_size > MOST_LOG:
        folder.log.unlink()
    log = os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    begin = os.fstat(log).st_size
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=clean_environment(os.environ),
            cwd=str(folder.path),
            start_new_session=True,
            close_fds=True,
        )
    except OSError as error:
        raise CannotAttach(f"cannot start the collector: {error}") from error
    finally:
        os.close(log)
    return _await(folder, child, begin)


def _await(folder: Folder, child: "subprocess.Popen[bytes]", log_begin: int) -> presence.Running:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        running = presence.find(folder)
        if running is not None:
            return running
        if child.poll() is not None:
            raise CannotAttach(f"the collector did not start: {_last_line(folder, log_begin)}")
        time.sleep(0.02)
    child.kill()
    raise CannotAttach(f"the collector did not start within {START_WITHIN:.0f} s, see {folder.log}")


def _last_line(folder: Folder, begin: int) -> str:
    with open(folder.log, "rb") as stream:
        stream.seek(begin)
        lines: list[str] = stream.read().decode("utf-8", "replace").strip().splitlines()
    said: Optional[str] = lines[-1] if lines else None
    return (said or f"see {folder.log}").replace("metlo-collector: ", "")
