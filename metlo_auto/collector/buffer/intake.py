"""Puts batches into the stream; a batch is acknowledged when the servers have it on disk."""

from __future__ import annotations

import logging
import threading
from typing import Any, Optional

from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError
from nats.js import JetStreamContext
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError
from sqlalchemy.engine import Engine

from metlo_auto.collector.buffer import stream
from metlo_auto.collector.buffer.connection import BufferAway, Connection
from metlo_auto.collector.ingest.intake import Full, StoreAway, TooLarge
from metlo_auto.collector.ingest.pending_counts import PendingCounts
from metlo_auto.collector.store.availability import Probe
from metlo_auto.collector.store.inbox import Batch

logger = logging.getLogger("metlo.collector")
WITHIN = 5.0  # seconds that the servers have for a batch
MOST_AT_ONCE = 32  # threads that wait for the servers: the others show pages and answer probes
WRITE_EVERY = 0.5  # seconds between two writes of counts
_FULL = (10077, 10023, 10047)  # the stream's limit, the server's resources, its storage


class BufferIntake:
    """`store` returns once the stream has the batch. Counts go to the store `engine`."""

    def __init__(self, address: str, engine: Engine) -> None:
        self._connection = Connection(address)
        self._engine = engine
        self._counts = PendingCounts()
        self._free = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._probe = Probe(self._ask_state, "the buffer")
        self._closing = threading.Event()
        self._writer: Optional[threading.Thread] = None
        self._lock = threading.Lock()

    def store(self, batch: Batch) -> None:
        """Raises Full, TooLarge, or StoreAway where the stream did not confirm the batch."""
        if not self._free.acquire(blocking=False):
            raise StoreAway("too many uploads wait for the buffer")
        try:
            duplicate = self._connection.ask(lambda jetstream: self._publish(jetstream, batch), WITHIN)
        except MaxPayloadError:
            raise TooLarge(f"the buffer takes uploads of up to {self._connection.most_bytes} bytes") from None
        except APIError as error:
            if error.err_code in _FULL:
                raise Full from error
            raise StoreAway(str(error)) from error
        except (BufferAway, NatsError) as error:
            raise StoreAway(str(error)) from error
        finally:
            self._free.release()
        if duplicate:
            self.count("duplicate_batches")

    async def _publish(self, jetstream: JetStreamContext, batch: Batch) -> bool:
        headers = stream.headers(batch)
        try:
            answer = await jetstream.publish(stream.SUBJECT, batch.body, headers=headers)
        except NoStreamResponseError:  # none yet, or none that leads
            await stream.make(jetstream, len(self._connection.servers))
            answer = await jetstream.publish(stream.SUBJECT, batch.body, headers=headers)
        return bool(answer.duplicate)

    def count(self, name: str, n: int = 1) -> None:
        self._counts.add(name, n)
        with self._lock:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_counts, name="metlo-counts", daemon=True)
                self._writer.start()

    def _write_counts(self) -> None:
        while not self._closing.wait(WRITE_EVERY):
            self._counts.write(self._engine)

    def complaint(self) -> Optional[str]:
        return self._probe.complaint()

    def waiting(self) -> dict[str, int]:
        """Batches and bytes in the stream, nothing where the servers do not say."""
        try:
            found = self._connection.ask(stream.state, 1.0)
        except (BufferAway, NatsError):
            return {}
        return {"buffer_batches": found.messages, "buffer_bytes": found.bytes}

    def _ask_state(self) -> None:
        self._connection.ask(self._state, 1.0)

    async def _state(self, jetstream: JetStreamContext) -> Any:
        try:
            return await stream.state(jetstream)
        except NotFoundError:
            await stream.make(jetstream, len(self._connection.servers))
            return await stream.state(jetstream)

    def close(self) -> None:
        self._closing.set()
        if self._writer is not None:
            self._writer.join(10)
        self._counts.write(self._engine)
        self._connection.close()
