"""One connection of a process to the NATS servers, in a thread with an event loop; knows no batches."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import os
import threading
from typing import Any, Awaitable, Callable, Optional, TypeVar

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

T = TypeVar("T")
logger = logging.getLogger("metlo.collector")
_SLACK = 1.0  # seconds that an answer may take beyond the timeout of what was asked


class BufferAway(Exception):
    """The servers did not answer, or not in time; what was asked may have happened all the same."""


def servers_of(address: str) -> list[str]:
    """`nats://a,b:4223,c` as one URL for each server."""
    scheme, _, rest = address.partition("://")
    return [f"{scheme}://{server.strip()}" for server in rest.split(",") if server.strip()]


class Connection:
    """Connects with the first question and again whenever it has to, in the process that asks."""

    def __init__(self, address: str) -> None:
        self.servers = servers_of(address)
        self._lock = threading.Lock()
        self._pid = 0
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._client: Optional[Client] = None
        self._thread: Optional[threading.Thread] = None
        self._is_ending = False

    @property
    def most_bytes(self) -> int:
        """Of a message, as the servers say."""
        return self._client.max_payload if self._client is not None else 0

    def ask(self, work: Callable[[JetStreamContext], Awaitable[T]], timeout: float) -> T:
        """What `work` gives. Raises BufferAway, and what the servers refuse it with."""
        loop = self._running_loop()
        future = asyncio.run_coroutine_threadsafe(self._do(work, timeout), loop)
        try:
            return future.result(timeout + _SLACK)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise BufferAway("no answer in time") from None

    async def _do(self, work: Callable[[JetStreamContext], Awaitable[T]], timeout: float) -> T:
        client = self._client
        if client is None or not client.is_connected:
            raise BufferAway("no server is connected")
        try:
            return await asyncio.wait_for(_awaited(work(client.jetstream(timeout=timeout))), timeout)
        except (asyncio.TimeoutError, OSError) as error:
            raise BufferAway(f"no answer in time: {type(error).__name__}") from error

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._pid != os.getpid():  # a forked process has the object and not its thread
                self._pid, self._client, self._loop = os.getpid(), None, asyncio.new_event_loop()
                connected = threading.Event()
                arguments = (self._loop, connected)
                self._thread = threading.Thread(target=self._run, args=arguments, name="metlo-buffer", daemon=True)
                self._thread.start()
                connected.wait(2.0)
            return self._loop

    def _run(self, loop: asyncio.AbstractEventLoop, connected: threading.Event) -> None:
        asyncio.set_event_loop(loop)
        loop.create_task(self._connect(connected))
        loop.run_forever()
        loop.close()

    async def _connect(self, connected: threading.Event) -> None:
        while self._client is None:
            try:
                self._client = await nats.connect(
                    self.servers, connect_timeout=2, reconnect_time_wait=0.5, max_reconnect_attempts=-1,
                    ping_interval=5, max_outstanding_pings=2, error_cb=_say_nothing,
                    disconnected_cb=self._say_disconnected,
                )  # fmt: skip
            except (NatsError, OSError, asyncio.TimeoutError) as error:
                logger.warning("the buffer does not answer: %s", error)
                await asyncio.sleep(0.5)
        connected.set()

    async def _say_disconnected(self) -> None:
        if not self._is_ending:
            logger.warning("the buffer has closed the connection; connecting again")

    def close(self) -> None:
        """Send what is on its way and end."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None or self._pid != os.getpid():
            return
        try:
            asyncio.run_coroutine_threadsafe(self._end(), loop).result(5)
        except (NatsError, concurrent.futures.TimeoutError, OSError):
            pass  # what was not acknowledged comes again
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)

    async def _end(self) -> None:
        self._is_ending, client = True, self._client
        if client is not None:
            if client.is_connected:
                await client.flush(2)
            await client.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


async def _awaited(work: Awaitable[T]) -> T:
    return await work


async def _say_nothing(_error: Any) -> None:
    """Each attempt to connect again fails for itself; that the servers are gone has been said."""
