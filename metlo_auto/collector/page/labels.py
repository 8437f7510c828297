"""Numbers and times as people read them; pure."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Optional

_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_LARGE = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def ago(seconds: float) -> str:
    """`3 min ago`; what lies less than a second back or ahead is `now`."""
    for size, unit in _SPANS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "now"


def count(n: int) -> str:
    """1234567 as `1,234,567`."""
    return f"{n:,}"


def short(n: float) -> str:
    """At most four characters and a unit: 9999, `12.3k`, `1.2M`."""
    if abs(n) < 10_000:
        return f"{n:,.0f}"
    for factor, unit in _LARGE:
        if abs(n) >= factor:
            scaled = n / factor
            return f"{scaled:.0f}{unit}" if scaled >= 100 else f"{scaled:.1f}{unit}"
    return f"{n:.0f}"


def size(n: float) -> str:
    """Bytes as `1.2 MB`."""
    for unit in ("B", "kB", "MB"):
        if n < 1000:
            return f"{n:.0f} {unit}" if unit == "B" or n >= 100 else f"{n:.1f} {unit}"
        n /= 1000
    return f"{n:.1f} GB"


def duration(milliseconds: Optional[float]) -> str:
    """`0.8 ms`, `41 ms`, `1.3 s`; an em dash where it is not known."""
    if milliseconds is None:
        return "–"
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds:.0f} ms" if milliseconds >= 10 else f"{milliseconds:.1f} ms"


def share(part: float, whole: float) -> str:
    """`12%`, `<1%`; nothing where there is nothing."""
    if not part or not whole:
        return ""
    percent = 100 * part / whole
    if percent < 1:
        return "<1%"
    return ">99%" if 99 < percent < 100 else f"{percent:.0f}%"


def rate(per_second: float) -> str:
    """`12/s`, `0.4/s`."""
    return f"{per_second:.1f}/s" if 0 < per_second < 10 else f"{short(per_second)}/s"


def iso(seconds: float) -> str:
    """Seconds since the epoch as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


def clock(seconds: float, now: Optional[float] = None) -> str:
    """Seconds since the epoch as this machine's time of day, `21 Nov 17:40` where that is not today's."""
    moment = datetime.fromtimestamp(seconds)
    today = datetime.now() if now is None else datetime.fromtimestamp(now)
    if moment.date() == today.date():
        return moment.strftime("%H:%M:%S")
    return f"{moment.day} {moment:%b %H:%M}"


def moment(seconds: float) -> str:
    """Seconds since the epoch as this machine's date and time, with its zone."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def plural(n: int, one: str, many: str = "") -> str:
    """`1 endpoint`, `2 endpoints`."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"
