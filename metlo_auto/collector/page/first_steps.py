"""The first page before the first request: three steps that tick themselves off, and the command for this folder."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import Any, NamedTuple, Optional

from flask import current_app, request
from sqlalchemy.engine import Connection

from metlo_auto.collector import data_folder
from metlo_auto.collector.page.rendering import render

FLASK = "flask --app YOUR_APP run"
RECENT = 600.0  # seconds that a verify counts as a connection


class Step(NamedTuple):
    done: bool
    title: str
    detail: str
    at: Optional[float] = None


def welcome(connection: Connection, status: dict[str, Any]) -> str:
    """The page while nothing was accepted yet."""
    facts = current_app.config["FACTS"]()
    verified_at = facts.get("verified_at")
    refused = int(status.get("refused_posts_401", 0))
    return render(
        connection,
        "welcome.html",
        "Endpoints",
        status,
        live=True,
        steps=[
            Step(True, "Collector running", f"on {request.host}", facts.get("started_at")),
            Step(bool(verified_at), "Agent connected", "your app asked whether its key is good", verified_at),
            Step(False, "First request received", "send your app any request"),
        ],
        command=_command(facts),
        refused=refused,
        connected=bool(verified_at) and time.time() - float(verified_at or 0) < RECENT,
    )


def _command(facts: dict[str, Any]) -> str:
    variable = facts.get("key_variable")
    if variable:
        return f'METLO_HOST={request.host_url.rstrip("/")} \\\nMETLO_API_KEY="${variable}" \\\nmetlo-run {FLASK}'
    return command(Path(facts.get("started_in") or "/"), Path(facts.get("data_dir") or "."), request.host)


def command(started_in: Path, data_dir: Path, address: str) -> str:
    """What starts the app under the agent; files in `started_in` tell how, the key lies in `data_dir`."""
    run = _run(started_in)
    if data_dir.resolve() == data_folder.default_path({"HOME": str(Path.home())}).resolve():
        return f"metlo-run --local {run}"
    key = shlex.quote(str(data_dir / "api-key"))
    return f"METLO_HOST=http://{address} \\\nMETLO_API_KEY=$(cat {key}) \\\nmetlo-run {run}"


def _run(started_in: Path) -> str:
    if (started_in / "app.py").is_file() or (started_in / "wsgi.py").is_file():
        return "flask run"
    return "python main.py" if (started_in / "main.py").is_file() else FLASK
