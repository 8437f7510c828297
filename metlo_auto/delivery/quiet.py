"""Hides our own posts from tracers that the app brought along; knows their switches, imports none of them."""

import contextlib
import sys
from typing import Any, Iterator, List, Tuple

# What OpenTelemetry's instrumentations ask: the first is the specification's, the second its HTTP clients'.
OPENTELEMETRY_KEYS = ("suppress_instrumentation", "suppress_http_instrumentation")

OPENTELEMETRY_NAMES = ("_SUPPRESS_INSTRUMENTATION_KEY", "_SUPPRESS_HTTP_INSTRUMENTATION_KEY")


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
