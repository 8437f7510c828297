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


def running() -> Iterator[str]:
    """Yields the URL of an empty database; the server and its data are gone afterwards."""
    folder = binaries()
    assert folder is not None
    data = Path(tempfile.mkdtemp(prefix="metlo-pg-"))
    if os.getuid() == 0:
        shutil.chown(data, "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    pg_ctl = str(folder / "pg_ctl")
    cluster = str(data / "cluster")
    options = f"-h 127.0.0.1 -p {port} -k {data} -c fsync=on -c max_connections=50"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    try:
        init = _as_server_user(str(folder / "initdb"), "-D", cluster, "-U", "metlo", "-A", "trust")
        subprocess.run(init, check=True, **quiet)  # type: ignore[call-overload]
        start = _as_server_user(pg_ctl, "-D", cluster, "-o", options, "-w", "-l", str(data / "log"), "start")
        subprocess.run(start, check=True, **quiet)  # type: ignore[call-overload]
        yield f"postgresql://metlo@127.0.0.1:{port}/postgres"
    finally:
        stop = _as_server_user(pg_ctl, "-D", cluster, "-m", "immediate", "stop")
        subprocess.run(stop, check=False, **quiet)  # type: ignore[call-overload]
        shutil.rmtree(data, ignore_errors=True)
