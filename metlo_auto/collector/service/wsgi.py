"""A node for other WSGI servers, set up by the environment:
`gunicorn 'metlo_auto.collector.service.wsgi:create_app()'`.
"""

from __future__ import annotations

import os
from typing import Mapping

from metlo_auto.collector.home import read_environment
from metlo_auto.collector.processes import import_eagerly
from metlo_auto.collector.service.access import Names
from metlo_auto.collector.service.app_factory import Application
from metlo_auto.collector.service.node import Node, Setup


def create_app(environ: Mapping[str, str] = os.environ) -> Application:
    """A node without a folder and without an analyser: METLO_COLLECTOR_STORE, METLO_COLLECTOR_KEY, where there is a
    buffer METLO_COLLECTOR_BUFFER, and METLO_COLLECTOR_NAMES (that pages may be opened by, separated by commas).

    Raises HomeUnusable, StoreUnusable.
    """
    import_eagerly()
    home = read_environment("METLO_COLLECTOR_KEY", environ)
    names = tuple(name.strip() for name in environ.get("METLO_COLLECTOR_NAMES", "").split(",") if name.strip())
    buffer = environ.get("METLO_COLLECTOR_BUFFER") or None
    node = Node(home, Setup(home.store_url(None, environ), buffer, Names(names, remote=True)))
    node.open()
    node.prepare_pages()
    return node.app
