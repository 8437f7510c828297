"""What is Flask's: the patch of `Flask.__init__`, what is noted inside Flask, routes. Must not know encoding, network.

All of it stands in Flask's and Werkzeug's classes. An app, a request or a response has nothing of ours in it.
"""

import sys
import weakref
from functools import wraps
from typing import Any, Callable, Dict, List, Optional, Tuple

import flask
from flask.wrappers import Request  # not of `flask`, which may be in the middle of its import
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import ClosingIterator

from metlo_auto.capture import edge
from metlo_auto.capture.app_rules import AppRules
from metlo_auto.capture.declared_routes import note_app, routes_of
from metlo_auto.capture.edge import APPS, Attachment, put_edge, remember, replace_in_class
from metlo_auto.capture.foreign import (
    Foreign,
    IdentityTable,
    class_name,
    drop_frame,
    in_class,
    in_instance,
    is_a,
    storage,
    text,
)
from metlo_auto.capture.recording import Capture, Environ, Recording, Route, of_environ
from metlo_auto.imports.wrapt_import import wrap_init

# What Werkzeug's responses answer with, unless they pass a file through.
ORDINARY = ClosingIterator
_OFF = ("", "0", "False")
_REQUEST = Request
_RULES = IdentityTable()  # Werkzeug's rules -> path, endpoint
# The class of requests that have the rule that matched as a plain attribute, and what is known of rules.
MATCHES = (_REQUEST, _RULES.entries)
_listening: List[bool] = []  # not empty once the signal is connected


def patch(flask_app: Any, capture_for: Callable[[Any], Optional[Capture]]) -> None:
    """Every app of the module `flask.app` created from now on reports to what `capture_for` gives for it.

    The class stays the same object.
    """
    if getattr(sys.modules.get("flask"), "Flask", None) is None:
        # Flask is being imported: there is no app yet, so one that never runs `__init__` was unpickled, or copied.
        edge.attach_unknown["attach"] = lambda app: attach_new(app, capture_for)
    wrap_init(flask_app, "Flask.__init__", _attaching(capture_for))


def _attaching(capture_for: Callable[[Any], Optional[Capture]]) -> Callable[..., Any]:
    def init(wrapped: Callable[..., Any], app: Foreign, args: Any, kwargs: Any) -> None:
        try:
            wrapped(*args, **kwargs)
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            drop_frame(error)
            raise
        attach_new(app, capture_for)

    return init


def attach_new(app: Foreign, capture_for: Callable[[Any], Optional[Capture]]) -> None:
    """Attaches an app that is not attached yet; an explicit attachment knows better than the environment."""
    if APPS.get(app) is None:
        capture = capture_for(app)
        if capture is not None:
            capture.guard.run(attach, app, capture)


def attach(app: Foreign, capture: Optional[Capture]) -> None:
    """Reports each request of `app` to `capture`; None stops the reports of an app that was attached before."""
    attachment = APPS.get(app)
    if attachment is not None:
        attachment.capture = capture
    elif capture is not None:
        attachment = Attachment(capture, _declare, _answered, _note_routes_of_sockets, AppRules(weakref.ref(app)))
        attachment.edge = put_edge(app)
        _watch_exceptions(app)
        replace_in_class(flask.Response, "get_app_iter", _noting_passthrough)
        remember(app, attachment)
        note_app(app)


def _declare(capture: Capture, app: Foreign, facts: Environ) -> None:
    # Weakly: an app of a test may be gone before its routes are wanted.
    found, mount = weakref.ref(app), text(facts.get("SCRIPT_NAME")).rstrip("/")
    capture.declare(lambda: routes_of(found(), mount))


def _answered(app: Foreign, error: BaseException) -> Optional[int]:
    # An app that hands out HTTP exceptions on purpose, as connexion 3 has it, stands inside a layer that answers them.
    # With one of the two settings alone somebody debugs: the server or the debugger says 500.
    config = in_instance(app, "config")
    if not is_a(config, dict):
        return None
    if all(text(dict.get(config, name)) not in _OFF for name in ("PROPAGATE_EXCEPTIONS", "TRAP_HTTP_EXCEPTIONS")):
        starlette: Any = sys.modules.get("starlette.exceptions")
        if in_class(type(error), "get_response") is not None:
            return _number(error, "code")
        if starlette is not None and is_a(error, starlette.HTTPException):
            return _number(error, "status_code")
    return None


def _number(error: BaseException, name: str) -> Optional[int]:
    """A status that an exception, or its class, has under `name`."""
    own = in_instance(error, name)
    code = own if own is not None else in_class(type(error), name)
    return int(code) if is_a(code, int) else None


def _in_the_way(original: Callable[..., Any], note: Callable[[Any, Dict[str, Any]], None]) -> Callable[..., Any]:
    """`original` with a note taken of its arguments first."""

    @wraps(original)
    def noting(*args: Foreign, **named: Foreign) -> Foreign:
        try:
            note(args, named)
            return original(*args, **named)
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            drop_frame(error)
            raise

    return noting


def _noting_passthrough(original: Callable[..., Any]) -> Callable[..., Any]:
    """`Response.get_app_iter`, with a note where a body is not to be looked at: it is another iterable then."""

    @wraps(original)
    def get_app_iter(*args: Foreign, **named: Foreign) -> Foreign:
        try:
            result = original(*args, **named)
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            drop_frame(error)
            raise
        if type(result) is not ORDINARY and type(result) is not tuple:
            _note_passthrough(args[1] if len(args) > 1 else named.get("environ"))
        return result

    @wraps(original)
    def get_app_iter_of(self: Foreign, environ: Foreign) -> Foreign:
        try:
            result = original(self, environ)
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            drop_frame(error)
            raise
        if type(result) is not ORDINARY and type(result) is not tuple:
            _note_passthrough(environ)
        return result

    return get_app_iter_of if edge.has_signature(original, ("self", "environ")) else get_app_iter


def _note_passthrough(environ: Foreign) -> None:
    recording = of_environ(environ)
    if recording is not None:
        recording.passthrough = True


def _watch_exceptions(app: Foreign) -> None:
    """Notes each exception that leaves a view, those with an error handler of the app too."""
    # The search for a handler has ended when the exception goes on: no frame of ours in the app's tracebacks.
    kind = type(app)
    known = in_class(kind, "_find_error_handler") is not None
    replace_in_class(kind, "_find_error_handler" if known else "handle_user_exception", _noting_exception)
    # Flask-RESTful answers the exceptions of its views without asking the app; it does send the signal.
    if not _listening:
        _listening.append(True)
        try:
            flask.got_request_exception.connect(_on_exception, weak=False)
        except RuntimeError:
            pass  # before Flask 2.3 signals need blinker, which may not be there


def _noting_exception(original: Callable[..., Any]) -> Callable[..., Any]:
    def note(args: Any, named: Dict[str, Any]) -> None:
        _note_exception(args[1] if len(args) > 1 else named.get("e"))

    return _in_the_way(original, note)


def _on_exception(sender: Foreign, exception: Foreign = None, **extra: Foreign) -> None:
    _note_exception(exception)


def _note_exception(error: Foreign) -> None:
    recording = _recording()
    if recording is not None:
        recording.note_route()  # if nobody answers it, it leaves the app and takes the request along
        # An HTTPException is a response that the view chose.
        if is_a(error, Exception) and not is_a(error, HTTPException) and in_class(type(error), "get_response") is None:
            recording.exception = class_name(type(error))


def _note_routes_of_sockets(app: Foreign) -> None:
    """Notes the route before the view runs: a websocket's server may have no use for the response."""
    kind = type(app)
    known = in_class(kind, "ensure_sync") is not None
    replace_in_class(
        kind, "ensure_sync" if known else "try_trigger_before_first_request_functions",
        lambda original: _in_the_way(original, _note_route))


def _note_route(args: Any, named: Dict[str, Any]) -> None:
    recording = _recording()
    if recording is not None and recording.upgrade:
        recording.note_route()


def _recording() -> Optional[Recording]:
    try:
        if not flask.has_request_context():
            return None
        request: Any = flask.request._get_current_object()  # type: ignore[attr-defined]
        return of_environ(in_instance(request, "environ"))
    except Exception:  # noqa: BLE001 - no request that anybody knows of
        return None


def route_of(environ: Environ) -> Route:
    """The rule that matched, as Werkzeug's request noted it; nothing where none did."""
    if type(environ) is dict:
        found = environ.get("werkzeug.request")
    else:
        found = dict.get(environ, "werkzeug.request") if issubclass(type(environ), dict) else None
    if found is None:
        return None, None, {}
    rule: Any
    arguments: Any
    if type(found) is _REQUEST:  # Flask's own class, which keeps both as plain attributes
        rule, arguments = found.url_rule, found.view_args
    else:
        request = storage(found)
        rule, arguments = request.get("url_rule"), request.get("view_args")
    if rule is None:
        return None, None, {}
    if type(arguments) is dict:
        values = arguments.copy()
    else:
        values = dict(dict.items(arguments)) if is_a(arguments, dict) else {}
    known = _RULES.entries.get(id(rule))
    path, endpoint = known[1] if known is not None and known[0]() is rule else _said_by(rule)
    return path, endpoint, values


def _said_by(rule: Foreign) -> Tuple[str, str]:
    """Path and endpoint of a rule, which has them for good once it is in a map."""
    said = storage(rule)
    found = text(said.get("rule")), text(said.get("endpoint"))
    try:
        _RULES.put(rule, found)
    except TypeError:  # a class of the app's whose objects cannot be referred to weakly
        pass
    return found
