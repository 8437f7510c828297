"""A progress bar on standard error, once something takes longer than a second and a person looks on."""

from __future__ import annotations

import sys
import time
from typing import Iterable, Iterator, TypeVar

T = TypeVar("T")
_WIDTH = 40


def shown(items: Iterable[T], total: int, label: str) -> Iterator[T]:
    """`items` as they come; the bar appears after a second and goes away at the end."""
    started = drawn = time.monotonic()
    visible = sys.stderr.isatty()
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if visible and now - started > 1 and now - drawn > 0.1:
            drawn = now
            full = min(_WIDTH, _WIDTH * done // max(1, total))
            bar = "#" * full + "." * (_WIDTH - full)
            print(f"\r{label} [{bar}] {done:,} of {total:,}", end="", file=sys.stderr, flush=True)
    if visible and drawn != started:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
