"""What a collector of ours is told once, beside the traces: asks whether it is one; knows nothing of what it tells."""

import logging
import zlib
from collections import deque
from typing import Callable, Deque, Mapping, NamedTuple, Optional, Set

from .outage_log import say

CAPABILITY = "X-Metlo-Collector"
TRIES = 3
MOST = 100  # that are told, or wait, in one process: test suites make an app for each test


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]


class Declaration(NamedTuple):
    """`make_body` is called in the sender's thread, and only for a collector that says it takes routes."""

    make_body: Callable[[], bytes]
    tries: int = 0


class Declarations:
    """Waits for the first post that succeeds; a collector is asked once whether it takes them, or is told nothing."""

    def __init__(self) -> None:
        self._waiting: Deque[Declaration] = deque()
        self._idle: Deque[None] = deque([None])  # whoever pops it tells; several threads post
        self._taken: Optional[bool] = None  # whether the collector takes them, once it was asked
        self._told: Set[int] = set()

    def wanted(self) -> bool:
        """Whether there is room for one more, and no collector that takes none."""
        return self._taken is not False and len(self._told) + len(self._waiting) < MOST

    def add(self, make_body: Callable[[], bytes]) -> None:
        """`make_body` gives b"" where there is nothing to tell. Never waits, takes no lock."""
        if self.wanted():
            self._waiting.append(Declaration(make_body))

    def tell(self, ask: Callable[[str, str, bytes], Answer]) -> None:
        """Tells what waits; `ask(method, path, body)` is one request. What fails is tried again, a few times."""
        if not self._waiting:
            return
        try:
            self._idle.pop()
        except IndexError:  # another thread is at it
            return
        try:
            self._tell_all(ask)
        finally:
            self._idle.append(None)

    def _tell_all(self, ask: Callable[[str, str, bytes], Answer]) -> None:
        while self._waiting:
            declaration = self._waiting.popleft()
            try:
                self._tell(declaration, ask)
            except Exception as error:  # noqa: BLE001 - the batch before it is delivered, whatever becomes of this
                say("the app's routes could not be told: %s", type(error).__name__, level=logging.DEBUG)
                if declaration.tries + 1 < TRIES:
                    self._waiting.append(declaration._replace(tries=declaration.tries + 1))
                return

    def _tell(self, declaration: Declaration, ask: Callable[[str, str, bytes], Answer]) -> None:
        if self._taken is None:
            answer = ask("GET", "/api/v1/verify", b"")
            if answer.status >= 500:
                raise OSError("HTTP %d" % answer.status)
            self._taken = answer.status == 200 and "routes" in answer.headers.get(CAPABILITY, "")
        if not self._taken:
            self._waiting.clear()
            return
        body = declaration.make_body()
        known = zlib.crc32(body)  # apps of one factory declare the same
        if body and known not in self._told:
            ask("POST", "/api/local/routes", body)
            self._told.add(known)
