"""The routes that a Flask app declares, with the file and line of each view; knows url_map, nothing of requests."""

import os
import weakref
from typing import Any, Dict, List, Optional, Tuple

from werkzeug import routing

# Types that OpenAPI knows, by the converter that a parameter's own is or is derived from.
_TYPES = (("IntegerConverter", "integer"), ("FloatConverter", "number"), ("UUIDConverter", "uuid"),
          ("PathConverter", "path"))
MOST_APPS = 32  # of one name in one process that are told apart: tests make thousands
_apps: List["weakref.ref[Any]"] = []


def note_app(app: Any) -> None:
    """Remember that `app` was made: apps of one name are told apart by the order in which they were."""
    if len(_apps) > 4 * MOST_APPS:
        _apps[:] = [known for known in _apps if known() is not None][:MOST_APPS]
    _apps.append(weakref.ref(app))


def _instance(app: Any) -> int:
    """How many apps of the same name were made before it and still live."""
    older = 0
    for known in list(_apps):
        other = known()
        if other is app:
            break
        if other is not None and other.import_name == app.import_name:
            older += 1
    return min(older, MOST_APPS - 1)


def declared_routes(app: Any, mount: str = "") -> Dict[str, Any]:
    """`{"app": name, "instance": 0, "mount": mount, "routes": [{"methods", "rule", "endpoint", "file", "line"}]}`.

    `mount` is the SCRIPT_NAME that the app answers below. Files are relative to the project. A route whose converters say
    the types of its arguments has `"parameters": {"id": "integer"}`. Left out: what Flask adds by itself (HEAD, OPTIONS,
    static files) and rules that match no request. `{}` for None, an app that was gone before anybody asked.
    """
    routes: List[Dict[str, Any]] = []
    if app is None:
        return {}
    roots = _roots(app)
    for rule in app.url_map.iter_rules():
        if rule.build_only or getattr(rule, "websocket", False) or _is_static(rule.endpoint):
            continue
        view = app.view_functions.get(rule.endpoint)
        for methods, function in _functions(_methods(rule), view):
            file, line = _where(function, roots)
            route: Dict[str, Any] = {
                "methods": methods, "rule": rule.rule, "endpoint": rule.endpoint, "file": file, "line": line}
            parameters = _parameters(rule)
            if parameters:
                route["parameters"] = parameters
            routes.append(route)
    return {"app": str(app.import_name), "instance": _instance(app), "mount": mount, "routes": routes}


def _parameters(rule: Any) -> Dict[str, str]:
    """Types by the names of the arguments, as far as their converters say one."""
    found = {}
    for name, converter in getattr(rule, "_converters", {}).items():
        for known, kind in _TYPES:
            base = getattr(routing, known, None)
            if base is not None and isinstance(converter, base):
                found[name] = kind
    return found


def _is_static(endpoint: str) -> bool:
    return endpoint == "static" or endpoint.endswith(".static")


def _methods(rule: Any) -> List[str]:
    methods = set(rule.methods or ())
    if "GET" in methods:
        methods.discard("HEAD")
    if getattr(rule, "provide_automatic_options", True):
        methods.discard("OPTIONS")
    return sorted(methods)


def _functions(methods: List[str], view: Any) -> List[Tuple[List[str], Any]]:
    """A view class has a function for each method; all others have one for all."""
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return [(methods, view)] if methods else []
    return [([method], getattr(view_class, method.lower(), None) or view_class) for method in methods]


def _where(function: Any, roots: List[str]) -> Tuple[str, int]:
    code = _code(function)
    return (_relative(code.co_filename, roots), code.co_firstlineno) if code is not None else ("", 0)


def _code(function: Any) -> Optional[Any]:
    for _ in range(50):  # decorators; the bound is for those that wrap each other in a circle
        inner = getattr(function, "__wrapped__", None) or getattr(function, "func", None)
        if inner is None:
            break
        function = inner
    code = getattr(function, "__code__", None)
    if code is None:
        code = getattr(vars(type(function)).get("__call__"), "__code__", None)
    return code


def _roots(app: Any) -> List[str]:
    """Folders that may be the project's, the likeliest first: where the app was started, where it lies."""
    candidates = [app.root_path]
    try:
        candidates.insert(0, os.getcwd())
    except OSError:
        pass
    return [os.path.join(os.path.realpath(root), "") for root in candidates]


def _relative(path: str, roots: List[str]) -> str:
    real = os.path.realpath(path)
    for root in roots:
        if real.startswith(root) and len(root) > 1:
            return real[len(root):].replace(os.sep, "/")
    for folder in ("site-packages", "dist-packages"):
        _, found, below = real.partition(os.sep + folder + os.sep)
        if found:
            return below.replace(os.sep, "/")
    return os.path.basename(real)
