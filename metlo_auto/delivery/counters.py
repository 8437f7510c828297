"""What became of the traces, in numbers; knows nothing of why.

Request threads and signal handlers count with `itertools.count`, whose `next` is atomic and never waits; its value
is read from its repr, the one way that neither advances it nor was taken out of Python 3.14. Only the sender
writes the other numbers.
"""

import itertools
from typing import Dict


class Tally:
    """A number that any thread may count up."""

    def __init__(self) -> None:
        self._count = itertools.count()
        self.add = self._count.__next__  # a bound C method: nothing of Python's runs on the hot path

    @property
    def value(self) -> int:
        """How often `add` was called."""
        return int(repr(self._count)[len("count(") : -1])


class Counters:
    """`captured` = sent + spooled + queued + all of `dropped`, whenever nothing moves."""

    def __init__(self) -> None:
        self.captured = Tally()
        self.sent = 0
        self.spooled = 0
        self.holding = 0  # taken from the queue by the sender and not settled
        self.recovered = 0  # delivered from a spool that others left
        self.recovered_dropped = 0
        self._door: Dict[str, Tally] = {}
        self._dropped: Dict[str, int] = {}

    def refuse(self, reason: str, n: int = 1) -> None:
        """Counts traces that never came in; for any thread."""
        tally = self._door.get(reason)
        if tally is None:
            tally = self._door.setdefault(reason, Tally())
        for _ in range(n):
            tally.add()

    def drop(self, reason: str, n: int) -> None:
        """Counts traces that the sender had to give up; for the sender alone."""
        if n:
            self._dropped[reason] = self._dropped.get(reason, 0) + n

    def dropped(self) -> Dict[str, int]:
        """Numbers by reason."""
        numbers = dict(self._dropped)
        for reason, tally in list(self._door.items()):
            numbers[reason] = numbers.get(reason, 0) + tally.value
        return numbers
