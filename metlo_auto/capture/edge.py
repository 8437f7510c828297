"""The WSGI edge of an app: begins a recording of each request, and lets the app run.

Must not know Flask's API, redaction or sending. The edge stands in the class; which app reports to whom stands in a
table beside: an app has nothing of ours in itself, so it is copied, pickled and freed as it would be.
"""

from functools import wraps
from inspect import CO_VARARGS, CO_VARKEYWORDS
from types import FunctionType
from typing import Any, Callable, Dict, List, Optional, Tuple

from metlo_auto.capture.foreign import (
    Foreign,
    IdentityTable,
    bases,
    dictionary,
    drop_frame,
    in_class,
    in_class_itself,
    in_instance,
    text,
)
from metlo_auto.capture.recording import LIVE, WAITING, Capture, Recording, no_longer_waits, of_environ
from metlo_auto.capture.response_tee import watch

DECLINED = object()  # what the compiled edge returns where a request is not for it
_SIGNATURE = ("self", "environ", "start_response")


class Attachment:
    """Ties one app, and the copies of it, to one capture; None lets its requests pass unseen.

    `declare` is called once, at the app's first request, when all its routes are there. `answered` says with which
    status a layer around the app answers an exception that leaves it; None where no such layer is known of. `upgraded`
    is called where a client asks the app for a websocket. `rules`: the app's, as an AppRules.
    """

    def __init__(
        self,
        capture: Optional[Capture],
        declare: Optional[Callable[[Capture, Any, Dict[str, Any]], None]] = None,
        answered: Optional[Callable[[Any, BaseException], Optional[int]]] = None,
        upgraded: Callable[[Any], None] = lambda app: None,
        rules: Any = None,
    ) -> None:
        self.capture = capture
        self.declare = declare
        self.answered = answered
        self.upgraded = upgraded
        self.rules = rules
        self.edge: Any = None  # the one of the app's edges that counts: a subclass may call that of its base

    def declare_once(self, capture: Capture, app: Foreign, facts: Dict[str, Any]) -> None:
        declare, self.declare = self.declare, None
        if declare is not None:
            declare(capture, app, facts)

    def status_after(self, app: Foreign, error: BaseException) -> int:
        """What the client gets where `error` leaves the app."""
        try:
            return (self.answered and self.answered(app, error)) or 500
        except Exception:  # noqa: BLE001 - the app's own error goes on, whatever becomes of our copy
            return 500


APPS = IdentityTable()  # app -> Attachment
_FAMILIES = IdentityTable()  # what an app shares with its copies -> Attachment
_EDGES = IdentityTable()  # our functions in classes of others -> True
_SHARED = "url_map"
# Attaches an app that nobody knows of; put here where every app of the process is ours to report.
attach_unknown: Dict[str, Callable[[Any], None]] = {}


def remember(app: Foreign, attachment: Attachment) -> None:
    """From now on requests of `app` belong to `attachment`."""
    APPS.put(app, attachment)
    shared = in_instance(app, _SHARED)
    if shared is not None:
        _FAMILIES.put(shared, attachment)


def _adopted(app: Foreign) -> Optional[Attachment]:
    """The Attachment of an app that never ran its `__init__`: a copy has that of the original."""
    shared = in_instance(app, _SHARED)
    attachment: Optional[Attachment] = _FAMILIES.get(shared) if shared is not None else None
    if attachment is not None:
        APPS.put(app, attachment)
    elif attach_unknown:
        attach_unknown["attach"](app)
        attachment = APPS.get(app)
    return attachment


def replace_in_class(kind: Foreign, name: str, make: Callable[[Any], Any]) -> Any:
    """Puts `make` of the method `name` in its place, in the class that defines it, once; returns what stands there."""
    owner = next((base for base in bases(kind) if in_class_itself(base, name) is not None), None)
    method = None if owner is None else in_class_itself(owner, name)
    if method is None or _EDGES.get(method):
        return method
    made = make(method)
    _EDGES.put(made, True)
    type.__setattr__(owner, name, made)
    return made


def put_edge(app: Foreign) -> Any:
    """Innermost around the app, in its class; outermost where the app itself has a `wsgi_app` that somebody wrapped."""
    wrapped_before = in_instance(app, "wsgi_app") is not None or in_class(type(app), "wsgi_app") is None
    return replace_in_class(type(app), "__call__" if wrapped_before else "wsgi_app", edge)


def edge(method: Foreign) -> Callable[..., Any]:
    """The WSGI `method` of a class with a look-out around it; which app is recorded is the table's to say."""
    return _edge_of_usual(method) if has_signature(method, _SIGNATURE) else _edge_of_any(method)


def has_signature(method: Foreign, names: Tuple[str, ...]) -> bool:
    """Whether it is a function that takes just these arguments, by these names, and has no defaults for them."""
    if type(method) is not FunctionType or method.__defaults__:
        return False
    code = method.__code__
    more = code.co_flags & (CO_VARARGS | CO_VARKEYWORDS) or code.co_kwonlyargcount
    return not more and code.co_argcount == len(names) and code.co_varnames[:len(names)] == names and (
        not getattr(code, "co_posonlyargcount", 0))


def _edge_of_usual(method: Foreign) -> Callable[..., Any]:
    """Without a tuple and a dictionary of arguments for each request, as `_edge_of_any` has them."""
    runs: List[Callable[..., Any]] = []  # what runs a request the compiled way, where that is installed

    @wraps(method, updated=())
    def wsgi_app(self: Foreign, environ: Foreign, start_response: Foreign) -> Foreign:
        recording = None
        try:
            if runs:
                result = runs[0](self, environ, start_response)
                if result is not DECLINED:
                    return result
            entry = APPS.entries.get(id(self))
            attachment = entry[1] if entry is not None and entry[0]() is self else _known(self)
            if attachment is not None and attachment.edge is wsgi_app and attachment.capture is not None:
                if not runs and attachment.capture.compiled is not None:
                    runs.append(attachment.capture.compiled.runner(APPS.entries, wsgi_app, method).run)
                recording = _begin(attachment, self, environ, start_response)
            result = method(self, environ, start_response if recording is None else recording.start_response)
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            if recording is not None:
                left(attachment, self, recording, error)
            drop_frame(error)
            raise
        if recording is None:
            return result
        recording.in_call = False
        return watch(result, recording)

    return wsgi_app


def _edge_of_any(method: Foreign) -> Callable[..., Any]:
    plain = type(method) is FunctionType
    names = method.__code__.co_varnames[:3] if plain else _SIGNATURE

    def wsgi_app(self: Foreign, *args: Foreign, **named: Foreign) -> Foreign:
        recording = None
        try:
            entry = APPS.entries.get(id(self))
            attachment = entry[1] if entry is not None and entry[0]() is self else _known(self)
            if attachment is not None and attachment.edge is wsgi_app and attachment.capture is not None:
                if named:
                    args, named = _in_order(names, args, named)
                recording = _begin(attachment, self, *args[:2])
            if recording is not None and plain and len(args) == 2 and not named:  # nearly always
                result = method(self, args[0], recording.start_response)
            else:
                call = method if plain else method.__get__(self, type(self))
                if recording is None:
                    return call(self, *args, **named) if plain else call(*args, **named)
                args = (args[0], recording.start_response) + args[2:]
                result = call(self, *args, **named) if plain else call(*args, **named)
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            if recording is not None:
                left(attachment, self, recording, error)
            drop_frame(error)
            raise
        recording.in_call = False
        return watch(result, recording)

    return wraps(method, updated=())(wsgi_app) if plain else wsgi_app


def left(attachment: Any, app: Foreign, recording: Recording, error: BaseException) -> None:
    recording.capture.guard.run(recording.left_by, error, attachment.status_after(app, error))


def _in_order(names: Tuple[str, ...], args: Any, named: Dict[str, Any]) -> Tuple[Any, Dict[str, Any]]:
    """The environ and `start_response` by position, whatever the method calls them; as given where it has them not."""
    missing = names[1 + len(args):3]
    if all(name in named for name in missing):
        args = args + tuple([named[name] for name in missing])
        named = {name: value for name, value in named.items() if name not in missing}
    return args, named


def _known(app: Foreign) -> Optional[Attachment]:
    try:
        return _adopted(app)
    except Exception:  # noqa: BLE001 - the app runs whatever becomes of our copy
        return None


def _begin(
    attachment: Attachment, app: Foreign, environ: Foreign = None, forward: Foreign = None
) -> Optional[Recording]:
    capture = attachment.capture
    if capture is None or environ is None or forward is None:
        return None
    try:
        if WAITING:
            no_longer_waits(environ)
        first = None
        if type(environ) is not dict or id(environ) in LIVE or "werkzeug.request" in environ:  # hardly ever
            first = _earlier(environ)
        if first is not None and (first.in_call or (first.iterated and not first.done and not first.ended)):
            first.keep_route()  # an app inside an app is the outer one's request: it is reported once
            return None
        if type(environ) is not dict and in_class(type(environ), "items") is None:
            return None  # no environ: the app fails, as it does by itself
        facts = environ.copy() if type(environ) is dict else dictionary(environ)
        if attachment.declare is not None:
            attachment.declare_once(capture, app, facts)
        if capture.ignored is not None:
            path = text(facts.get("SCRIPT_NAME")).rstrip("/") + text(facts.get("PATH_INFO"))
            if capture.ignored(path if path[:1] == "/" else "/" + path):
                return None
        recording = Recording(capture, environ, facts, forward)
        protocol = facts.get("SERVER_PROTOCOL")
        recording.rules = attachment.rules
        if first is not None:
            recording.follow(first)
        if recording.copy is None and (
                "CONTENT_LENGTH" in facts or "HTTP_TRANSFER_ENCODING" in facts or "HTTP_UPGRADE" in facts
                or type(protocol) is not str or protocol[:6] != "HTTP/1"):  # fmt: skip
            recording.tee_input(environ)
        if recording.upgrade:
            attachment.upgraded(app)
        LIVE[id(environ)] = recording
        return recording
    except Exception:  # noqa: BLE001 - the app runs whatever becomes of our copy
        capture.guard.note()
        return None


def _earlier(environ: Foreign) -> Optional[Recording]:
    """The recording that this request has already: of this environ, or of the one that it was copied from in a view."""
    first = of_environ(environ)
    if first is None:
        if type(environ) is dict and "werkzeug.request" not in environ:
            return None
        request = dict.get(environ, "werkzeug.request") if issubclass(type(environ), dict) else None
        origin = in_instance(request, "environ") if request is not None else None
        return of_environ(origin) if origin is not None else None
    if first.is_of(environ):
        return first
    first.finish()
    return None
