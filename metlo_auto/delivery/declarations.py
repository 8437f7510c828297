"""What a collector of ours is told once, beside the traces; knows nothing of what it tells."""

import logging
import zlib
from collections import deque
from typing import Callable, Deque, Mapping, NamedTuple, Set

from .collector_kind import CollectorKind
from .outage_log import say

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
    """Waits for the first upload that succeeds; a collector that does not take them is told nothing."""

    def __init__(self, kind: CollectorKind) -> None:
        self._kind = kind
        self._waiting: Deque[Declaration] = deque()
        self._idle: Deque[None] = deque([None])  # whoever pops it tells; several threads upload
        self._told: Set[int] = set()

    def wanted(self) -> bool:
        """Whether there is room for one more, and no collector that takes none."""
        takes_none = self._kind.settled and not self._kind.takes_routes
        return not takes_none and len(self._told) + len(self._waiting) < MOST

    def add(self, make_body: Callable[[], bytes]) -> None:
        """`make_body` gives b"" where there is nothing to tell any more. Never waits, takes no lock."""
        if self.wanted():
            self._waiting.append(Declaration(make_body))

    def tell(self, ask: Callable[[str, str, bytes], Answer]) -> None:
        """Tells what waits; `ask(method, path, body)` is one request. What fails is tried again, a few times."""
        if not self._waiting or self._kind.ours is None:
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
        if not self._kind.takes_routes:
            return
        body = declaration.make_body()
        known = zlib.crc32(body)  # apps of one factory declare the same
        if body and known not in self._told:
            ask("POST", "/api/local/routes", body)
            self._told.add(known)
