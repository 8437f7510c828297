"""Downloads that are sent as they are made, so that memory stays small; only a few run at a time."""

from __future__ import annotations

import threading
from typing import Iterator

from flask import Response, current_app

MOST_AT_ONCE = 4  # each takes a thread of the server for as long as its reader likes
_NAME = "metlo-collector-downloads"


def download(texts: Iterator[str], name: str, media: str) -> Response:
    """`texts` as a file; 503 where too many downloads run. A download that nobody reads holds no connection of ours."""
    slots: threading.Semaphore = current_app.extensions.setdefault(_NAME, threading.Semaphore(MOST_AT_ONCE))
    if not slots.acquire(blocking=False):
        answer = Response("Too many downloads run already. Try again later.\n", 503, mimetype="text/plain")
        answer.headers["Retry-After"] = "30"
        return answer
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    answer = Response((text.encode("utf-8", "replace") for text in texts), mimetype=media, headers=headers)
    answer.call_on_close(slots.release)
    return answer
