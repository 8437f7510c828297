"""What every page has: the status strip, the place in the navigation, whether it renews itself."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from sqlalchemy.engine import Connection

from metlo_auto.collector.page import services
from metlo_auto.collector.page.status_bar import strip

_DONE = {
    "dismissed": "Dismissed. It stands at the end of this page and can be brought back.",
    "restored": "Back among the open ones.",
    "caps": "The limits hold from now on.",
    "raw": "The kept requests are deleted; the inventory is as it was.",
    "busy": "Deleted. The store was too busy to give the disk space back; the next deletion does.",
    "endpoint": "The endpoint is deleted; a further call makes it anew.",
    "all": "Everything is deleted; the next request starts a new inventory.",
}


def render(connection: Connection, template: str, here: str, status: dict[str, Any], **values: Any) -> str:
    """`template` with `values`; `here` is the page's name in the navigation, `status` the collector's counters."""
    done = _DONE.get(request.args.get("done", ""), "")
    values = {"service": services.wanted(connection), "services": services.names(connection), **values}
    text = render_template(template, here=here, strip=strip(connection, status), done=done, **values)
    return text.encode("utf-8", "replace").decode()  # captured text may hold lone surrogates, UTF-8 must not
