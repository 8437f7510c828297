"""Takes batches from the stream; one is acknowledged after the transaction that applied it, which remembers its key.

A message that comes again, because an acknowledgement was lost or an analyser ended, is known by that key.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Iterable, NamedTuple, Optional, Sequence

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from sqlalchemy.engine import Connection as StoreConnection
from sqlalchemy.engine import Engine

from metlo_auto.collector.buffer import stream
from metlo_auto.collector.buffer.connection import BufferAway, Connection
from metlo_auto.collector.store import claims, counters, inbox
from metlo_auto.collector.store.claims import Claimed
from metlo_auto.collector.store.database import reading, writing
from metlo_auto.collector.store.inbox import Filed

logger = logging.getLogger("metlo.collector")
WAITS = 0.5  # seconds for the next batch
MOST_FETCHED = 500  # batches
_TYPICAL = 50_000  # bytes of a batch, until some have come


class _Held(NamedTuple):
    message: Msg
    key: str
    filed: Filed
    failures: int


class BufferSource:
    """What was fetched stays in this process until it is applied: a store that is away makes no batch suspicious."""

    def __init__(self, address: str, engine: Engine) -> None:
        self._connection = Connection(address)
        self._engine = engine
        self._held: dict[int, _Held] = {}  # by sequence in the stream
        self._subscription: Optional[JetStreamContext.PullSubscription] = None
        self._typical = float(_TYPICAL)
        self._renewed_at = 0.0

    def claim(self, now: float, most_bytes: int) -> Claimed:
        if not self._held:
            self._fetch(now, most_bytes)
        elif now - self._renewed_at > stream.ACK_WAIT / 4:
            self.renew(now)
        if self._held:
            self._drop_known()
        chosen = list(_together(self._held.values(), most_bytes))
        return Claimed([held.filed for held in chosen], chosen[0].failures if chosen else 0)

    def _fetch(self, now: float, most_bytes: int) -> None:
        most = max(1, min(MOST_FETCHED, int(most_bytes / self._typical)))
        try:
            messages = self._connection.ask(lambda jetstream: self._next(jetstream, most), WAITS + 4)
        except (BufferAway, NatsError) as error:
            self._subscription = None
            logger.warning("the buffer does not answer, analysis waits: %s", error)
            return
        self._renewed_at = now
        for message in messages:
            self._hold(message)
        if self._held:
            size = sum(len(held.filed.body) for held in self._held.values()) / len(self._held)
            self._typical = max(1_000.0, (self._typical + size) / 2)

    async def _next(self, jetstream: JetStreamContext, most: int) -> list[Msg]:
        if self._subscription is None:
            try:
                self._subscription = await stream.make_consumer(jetstream)
            except NotFoundError:
                await stream.make(jetstream, len(self._connection.servers))
                self._subscription = await stream.make_consumer(jetstream)
        try:
            return await self._subscription.fetch(most, timeout=WAITS)
        except (asyncio.TimeoutError, NatsError) as error:
            if isinstance(error, asyncio.TimeoutError):
                return []
            raise

    def _hold(self, message: Msg) -> None:
        sequence = message.metadata.sequence.stream
        try:
            received = stream.read(message.headers or {}, message.data)
        except (KeyError, ValueError) as error:
            logger.warning("message %d of the buffer is no batch and is left out: %s", sequence, error)
            self._tell([message], "term")
            return
        batch = received.batch
        filed = Filed(sequence, batch.received_at, batch.version, batch.traces, batch.body)
        failures = min(claims.CERTAIN, message.metadata.num_delivered - 1)
        self._held[sequence] = _Held(message, received.key, filed, failures)

    def _drop_known(self) -> None:
        """Those that were applied before: their acknowledgement was lost, or their sender repeated them later."""
        with reading(self._engine) as connection:
            known = inbox.known_keys(connection, [held.key for held in self._held.values()])
        dropped = [held for held in self._held.values() if held.key in known]
        if not dropped:
            return
        repeated = sum(held.failures == 0 for held in dropped)
        with writing(self._engine) as connection:
            counters.add(connection, {"duplicate_batches": repeated})
        self.finish([held.filed for held in dropped])

    def renew(self, now: float) -> None:
        self._renewed_at = now
        self._tell([held.message for held in self._held.values()], "in_progress")

    def count_failure(self, batches: Sequence[Filed], certain: bool = False) -> None:
        for batch in batches:
            held = self._held[batch.id]
            failures = claims.CERTAIN if certain else min(claims.CERTAIN, held.failures + 1)
            self._held[batch.id] = held._replace(failures=failures)

    def counts(self, batches: Sequence[Filed]) -> dict[str, int]:
        return {"accepted_batches": len(batches), "accepted_traces": sum(batch.traces for batch in batches)}

    def remove(self, connection: StoreConnection, batches: Sequence[Filed]) -> bool:
        keys = [(self._held[batch.id].key, batch.received_at) for batch in batches]
        return inbox.remember(connection, keys)

    def finish(self, batches: Sequence[Filed]) -> None:
        self._tell([self._held.pop(batch.id).message for batch in batches], "ack")

    def try_again(self) -> None:
        pass  # they are in hand

    def give_back(self) -> None:
        self._tell([held.message for held in self._held.values()], "nak")
        self._held.clear()
        self._connection.close()

    def tidy(self, connection: StoreConnection) -> None:
        pass

    def _tell(self, messages: Sequence[Msg], word: str) -> None:
        """What the servers do not hear they ask again, and then it is known what was applied."""

        async def tell(_jetstream: JetStreamContext) -> None:
            for message in messages:
                await getattr(message, word)()

        try:
            self._connection.ask(tell, WAITS + 4)
        except (BufferAway, NatsError) as error:
            logger.warning("the buffer does not answer: %s", error)


def _together(held: Iterable[_Held], most_bytes: int) -> Iterable[_Held]:
    """Of those that failed equally often as the first, as many as may be tried together."""
    total, count, failures = 0, 0, None
    for one in held:
        failures = one.failures if failures is None else failures
        if one.failures != failures:
            continue
        total += len(one.filed.body)
        if count and (total > most_bytes or count >= claims.most_together(failures)):
            return
        count += 1
        yield one
