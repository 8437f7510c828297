"""A collector that answers at once and counts the traces it gets, for Metlo and for the peers; run as a process.

It must cost little, since it shares its core with the load generator: traces are counted by a mark in the bytes.
`GET /count` tells; `GET /last` gives the last post's body as it came.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import sys
import zlib
from typing import Callable

PLAIN, ACCEPTED = "200 OK", "202 Accepted"


def inflated(body: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "deflate":
        return zlib.decompress(body)
    if encoding == "br":
        import brotli

        return bytes(brotli.decompress(body))
    return body


# What stands once in each trace of a kind, and nowhere in a captured body, where the quotes would be escaped.
MARKS = {
    "/api/v1/log-request/": b'"metloSource":',
    "/api/v2/log-request/": b'"metloSource":',
    "/intake/v2/events": b'{"transaction":',
    "/envelope": b'{"type":"transaction","content_type"',
    "/v1/traces": b"http.route",
    "/v1/events": b'"direction": "Incoming"',
}


class Counts:
    """What came in so far."""

    def __init__(self) -> None:
        self.traces = self.posts = self.bytes = self.connections = 0
        self.last = b""

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.posts += 1
        self.bytes += len(body)
        if "x-datadog-trace-count" in headers:
            self.traces += int(headers["x-datadog-trace-count"])
            return
        for part, mark in MARKS.items():
            if part in path:
                self.last = body
                self.traces += inflated(body, headers.get("content-encoding", "")).count(mark)
                return

    def told(self) -> bytes:
        return json.dumps(
            {name: getattr(self, name) for name in ("traces", "posts", "bytes", "connections")}
        ).encode()


class Connection(asyncio.Protocol):
    """HTTP/1.1 with Content-Length or chunks, kept alive."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.parts: list[bytes] = []
        self.have = 0
        self.need = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.counts.connections += 1

    def data_received(self, data: bytes) -> None:
        self.parts.append(data)
        self.have += len(data)
        if self.have < self.need:
            return
        rest = b"".join(self.parts)
        while rest:
            size = self.answer(rest)
            if size > len(rest):
                break
            rest, self.need = rest[size:], 0
        self.parts, self.have = [rest], len(rest)

    def answer(self, data: bytes) -> int:
        """How long the first request in `data` is, which is answered if it is whole."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return len(data) + 1
        lines = data[:end].decode("latin-1").split("\r\n")
        method, path = lines[0].split(" ")[:2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        start = end + 4
        if headers.get("expect") == "100-continue" and len(data) == start:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if headers.get("transfer-encoding") == "chunked":
            length, body = self.unchunked(data, start)
        else:
            length = start + int(headers.get("content-length", 0))
            body = data[start:length]
        if length > len(data):
            self.need = length
            return length
        self.respond(method, path, headers, body)
        return length

    def unchunked(self, data: bytes, at: int) -> tuple[int, bytes]:
        body: list[bytes] = []
        while True:
            line = data.find(b"\r\n", at)
            if line < 0:
                return len(data) + 1, b""
            size = int(data[at:line].split(b";")[0], 16)
            at = line + 2 + size + 2
            if at > len(data):
                return len(data) + 1, b""
            if not size:
                return at, b"".join(body)
            body.append(data[line + 2 : line + 2 + size])

    def respond(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        answer, kind = b"OK", "text/plain"
        if method != "GET":
            self.counts.take(path, headers, body)
            if "/v0." in path or "/v1/events" in path or "/envelope" in path:
                answer, kind = b"{}", "application/json"
        elif path == "/count":
            answer, kind = self.counts.told(), "application/json"
        elif path == "/last":
            answer = self.counts.last
        elif path == "/info":  # the agent that ddtrace expects
            answer, kind = b'{"endpoints":["/v0.4/traces"],"client_drop_p0s":false}', "application/json"
        elif path != "/api/v1/verify":
            answer, kind = b"{}", "application/json"
        status = ACCEPTED if "/intake/" in path else PLAIN
        self.transport.write(
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer
        )
        if headers.get("connection", "").lower() == "close":
            self.transport.close()


async def serve(say: Callable[[int], None]) -> None:
    counts = Counts()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(counts), "127.0.0.1", 0, backlog=1024)
    say(server.sockets[0].getsockname()[1])
    await server.serve_forever()


if __name__ == "__main__":
    gc.disable()
    try:
        asyncio.run(serve(lambda port: print(port, flush=True)))
    except KeyboardInterrupt:
        sys.exit(0)
