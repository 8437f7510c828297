"""A progress bar on standard error, once something takes longer than a second and a person looks on."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
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


@contextmanager
def waiting(label: str) -> Iterator[None]:
    """The same for one piece of work whose end nobody can tell: a mark that goes to and fro, and the seconds."""
    done = threading.Event()
    thread = threading.Thread(target=_draw_waiting, args=(label, done))
    if sys.stderr.isatty():
        thread.start()
    try:
        yield
    finally:
        done.set()
        if thread.ident is not None:
            thread.join()


def _draw_waiting(label: str, done: threading.Event) -> None:
    started = time.monotonic()
    if done.wait(1):
        return
    step = 0
    while not done.wait(0.1):
        step += 1
        place = abs((step + _WIDTH - 3) % (2 * (_WIDTH - 3)) - (_WIDTH - 3))
        bar = "." * place + "###" + "." * (_WIDTH - 3 - place)
        print(f"\r{label} [{bar}] {time.monotonic() - started:.0f} s", end="", file=sys.stderr, flush=True)
    print("\r\033[K", end="", file=sys.stderr, flush=True)
