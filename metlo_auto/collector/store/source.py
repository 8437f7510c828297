"""Where an analyser takes batches from, so that each is applied once: the inbox of the store; a buffer is elsewhere."""

from __future__ import annotations

import uuid
from typing import Protocol, Sequence

from sqlalchemy.engine import Connection, Engine

from metlo_auto.collector.store import claims, inbox
from metlo_auto.collector.store.claims import Claimed
from metlo_auto.collector.store.database import reading, writing
from metlo_auto.collector.store.inbox import Filed


class Source(Protocol):
    """Batches that wait. What was claimed is the caller's until it is removed or given back."""

    def claim(self, now: float, most_bytes: int) -> Claimed:
        """The oldest free batches that failed equally often; none where all are taken."""

    def renew(self, now: float) -> None:
        """Keep what is claimed for a while longer."""

    def count_failure(self, batches: Sequence[Filed], certain: bool = False) -> None:
        """The analysis of `batches` failed; `certain` where it is known that the fault is theirs."""

    def counts(self, batches: Sequence[Filed]) -> dict[str, int]:
        """What the transaction that applies them has to count beside."""

    def remove(self, connection: Connection, batches: Sequence[Filed]) -> bool:
        """In the transaction that applies them: False where another analyser was first with any of them."""

    def finish(self, batches: Sequence[Filed]) -> None:
        """That transaction has been committed."""

    def try_again(self) -> None:
        """What is claimed will be claimed anew; nothing failed."""

    def give_back(self) -> None:
        """Claim nothing any more."""

    def tidy(self, connection: Connection) -> None:
        """What is due once a minute."""


class InboxSource:
    """The inbox of the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._owner = uuid.uuid4().hex

    def claim(self, now: float, most_bytes: int) -> Claimed:
        with reading(self._engine) as reader:
            if inbox.is_empty(reader):
                return Claimed([], 0)
        with writing(self._engine) as connection:
            return claims.claim(connection, self._owner, now, most_bytes)

    def renew(self, now: float) -> None:
        with writing(self._engine) as connection:
            claims.renew(connection, self._owner, now)

    def count_failure(self, batches: Sequence[Filed], certain: bool = False) -> None:
        with writing(self._engine) as connection:
            claims.count_failure(connection, batches, certain)

    def counts(self, batches: Sequence[Filed]) -> dict[str, int]:
        return {}  # they were counted when they were stored

    def remove(self, connection: Connection, batches: Sequence[Filed]) -> bool:
        is_mine = inbox.remove(connection, batches)
        claims.end(connection, batches)
        return is_mine

    def finish(self, batches: Sequence[Filed]) -> None:
        pass  # they left with the transaction

    def try_again(self) -> None:
        self.give_back()

    def give_back(self) -> None:
        with writing(self._engine) as connection:
            claims.give_back(connection, self._owner)

    def tidy(self, connection: Connection) -> None:
        claims.forget_others(connection)
