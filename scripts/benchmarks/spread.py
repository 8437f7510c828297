"""Medians and quartiles of what was measured in rounds."""

from __future__ import annotations

import statistics
from typing import NamedTuple, Sequence


class Spread(NamedTuple):
    """The median, and between what the middle half lies."""

    median: float
    low: float
    high: float

    def __format__(self, form: str) -> str:
        return f"{self.median:{form}} [{self.low:{form}} {self.high:{form}}]"


def spread(values: Sequence[float]) -> Spread:
    if len(values) < 2:
        return Spread(*[values[0] if values else float("nan")] * 3)
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)
