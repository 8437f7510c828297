"""AWS Lambda, which stops the process between two invocations; knows the module of its runtime that asks for them.

The runtime (`awslambdaric`, or its modules without that package around them) hands the handler's result over, and the
client has its response then, before it asks for the next invocation. From there on nothing of this process runs until
there is one, and it may be killed without a signal instead of that. So delivery works in between.
"""

import sys
from functools import wraps
from typing import Any, Callable, List

from metlo_auto.clocks import Real

MODULES = ("awslambdaric.lambda_runtime_client", "lambda_runtime_client")
ASKS = "wait_next_invocation"
DEADLINE = "deadline_time_in_ms"  # since the epoch, an attribute of the invocation
MOST = 0.5  # seconds of an invocation for work after its response; an upload that has begun then may take as long again
LEAST = 1.0  # seconds of it that have to be left for that

_works: List[Callable[[], None]] = []


def is_runtime_here() -> bool:
    """Whether this process gets its requests as invocations."""
    return bool(_clients())


def before_each_stop(work: Callable[[], None]) -> None:
    """Has `work`, which never raises, called after each response, in the order of these calls; nothing elsewhere."""
    clients = _clients()
    if not clients:
        return
    if not _works:
        for client in clients:
            setattr(client, ASKS, _working_first(vars(client)[ASKS]))
    _works.append(work)


def _clients() -> List[Any]:
    """The runtime's classes that have a method of their own to ask for an invocation."""
    modules = [sys.modules[name] for name in MODULES if name in sys.modules]
    return [kind for module in modules for kind in vars(module).values()
            if isinstance(kind, type) and kind.__module__ == module.__name__ and ASKS in vars(kind)]


def _working_first(asks: Callable[..., Any]) -> Callable[..., Any]:
    ends_at: List[float] = []  # of the invocation before

    @wraps(asks)
    def wait_next_invocation(*args: Any, **named: Any) -> Any:
        if not ends_at or ends_at[0] - Real.wall() >= LEAST:
            try:
                for work in list(_works):
                    work()
            except Exception:  # noqa: BLE001 - the next invocation comes, whatever becomes of our copy
                pass
        invocation = asks(*args, **named)
        ends_at[:] = _end_of(invocation)
        return invocation

    return wait_next_invocation


def _end_of(invocation: Any) -> List[float]:
    """When Lambda ends it, in seconds since the epoch; nothing where that is not said."""
    try:
        return [float(getattr(invocation, DEADLINE)) / 1000]
    except (AttributeError, TypeError, ValueError):
        return []
