"""Durations as buckets that add up, four to an octave, so that a quantile is right within a tenth; pure."""

from __future__ import annotations

import math
from typing import Mapping, Optional

UNKNOWN = -1
_PER_OCTAVE = 4
_LOWEST = 0.1  # milliseconds; everything below shares bucket 0
_HIGHEST = 80  # about 100 s


def bucket(milliseconds: Optional[float]) -> int:
    """The bucket of a duration, UNKNOWN for none."""
    if milliseconds is None:
        return UNKNOWN
    if milliseconds <= _LOWEST:
        return 0
    return min(_HIGHEST, 1 + int(math.log2(milliseconds / _LOWEST) * _PER_OCTAVE))


def middle(number: int) -> float:
    """The duration in milliseconds that stands for a bucket."""
    if number <= 0:
        return _LOWEST
    return float(_LOWEST * 2 ** ((number - 0.5) / _PER_OCTAVE))


def quantile(buckets: Mapping[int, int], share: float) -> Optional[float]:
    """The duration in milliseconds that `share` of the calls stay under; None where none was timed."""
    timed = {number: n for number, n in buckets.items() if number != UNKNOWN}
    wanted = share * sum(timed.values())
    for number in sorted(timed):
        wanted -= timed[number]
        if wanted <= 0:
            return middle(number)
    return None
