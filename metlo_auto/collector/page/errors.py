"""What a person reads instead of a page: what is wrong and what to do; says nothing of what is stored."""

from __future__ import annotations

from flask import Response, render_template, request
from werkzeug.exceptions import HTTPException

from metlo_auto.collector.page.blueprint import blueprint

_TITLES = {
    400: "That cannot be done",
    401: "This page needs the address that was printed",
    403: "Not done",
    404: "Not here",
    421: "Not under this name",
}


@blueprint.app_errorhandler(HTTPException)
def _show(error: HTTPException) -> Response:
    """HTML for people, the plain text for scripts."""
    code = error.code or 500
    if request.path.startswith("/api/") or not request.accept_mimetypes.accept_html:
        return Response(f"{error.description}\n", status=code, content_type="text/plain; charset=utf-8")
    title = _TITLES.get(code, error.name)
    text = render_template("error.html", code=code, title=title, detail=error.description)
    return Response(text, status=code, content_type="text/html; charset=utf-8")
