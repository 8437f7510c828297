"""When to try again: exponential backoff with full jitter; pure, clock and chance are arguments."""

from typing import Callable, NamedTuple, Optional

FIRST = 1.0
LONGEST = 60.0
LONGEST_OBEYED = 3600.0  # of a Retry-After


class Backoff(NamedTuple):
    """`failures` in a row, and no try before `not_before` (seconds of the caller's clock)."""

    failures: int = 0
    not_before: float = 0.0

    def failed(self, now: float, chance: Callable[[], float], retry_after: Optional[float] = None) -> "Backoff":
        """After one more failure; `chance()` is in [0, 1). The jitter comes on top of a `retry_after`."""
        delay = chance() * min(LONGEST, FIRST * 2.0 ** min(self.failures, 10))
        if retry_after is not None:
            delay += min(max(retry_after, 0.0), LONGEST_OBEYED)
        return Backoff(self.failures + 1, now + delay)
