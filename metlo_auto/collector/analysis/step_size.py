"""How many bytes of uploads a step takes, and whether more come than are analysed; pure."""

from __future__ import annotations

FULL = 0.75  # of its bytes: a step that took so many may have left others waiting
FIRST_BYTES = 4_000_000
LEAST_BYTES = 1_000_000
MOST_FACTS = 100_000  # of one step: each is a row that is held in memory until it is written
GROWTH = 2  # times the bytes of the step before


class StepSize:
    """Large steps touch each row less often; how large one may be goes by how many facts its bytes turned into."""

    def __init__(self, most_bytes: int) -> None:
        self.bytes = min(FIRST_BYTES, most_bytes)  # of the next step
        self.is_behind = False
        self._most_bytes = most_bytes
        self._size = 0  # of this step
        self._backlog = 0.0  # bytes that full steps took, one right after the other

    def begin(self, size: int, is_full: bool) -> None:
        """A step took `size` bytes, and `is_full` where it took as many batches as it may.

        So many bytes as one step may have at the most are a burst; where full steps go on after them, more comes than
        is analysed.
        """
        self._size = size
        fills = size >= FULL * self.bytes
        enough = FULL * self._most_bytes
        self.is_behind = (fills or is_full) and self._backlog >= enough
        self._backlog = self._backlog + (enough if is_full else size) if fills or is_full else 0.0

    def end(self, facts: int) -> None:
        """It turned into so many facts."""
        fitting = self._size * MOST_FACTS // max(facts, 1)
        least = min(LEAST_BYTES, self._most_bytes)
        self.bytes = max(least, min(fitting, GROWTH * self.bytes, self._most_bytes))

    def rest(self) -> None:
        """Nothing waits."""
        self.is_behind, self._backlog = False, 0.0
