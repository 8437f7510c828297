"""Numbers of things as people say them, on the command line and in reports."""

from __future__ import annotations


def counted(n: int, what: str) -> str:
    """`1 endpoint`, `1,200 endpoints`."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"
