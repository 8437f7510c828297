"""A throw-away PostgreSQL server of the machine's own package."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator, Optional


def binaries() -> Optional[Path]:
    """The folder of the newest installed server, None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _as_server_user(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.getuid() == 0 else list(command)


class Server:
    """A server with an empty database, not started; `remove` when done. `inside` begins each of its commands."""

    def __init__(self, address: str = "127.0.0.1", inside: tuple[str, ...] = ()) -> None:
        self._address, self._inside = address, inside
        folder = binaries()
        assert folder is not None
        self._data = Path(tempfile.mkdtemp(prefix="metlo-pg-"))
        if os.getuid() == 0:
            shutil.chown(self._data, "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"postgresql://metlo@{address}:{self.port}/postgres"
        self._pg_ctl = str(folder / "pg_ctl")
        self._cluster = str(self._data / "cluster")
        self._run(str(folder / "initdb"), "-D", self._cluster, "-U", "metlo", "-A", "trust")
        with open(f"{self._cluster}/pg_hba.conf", "a") as rules:
            rules.write("host all all samenet trust\n")

    def start(self) -> None:
        options = f"-h {self._address} -p {self.port} -k {self._data} -c fsync=on -c max_connections=100"
        self._run(self._pg_ctl, "-D", self._cluster, "-o", options, "-w", "-l", str(self._data / "log"), "start")

    def stop(self) -> None:
        """At once, as in a crash."""
        self._run(self._pg_ctl, "-D", self._cluster, "-m", "immediate", "stop", check=False)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._data, ignore_errors=True)

    def _run(self, *command: str, check: bool = True) -> None:
        quiet = subprocess.DEVNULL
        subprocess.run([*self._inside, *_as_server_user(*command)], check=check, stdout=quiet, stderr=quiet, cwd="/")


def running() -> Iterator[str]:
    """Yields the URL of an empty database; the server and its data are gone afterwards."""
    server = Server()
    try:
        server.start()
        yield server.url
    finally:
        server.remove()
