"""Which distributed trace a request belongs to, as W3C's `traceparent` says it: by OpenTelemetry's span, or its header.

Must not know Flask. Where OpenTelemetry was never imported, nothing of it is.
"""

import re
import sys
from typing import Any, Optional

from metlo_auto.capture.foreign import Foreign, text

LIBRARY = "opentelemetry.trace"
MODULES = sys.modules
HEADER = "HTTP_TRACEPARENT"
_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?=$|-)")


def of_span() -> Optional[str]:
    """That of the span that is current in this thread; None where none is."""
    library: Any = MODULES.get(LIBRARY)
    try:
        context = library.get_current_span().get_span_context()
        if not context.is_valid:
            return None
        return "00-%032x-%016x-%02x" % (context.trace_id, context.span_id, context.trace_flags & 0xFF)
    except Exception:  # noqa: BLE001 - in the middle of its import, another version, or a span of the app's own
        return None


def of_header(value: Foreign) -> Optional[str]:
    """What the client sent; None where it is none."""
    found = _FORM.match(text(value))
    return found.group(0) if found else None
