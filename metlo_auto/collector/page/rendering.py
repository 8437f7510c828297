"""What every page has: the status strip, the place in the navigation, whether it renews itself."""

from __future__ import annotations

from typing import Any

from flask import Flask, render_template, request
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis import sensitive
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


def prepare(app: Flask) -> None:
    """Compile the templates and import what finds sensitive data: a third of a second that no page has to wait for."""
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    sensitive.detect("", "+49 30 123456, 4111 1111 1111 1111")


def render(connection: Connection, template: str, here: str, status: dict[str, Any], **values: Any) -> str:
    """`template` with `values`; `here` is the page's name in the navigation, `status` the collector's counters."""
    done = _DONE.get(request.args.get("done", ""), "")
    values = {"service": services.wanted(connection), "services": services.names(connection), **values}
    text = render_template(template, here=here, strip=strip(connection, status), done=done, **values)
    return text.encode("utf-8", "replace").decode()  # captured text may hold lone surrogates, UTF-8 must not
