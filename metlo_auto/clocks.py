"""The clocks as they were before a test of the app's put others in their place; knows time, and who patches its sleep.

Suites freeze the clock, count who asks for it, or give it a list of responses; what we take of these is missing there.
So nobody here asks the module `time` while the app runs. This is loaded before the app: what is there then is real.
"""

import sys
import time

TYPE_CHECKING = False  # typing is not loaded in a process that never imports Flask
if TYPE_CHECKING:
    from typing import Callable


class Real:
    """In a class: freezegun goes through all modules and replaces what stands in them by that name or another."""

    wall = time.time
    # Not time.monotonic, which time-machine may turn: where that would go back, what waits would wait for years.
    monotonic = time.perf_counter
    sleep = time.sleep


def sleep(seconds: float) -> None:
    """Greenlets get their turn meanwhile, where the app has had time.sleep patched for them."""
    _sleep_of_now()(seconds)


def _sleep_of_now() -> "Callable[[float], object]":
    if _says("gevent.monkey", "is_module_patched"):
        return sys.modules["gevent"].sleep  # type: ignore[no-any-return]
    if _says("eventlet.patcher", "is_monkey_patched"):
        return sys.modules["eventlet"].sleep  # type: ignore[no-any-return]
    return Real.sleep


def _says(module: str, question: str) -> bool:
    ask = getattr(sys.modules.get(module), question, None)  # another thread may have just begun to import it
    return ask is not None and bool(ask("time"))
