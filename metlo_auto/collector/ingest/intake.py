"""Where accepted uploads go: what ingest asks of the inbox, be it a table of the store or a buffer before it."""

from __future__ import annotations

from typing import Optional, Protocol

from metlo_auto.collector.store.inbox import Batch


class StoreAway(Exception):
    """The batch was not taken: nothing of it was kept, the sender has to try again."""


class Full(Exception):
    """What waits to be analysed is as much as may wait."""


class TooLarge(Exception):
    """A batch of this size is never taken; the message says the limit."""


class Intake(Protocol):
    """Takes batches durably."""

    def store(self, batch: Batch) -> None:
        """Return once the batch is durable. Raises Full, TooLarge, or StoreAway."""

    def count(self, name: str, n: int = 1) -> None:
        """Add to a counter of the store, as soon as the store takes it."""

    def complaint(self) -> Optional[str]:
        """What is wrong with the place that batches go to, None where it answers within a second."""

    def waiting(self) -> dict[str, int]:
        """What waits elsewhere than in the store, by name."""

    def close(self) -> None:
        """Write counts and end threads."""
