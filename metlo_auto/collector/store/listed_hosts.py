"""Hosts that a person listed: each has endpoints of its own, however many there are."""

from __future__ import annotations

from typing import Sequence

from sqlalchemy import select
from sqlalchemy.engine import Connection

from metlo_auto.collector.store.database import upsert
from metlo_auto.collector.store.schema import settings

_NAME = "listed hosts"


def read(connection: Connection) -> frozenset[str]:
    """The listed hosts in lower case."""
    found = connection.scalar(select(settings.c.value).where(settings.c.name == _NAME))
    return frozenset((found or "").split())


def write(connection: Connection, hosts: Sequence[str]) -> None:
    """List `hosts`, in the place of those that were listed before; analysers go by them when they start."""
    row = {"name": _NAME, "value": " ".join(sorted({host.strip().lower() for host in hosts}))}
    upsert(connection, settings, [row], latest=["value"])
