"""The WSGI edge of an app: begins a recording of each request, and lets the app run.

Must not know Flask's API, redaction or sending.
"""

from functools import wraps
from typing import Any, Callable, Optional

from metlo_auto.capture.recording import KEY, Capture, Environ, Recording
from metlo_auto.capture.response_tee import watch

# The attribute of an app that holds its Attachment.
ATTACHED = "_metlo_auto"


class Attachment:
    """Ties one app to one capture; None lets its requests pass unseen.

    `rules`: the app's, as an AppRules. `declare` is called once, at the app's first request, when all its routes are
    there. `answered` says with which
    status a layer around the app answers an exception that leaves it; None where no such layer is known of.
    """

    def __init__(
        self,
        capture: Optional[Capture],
        declare: Optional[Callable[[Capture, Any, Environ], None]] = None,
        answered: Optional[Callable[[Any, BaseException], Optional[int]]] = None,
        rules: Any = None,
    ) -> None:
        self.capture = capture
        self.declare = declare
        self.answered = answered
        self.rules = rules

    def declare_once(self, capture: Capture, app: Any, environ: Environ) -> None:
        declare, self.declare = self.declare, None
        if declare is not None:
            declare(capture, app, environ)

    def status_after(self, app: Any, error: BaseException) -> int:
        """What the client gets where `error` leaves the app."""
        try:
            return (self.answered and self.answered(app, error)) or 500
        except Exception:  # noqa: BLE001 - the app's own error goes on, whatever becomes of our copy
            return 500


def edge(method: Callable[..., Any]) -> Callable[..., Any]:
    """The WSGI `method` of a class with a look-out around it; each object has its own Attachment, or none."""

    @wraps(method, updated=())
    def wsgi_app(self: Any, environ: Environ, start_response: Callable[..., Any]) -> Any:
        attachment: Any = getattr(self, ATTACHED, None)  # an Attachment, or None
        recording = _begin(attachment, self, environ, start_response) if attachment is not None else None
        if recording is None:
            return method(self, environ, start_response)
        try:
            result = method(self, environ, recording.start_response)
        except BaseException as error:
            recording.left_by(error, attachment.status_after(self, error))
            raise
        return watch(result, recording)

    return wsgi_app


def _begin(
    attachment: Attachment, app: Any, environ: Environ, forward: Callable[..., Any]
) -> "Optional[Recording]":
    capture = attachment.capture
    if capture is None:
        return None
    try:
        if KEY in environ:  # an app inside an app is the outer one's request: it is reported once
            environ[KEY].keep_route()
            return None
        if attachment.declare is not None:
            attachment.declare_once(capture, app, environ)
        if capture.ignored is not None and capture.ignored(environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"]):
            return None
        recording = Recording(capture, environ, forward)
        recording.rules = attachment.rules
        recording.tee_input(environ)
        environ[KEY] = recording
        return recording
    except Exception:  # noqa: BLE001 - the app runs whatever becomes of our copy
        capture.guard.note()
        return None
