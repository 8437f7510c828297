"""Calls by hour as rectangles of an SVG; pure geometry, knows no template."""

from __future__ import annotations

from typing import NamedTuple, Sequence


class Hour(NamedTuple):
    """Calls and errors of one hour; `hour` counts hours since the epoch."""

    hour: int
    calls: int
    errors: int


class Bar(NamedTuple):
    """One hour: x and width, then height of all calls and of the errors among them, in the chart's units."""

    hour: Hour
    x: float
    width: float
    calls: float
    errors: float


class Chart(NamedTuple):
    """Bars from the left to the right that stand on the bottom line."""

    width: int
    height: int
    bars: Sequence[Bar]
    most: int
    total: int


def fill(hours: Sequence[Hour], now: int, span: int) -> list[Hour]:
    """The `span` hours up to `now`, the quiet ones too."""
    found = {hour.hour: hour for hour in hours}
    return [found.get(hour, Hour(hour, 0, 0)) for hour in range(now - span + 1, now + 1)]


def chart(hours: Sequence[Hour], width: int, height: int, gap: float = 1) -> Chart:
    """Bars in proportion to the busiest hour; one that is not zero is at least one unit high."""
    most = max((hour.calls for hour in hours), default=0)
    step = width / max(1, len(hours))
    bars = [
        Bar(
            hour,
            round(index * step, 2),
            round(step - gap, 2),
            _high(hour.calls, most, height),
            _high(min(hour.errors, hour.calls), most, height),
        )
        for index, hour in enumerate(hours)
    ]
    return Chart(width, height, bars, most, sum(hour.calls for hour in hours))


def _high(n: int, most: int, height: int) -> float:
    return round(max(1.0, height * n / most), 2) if n and most else 0.0
