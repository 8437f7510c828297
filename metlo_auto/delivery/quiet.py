"""Keeps our own posts from being noticed: by tracers that the app brought along, and by its filters for warnings.

Knows the tracers' switches, imports none of them.
"""

import contextlib
import importlib.util
import sys
from typing import Any, Dict, Iterator, List, Tuple

# What OpenTelemetry's instrumentations ask: the first is the specification's, the second its HTTP clients'.
OPENTELEMETRY_KEYS = ("suppress_instrumentation", "suppress_http_instrumentation")

OPENTELEMETRY_NAMES = ("_SUPPRESS_INSTRUMENTATION_KEY", "_SUPPRESS_HTTP_INSTRUMENTATION_KEY")

SOCKS = "urllib3.contrib.socks"


@contextlib.contextmanager
def without_socks_warning() -> Iterator[None]:
    """Around the first import of requests: urllib3 does not warn that PySocks, which nobody asked for, is not there."""
    # requests silences it by a filter of its own. That is gone again where a test runner puts filters back meanwhile,
    # and where they make errors of warnings requests cannot be imported then.
    modules: Dict[str, Any] = sys.modules
    hidden = "requests" not in modules and SOCKS not in modules and importlib.util.find_spec("socks") is None
    if hidden:
        modules[SOCKS] = None  # requests tries to import it, and takes its absence for what it is
    try:
        yield
    finally:
        if hidden and modules.get(SOCKS, hidden) is None:
            del modules[SOCKS]


@contextlib.contextmanager
def untraced() -> Iterator[None]:
    """No span for HTTP requests inside, where the tracer offers a switch."""
    undo = _opentelemetry()
    try:
        yield
    finally:
        for context, token in undo:
            context.detach(token)


def _opentelemetry() -> List[Tuple[Any, Any]]:
    context = sys.modules.get("opentelemetry.context")
    if context is None or not hasattr(context, "attach"):
        return []
    state = context.get_current()
    generated = [getattr(context, name, "") for name in OPENTELEMETRY_NAMES]
    for key in filter(None, [*OPENTELEMETRY_KEYS, *generated]):
        state = context.set_value(key, True, state)
    return [(context, context.attach(state))]
