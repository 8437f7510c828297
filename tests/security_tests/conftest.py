"""A real app under the agent, a real collector that saw its traffic, and runs of `metlo-collector test` against them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Iterator

import pytest

pytest.importorskip("sqlalchemy", reason="the collector's packages are not installed (extra `collector`)")
pytest.importorskip("waitress", reason="the collector's packages are not installed (extra `collector`)")
pytest.importorskip("html5lib", reason="the collector's packages are not installed (extra `collector`)")

from tests.collector.collector_support import Collector  # noqa: E402
from tests.security_tests.scene import Scene, clinic, vulnerable  # noqa: E402
from tests.security_tests.sink import Sink  # noqa: E402


@pytest.fixture(scope="session")
def vulnerable_app(tmp_path_factory: Any) -> Iterator[Scene]:
    yield from vulnerable(tmp_path_factory.mktemp("vulnerable"), "gunicorn-gthread")


@pytest.fixture(scope="session")
def clinic_app(tmp_path_factory: Any) -> Iterator[Scene]:
    yield from clinic(tmp_path_factory.mktemp("clinic"), "waitress")


@pytest.fixture
def sink() -> Iterator[Sink]:
    server = Sink()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    running = Collector(tmp_path)
    yield running
    running.stop()
