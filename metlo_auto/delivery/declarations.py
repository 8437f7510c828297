"""What a collector of ours is told once, beside the traces: asks whether it is one; knows nothing of what it tells."""

import logging
from collections import deque
from typing import Callable, Deque, Mapping, NamedTuple

from .troubles import say

CAPABILITY = "X-Metlo-Collector"
TRIES = 3


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]


class Declaration(NamedTuple):
    """`make_body` is called in the sender's thread, and only for a collector that says it takes routes."""

    make_body: Callable[[], bytes]
    tries: int = 0


class Declarations:
    """Waits for the first post that succeeds; any other collector is asked for its capabilities and told nothing."""

    def __init__(self) -> None:
        self._waiting: Deque[Declaration] = deque()

    def add(self, make_body: Callable[[], bytes]) -> None:
        """Never waits, takes no lock."""
        self._waiting.append(Declaration(make_body))

    def tell(self, ask: Callable[[str, str, bytes], Answer]) -> None:
        """Tells what waits; `ask(method, path, body)` is one request. What fails is tried again, a few times."""
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
        answer = ask("GET", "/api/v1/verify", b"")
        if answer.status == 200 and "routes" in answer.headers.get(CAPABILITY, ""):
            ask("POST", "/api/local/routes", declaration.make_body())
