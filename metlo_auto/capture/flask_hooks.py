"""What is Flask's: the patch of `Flask.__init__`, the hooks on an app, routes. Must not know encoding or network."""

import sys
import weakref
from types import FunctionType
from typing import Any, Callable, Dict, Optional

import flask
from werkzeug.wsgi import ClosingIterator

from metlo_auto.capture.app_rules import AppRules
from metlo_auto.capture.declared_routes import note_app, routes_of
from metlo_auto.capture.edge import ATTACHED, Attachment, edge
from metlo_auto.capture.recording import KEY, Capture, Environ, Recording, Route
from metlo_auto.imports.wrapt_import import wrap_function_wrapper

EDGE = "_metlo_auto_edge"
# What Werkzeug's responses answer with, unless they pass a file through.
ORDINARY = ClosingIterator


def patch(flask_app: Any, capture_for: Callable[[Any], Optional[Capture]]) -> None:
    """Every app of the module `flask.app` created from now on reports to what `capture_for` gives for it.

    The class stays the same object.
    """
    wrap_function_wrapper(flask_app, "Flask.__init__", _attaching(capture_for))


def _attaching(capture_for: Callable[[Any], Optional[Capture]]) -> Callable[..., Any]:
    def init(wrapped: Callable[..., Any], app: Any, args: Any, kwargs: Any) -> None:
        wrapped(*args, **kwargs)
        attach_new(app, capture_for)

    return init


def attach_new(app: Any, capture_for: Callable[[Any], Optional[Capture]]) -> None:
    """Attaches an app that is not attached yet; an explicit attachment knows better than the environment."""
    if getattr(app, ATTACHED, None) is None:
        capture = capture_for(app)
        if capture is not None:
            capture.guard.run(attach, app, capture)


def attach(app: Any, capture: Optional[Capture]) -> None:
    """Reports each request of `app` to `capture`; None stops the reports of an app that was attached before."""
    attachment = getattr(app, ATTACHED, None)
    if attachment is not None:
        attachment.capture = capture
    elif capture is not None:
        attachment = Attachment(capture, _declare, _answered, AppRules(weakref.ref(app)))
        _put_edge(app, attachment)
        # First in the list is the last to run: it sees the response as the app's own hooks left it.
        app.after_request_funcs.setdefault(None, []).insert(0, note_response)
        _watch_exceptions(app)
        _listen_for_exceptions(app)
        setattr(app, ATTACHED, attachment)
        note_app(app)


def _put_edge(app: Any, attachment: Attachment) -> None:
    """Innermost around the app: in its class, since a wrapper in the app itself would make a cycle of both."""
    owner: Any = next(cls for cls in type(app).__mro__ if "wsgi_app" in vars(cls))
    method = vars(owner)["wsgi_app"]
    if "wsgi_app" in vars(app) or type(method) is not FunctionType:
        # Wrapped by somebody before us: in something that holds the method as it was, or by a tracer in the class.
        app.wsgi_app = Wrapped(app, attachment).wsgi_app
    elif not hasattr(method, EDGE):
        watched = edge(method)
        setattr(watched, EDGE, True)
        owner.wsgi_app = watched


class Wrapped:
    """An app that is attached when its `wsgi_app` is no plain method any more."""

    def __init__(self, app: Any, attachment: Attachment) -> None:
        self.app = app
        self.wrapped = app.wsgi_app
        setattr(self, ATTACHED, attachment)

    @edge
    def wsgi_app(self, environ: Environ, start_response: Callable[..., Any]) -> Any:
        return self.wrapped(environ, start_response)


def _declare(capture: Capture, watched: Any, environ: Environ) -> None:
    # Weakly: an app of a test may be gone before its routes are wanted.
    app, mount = weakref.ref(_app(watched)), str(environ.get("SCRIPT_NAME", ""))
    capture.declare(lambda: routes_of(app(), mount))


def _app(watched: Any) -> Any:
    return watched.app if isinstance(watched, Wrapped) else watched


def _answered(watched: Any, error: Any) -> Optional[int]:
    # An app that hands out HTTP exceptions on purpose, as connexion 3 has it, stands inside a layer that answers them.
    # With one of the two settings alone somebody debugs: the server or the debugger says 500.
    config = _app(watched).config
    if config.get("PROPAGATE_EXCEPTIONS") and config.get("TRAP_HTTP_EXCEPTIONS"):
        if hasattr(error, "get_response"):
            code: Optional[int] = error.code
            return code
        starlette: Any = sys.modules.get("starlette.exceptions")
        if starlette is not None and isinstance(error, starlette.HTTPException):
            return int(error.status_code)
    return None


def note_response(response: Any) -> Any:
    """after_request: that a body is not to be looked at, and the route of a websocket that is over."""
    passthrough = response.direct_passthrough
    if passthrough or not response.response:
        recording = _recording()
        if recording is not None:
            recording.passthrough = passthrough
            if recording.upgrade:
                recording.note_route()  # its server may have no use for this response: no start_response follows
    return response


def _watch_exceptions(app: Any) -> None:
    """Notes each exception that leaves a view, those with an error handler of the app too."""
    # The search for a handler has ended when the exception goes on: no frame of ours in the app's tracebacks.
    name = "_find_error_handler" if hasattr(app, "_find_error_handler") else "handle_user_exception"
    original = _weakly(app, name)

    def noting(error: Exception, *blueprints: Any) -> Any:
        _note_exception(error)
        return original(error, *blueprints)

    setattr(app, name, noting)


def _weakly(app: Any, name: str) -> Callable[..., Any]:
    """A method that only the app itself calls, without the reference that would make a cycle of app and method."""
    if name in vars(app):
        return vars(app)[name]  # type: ignore[no-any-return]
    method, weak = getattr(type(app), name), weakref.ref(app)
    return lambda *args: method(weak(), *args)


def _listen_for_exceptions(app: Any) -> None:
    # Flask-RESTful answers the exceptions of its views without asking the app; it does send the signal.
    try:
        flask.got_request_exception.connect(_on_exception, app, weak=False)
    except RuntimeError:
        pass  # before Flask 2.3 signals need blinker, which may not be there


def _on_exception(sender: Any, exception: Any = None, **extra: Any) -> None:
    _note_exception(exception)


def _note_exception(error: Any) -> None:
    recording = _recording()
    if recording is not None:
        recording.note_route()  # if nobody answers it, it leaves the app and takes the request along
    # An HTTPException is an answer that the view chose.
    if recording is not None and isinstance(error, Exception) and not hasattr(error, "get_response"):
        recording.exception = type(error).__name__


def _recording() -> Optional[Recording]:
    recording = flask.request.environ.get(KEY) if flask.has_request_context() else None
    return recording if isinstance(recording, Recording) else None


def route_of(environ: Environ) -> Route:
    """The rule that matched, as Werkzeug's request noted it; nothing where none did."""
    request = environ.get("werkzeug.request")
    rule = getattr(request, "url_rule", None)
    if rule is None:
        return None, None, {}
    arguments: Optional[Dict[str, object]] = getattr(request, "view_args", None)
    return rule.rule, rule.endpoint, arguments or {}
