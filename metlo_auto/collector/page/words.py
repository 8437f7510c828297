"""Numbers and times as people read them; pure."""

from __future__ import annotations

_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def ago(seconds: float) -> str:
    """`3 min ago`; what lies less than a second back or ahead is `now`."""
    for size, unit in _SPANS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "now"


def count(n: int) -> str:
    """1234567 as `1,234,567`."""
    return f"{n:,}"


def size(n: float) -> str:
    """Bytes as `1.2 MB`."""
    for unit in ("B", "kB", "MB"):
        if n < 1000:
            return f"{n:.0f} {unit}" if unit == "B" or n >= 100 else f"{n:.1f} {unit}"
        n /= 1000
    return f"{n:.1f} GB"
