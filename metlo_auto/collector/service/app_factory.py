"""Puts the WSGI application together: ingest first, then API and pages behind the access checks."""

from __future__ import annotations

from typing import Any, Callable, Iterable, NamedTuple, Optional

from flask import Flask
from sqlalchemy.engine import Engine

from metlo_auto.collector.ingest.wsgi import Environ, Ingest, StartResponse
from metlo_auto.collector.page import views  # noqa: F401  # defines the pages
from metlo_auto.collector.page.blueprint import blueprint as page_blueprint
from metlo_auto.collector.service import api, health
from metlo_auto.collector.service.access import Access, Names

Application = Callable[[Environ, StartResponse], Iterable[bytes]]
_HEALTH = ("/livez", "/readyz", "/readyz/ingest")


class Parts(NamedTuple):
    """What the application is made of."""

    engine: Engine
    ingest: Ingest
    api_key: str
    page_secret: bytes
    names: Names
    facts: Callable[[], dict[str, Any]]  # what only this process knows of its state
    is_open: Callable[[], bool] = lambda: True  # whether the store has this version's tables
    complaint: Callable[[], Optional[str]] = lambda: None  # why this node is not ready
    intake_complaint: Callable[[], Optional[str]] = lambda: None  # why it takes no uploads


def make_app(parts: Parts) -> Application:
    """The WSGI callable that waitress or any other server runs."""
    return join(parts, make_pages(parts))


def make_pages(parts: Parts) -> Flask:
    """API and pages behind the access checks."""
    pages = Flask("metlo_auto.collector.page", static_folder=None)
    pages.config.update(ENGINE=parts.engine, FACTS=parts.facts, MAX_CONTENT_LENGTH=1_000_000)
    pages.config.update(COMPLAINT=parts.complaint, INTAKE_COMPLAINT=parts.intake_complaint)
    Access(pages, parts.engine, parts.api_key, parts.page_secret, parts.names)
    pages.register_blueprint(api.blueprint)
    pages.register_blueprint(health.blueprint)
    pages.register_blueprint(page_blueprint)
    return pages


def join(parts: Parts, pages: Flask) -> Application:
    """Ingest and pages as one."""

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith(("/api/v1", "/api/v2")):
            return parts.ingest(environ, start_response)
        if path not in _HEALTH and not parts.is_open():
            return _say_later(start_response)
        return pages(environ, start_response)

    return application


def _say_later(start_response: StartResponse) -> list[bytes]:
    start_response("503 Service Unavailable", [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "2")])
    return [b"The store has not answered yet, try again later.\n"]
