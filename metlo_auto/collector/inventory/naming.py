"""Names that nothing has: the error, and the names that may be meant."""

from __future__ import annotations

from typing import Iterable, Sequence

MOST_NAMED = 8


class Unknown(Exception):
    """A name that nothing has; the message names the nearest."""


def nearest(name: str, known: Sequence[str], most: int = MOST_NAMED) -> str:
    """What may be meant by a name that nothing has, else at most so many of those that are known."""
    import difflib  # by the first who is mistaken

    near = difflib.get_close_matches(name, known, 1) or [one for one in known if one.lower() == name.lower()]
    return f"did you mean {near[0]!r}?" if near else "known: " + (listed(known, most) or "none yet")


def listed(names: Iterable[str], most: int = MOST_NAMED) -> str:
    """A few names as one phrase."""
    found = list(names)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more
