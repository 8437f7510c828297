"""For those who watch the collector: `/livez`, `/readyz`, and `/metrics` for Prometheus; knows no traffic."""

from __future__ import annotations

import concurrent.futures
import threading

from flask import Blueprint, Response, current_app
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from metlo_auto.collector.inventory import queries
from metlo_auto.collector.store.database import reading

blueprint = Blueprint("health", __name__)
ANSWERS_WITHIN = 1.0  # seconds


class StoreCheck:
    """Whether the store answers, asked in a thread of its own: a silent one holds whoever asks for half a minute."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._asked: concurrent.futures.Future[str] = concurrent.futures.Future()
        self._asked.set_result("")

    def trouble(self) -> str:
        """What is wrong, "" for nothing. One question waits at a time, however often this is called."""
        with self._lock:
            if self._asked.done():
                self._asked = concurrent.futures.Future()
                threading.Thread(target=self._ask, args=(self._asked,), name="metlo-ready", daemon=True).start()
            asked = self._asked
        try:
            return asked.result(ANSWERS_WITHIN)
        except concurrent.futures.TimeoutError:
            return f"no answer within {ANSWERS_WITHIN:.0f} s"

    def _ask(self, asked: concurrent.futures.Future[str]) -> None:
        trouble = "the check was interrupted"
        try:
            with reading(self._engine) as connection:
                connection.execute(text("select 1"))
            trouble = ""
        except SQLAlchemyError as error:
            trouble = type(error).__name__
        finally:
            asked.set_result(trouble)


@blueprint.get("/metrics")
def metrics() -> Response:
    """In the format that Prometheus scrapes; with the API key, as is or as a bearer token."""
    from metlo_auto.collector.service import prometheus  # what most collectors are never asked for

    with reading(current_app.config["ENGINE"]) as connection:
        counts = queries.status(connection)
    return Response(prometheus.exposition(counts), content_type=prometheus.CONTENT_TYPE)


@blueprint.get("/livez")
def is_alive() -> Response:
    """200 as long as this process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def is_ready() -> Response:
    """200 where the store answers within a second, else 503."""
    app = current_app
    check: StoreCheck = app.extensions.setdefault("metlo-store-check", StoreCheck(app.config["ENGINE"]))
    trouble = check.trouble()
    if trouble:
        return Response(f"the store does not answer: {trouble}\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")
