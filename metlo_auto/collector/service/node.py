"""One node: the application, the store behind it and where it puts uploads; any server can run it."""

from __future__ import annotations

import os
import time
from typing import Any, Callable, NamedTuple, Optional

from sqlalchemy.engine import Engine

from metlo_auto.collector.data_folder import Folder
from metlo_auto.collector.home import EnvironmentHome, Home
from metlo_auto.collector.ingest.group_commit import GroupCommit
from metlo_auto.collector.ingest.intake import Intake
from metlo_auto.collector.ingest.wsgi import Ingest
from metlo_auto.collector.page import rendering
from metlo_auto.collector.service.access import Names
from metlo_auto.collector.service.app_factory import Parts, join, make_pages
from metlo_auto.collector.store.availability import Availability, Probe, ask
from metlo_auto.collector.store.database import connected

INBOX_LIMIT = 512_000_000  # bytes; above it the response is 429


class Setup(NamedTuple):
    """Where a node's uploads and pages live, the names that its pages answer to, what to do once the store is open."""

    store: str
    buffer: Optional[str]
    names: Names
    on_open: Callable[[Engine], None] = lambda _engine: None


class Node:
    """Raises StoreUnusable where the store's URL is none."""

    def __init__(self, home: Home, setup: Setup, on_commit: Callable[[], None] = lambda: None) -> None:
        self.analyser_pid: Callable[[], Optional[int]] = lambda: None
        self._home = home
        self.engine = connected(setup.store)
        self._ingest_engine = connected(setup.store)  # with connections of its own, that no page can hold
        self._availability = Availability(self.engine, setup.on_open)
        self._probe = Probe(lambda: ask(self.engine), "the store")
        self._intake = self._make_intake(setup.buffer, on_commit)
        self._ingest = Ingest(self._intake, home.api_key())
        self._started, self._started_in = time.time(), _working_folder()
        parts = Parts(
            self.engine, self._ingest, home.api_key(), home.page_secret(), setup.names, self._facts,
            self._availability.is_open, self._complaint, self._intake_complaint,
        )  # fmt: skip
        self._pages = make_pages(parts)
        self.app = join(parts, self._pages)

    def _make_intake(self, buffer: Optional[str], on_commit: Callable[[], None]) -> Intake:
        if not buffer:
            return GroupCommit(self._ingest_engine, INBOX_LIMIT, on_commit, is_open=self._availability.is_open)
        from metlo_auto.collector.buffer.intake import BufferIntake  # the extra `buffer`

        return BufferIntake(buffer, self._ingest_engine)

    def open(self, patient: bool = True) -> None:
        """Open the store now, or, if `patient`, whenever it comes. Raises StoreUnusable."""
        try:
            self._availability.open(patient)
        finally:
            self.engine.dispose()  # a server that forks now leaves no connection to several processes

    def prepare_pages(self) -> None:
        """Do now what would make the first page slow."""
        rendering.prepare(self._pages)

    def close(self) -> None:
        self._intake.close()
        self._ingest_engine.dispose()
        self.engine.dispose()

    def _facts(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "analyser_pid": self.analyser_pid(),
            "started_at": self._started,
            "verified_at": self._ingest.verified_at,
            "data_dir": str(self._home.path) if isinstance(self._home, Folder) else "",
            "key_variable": self._home.name if isinstance(self._home, EnvironmentHome) else "",
            "started_in": self._started_in,
            **self._intake.waiting(),
        }

    def _complaint(self) -> Optional[str]:
        if not self._availability.is_open():
            return "the store has not answered yet"
        return self._probe.complaint() or self._intake.complaint()

    def _intake_complaint(self) -> Optional[str]:
        return self._intake.complaint()


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was deleted
        return ""
