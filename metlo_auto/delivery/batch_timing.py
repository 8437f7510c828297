"""When a batch leaves; pure, the clock is an argument.

A trace that comes alone leaves at once. Under load batches fill, since each upload costs a thousand times what a
trace in it does. Prompt uploads are rationed, so that a steady trickle does not become an upload for each request.
"""

from typing import Optional

from .types import BATCH_BYTES, BATCH_TRACES

LINGER = 0.05  # seconds that even a lone trace waits for company
STEP = 0.1  # seconds between looks at a queue that fills
FEW = 5  # traces within LINGER that are no load yet
PROMPT_RATE = 4.0  # prompt uploads a second in the long run
PROMPT_BURST = 10.0


class BatchTiming:
    """Remembers when the queue began to fill and how many prompt uploads are left."""

    def __init__(self, flush_interval: float) -> None:
        self._patience = max(flush_interval - STEP, LINGER)
        self._since: Optional[float] = None
        self._prompt = PROMPT_BURST
        self._counted = 0.0

    def due(self, now: float, traces: int, size: int, most: int = BATCH_TRACES) -> bool:
        """Whether `traces` waiting traces of `size` bytes leave now; the caller then takes them, `most` in a batch."""
        if not traces:
            self._since = None
            return False
        if self._since is None:
            self._since = now
        if traces >= most or size >= BATCH_BYTES:
            return True
        waited = now - self._since
        return waited >= self._patience or (waited >= LINGER and traces <= FEW and self._spend(now))

    def left(self, now: float, remaining: int) -> None:
        """A batch left; `remaining` traces still wait."""
        self._since = now if remaining else None

    def wait(self, now: float, traces: int) -> float:
        """Seconds until `due` may change by itself, while `traces` wait: of many only a full batch leaves earlier."""
        if self._since is None:
            return LINGER
        waited = now - self._since
        if traces > FEW:
            return max(self._patience - waited, 0.0)
        return LINGER if waited < LINGER else STEP

    def _spend(self, now: float) -> bool:
        self._prompt = min(PROMPT_BURST, self._prompt + (now - self._counted) * PROMPT_RATE)
        self._counted = now
        if self._prompt < 1.0:
            return False
        self._prompt -= 1.0
        return True
