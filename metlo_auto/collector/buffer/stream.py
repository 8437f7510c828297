"""The stream of batches and the one consumer that all analysers share: names, limits, how a batch is written."""

from __future__ import annotations

import uuid
from typing import Any, Mapping, NamedTuple
from urllib.parse import quote, unquote

from nats.js import JetStreamContext, api
from nats.js.errors import BadRequestError

from metlo_auto.collector.store.inbox import Batch

NAME, SUBJECT, CONSUMER = "metlo", "metlo.batches", "analysers"
MOST_BYTES = 1_000_000_000  # that wait; further uploads are refused until analysers catch up
REMEMBERED = 120.0  # seconds that the stream knows a batch by its id; the store knows it for days
ACK_WAIT = 30.0  # seconds that a batch is an analyser's without a word from it
MOST_PENDING = 50_000  # batches in the hands of all analysers
_KEY, _RECEIVED, _VERSION, _TRACES = "Nats-Msg-Id", "Metlo-Received", "Metlo-Version", "Metlo-Traces"


async def make(jetstream: JetStreamContext, servers: int) -> None:
    """Make stream and consumer where they are missing; what somebody has set otherwise stays."""
    config = api.StreamConfig(
        name=NAME, subjects=[SUBJECT], retention=api.RetentionPolicy.WORK_QUEUE, storage=api.StorageType.FILE,
        num_replicas=3 if servers >= 3 else 1, max_bytes=MOST_BYTES, discard=api.DiscardPolicy.NEW,
        duplicate_window=REMEMBERED,
    )  # fmt: skip
    try:
        await jetstream.add_stream(config)
    except BadRequestError as error:
        if error.err_code != 10058:  # it is there, with other limits
            raise


async def make_consumer(jetstream: JetStreamContext) -> JetStreamContext.PullSubscription:
    config = api.ConsumerConfig(
        ack_policy=api.AckPolicy.EXPLICIT, ack_wait=ACK_WAIT, max_ack_pending=MOST_PENDING, max_deliver=-1
    )
    return await jetstream.pull_subscribe(SUBJECT, durable=CONSUMER, stream=NAME, config=config)


class Received(NamedTuple):
    key: str
    batch: Batch


def headers(batch: Batch) -> dict[str, str]:
    """Of the message whose body is the batch's. A batch without a key gets one: a message may be delivered twice."""
    return {
        _KEY: quote(batch.key or f"once/{uuid.uuid4().hex}", safe="/"),
        _RECEIVED: repr(batch.received_at),
        _VERSION: str(batch.version),
        _TRACES: str(batch.traces),
    }


def read(given: Mapping[str, str], body: bytes) -> Received:
    """The batch of a message. Raises KeyError or ValueError where it is none."""
    key = unquote(given[_KEY])
    return Received(key, Batch(key, float(given[_RECEIVED]), int(given[_VERSION]), int(given[_TRACES]), body))


async def state(jetstream: JetStreamContext) -> Any:
    """How many batches and bytes wait."""
    return (await jetstream.stream_info(NAME)).state
