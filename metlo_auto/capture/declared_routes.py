"""The routes that a Flask app declares, with the file and line of each view; knows url_map, nothing of requests."""

import os
import weakref
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

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


class DeclaredRule(NamedTuple):
    """One rule; `code` is that of its view, `parameters` the types of its arguments as far as converters say one."""

    methods: List[str]
    rule: str
    endpoint: str
    code: Any
    parameters: Dict[str, str]


class Declared(NamedTuple):
    """What an app declares, without a reference to it. `mount` is the SCRIPT_NAME that it answers below."""

    app: str
    instance: int
    mount: str
    root_path: str
    rules: List[DeclaredRule]

    def described(self) -> Dict[str, Any]:
        """`{"app": name, "instance": 0, "mount": mount, "routes": [{"methods", "rule", "endpoint", "file", "line"}]}`.

        Files are relative to the project. A route whose converters say the types of its arguments has
        `"parameters": {"id": "integer"}`.
        """
        roots = _roots(self.root_path)
        routes = []
        for methods, rule, endpoint, code, parameters in self.rules:
            file, line = (_relative(code.co_filename, roots), code.co_firstlineno) if code is not None else ("", 0)
            route: Dict[str, Any] = {
                "methods": methods, "rule": rule, "endpoint": endpoint, "file": file, "line": line}
            if parameters:
                route["parameters"] = parameters
            routes.append(route)
        return {"app": self.app, "instance": self.instance, "mount": self.mount, "routes": routes}


def routes_of(app: Any, mount: str = "") -> Optional[Declared]:
    """The routes of `app` as they are now; None for None, an app that was gone before anybody asked.

    Left out: what Flask adds by itself (HEAD, OPTIONS, static files) and rules that match no request.
    """
    if app is None:
        return None
    rules = []
    for rule in app.url_map.iter_rules():
        if rule.build_only or getattr(rule, "websocket", False) or _is_static(rule.endpoint):
            continue
        for methods, function in _functions(_methods(rule), app.view_functions.get(rule.endpoint)):
            rules.append(DeclaredRule(methods, rule.rule, rule.endpoint, _code(function), _parameters(rule)))
    return Declared(str(app.import_name), _instance(app), mount, str(app.root_path), rules)


def declared_routes(app: Any, mount: str = "") -> Dict[str, Any]:
    """Both of them at once; `{}` for None."""
    declared = routes_of(app, mount)
    return {} if declared is None else declared.described()


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


def _roots(root_path: str) -> List[str]:
    """Folders that may be the project's, the likeliest first: where the app was started, where it lies."""
    candidates = [root_path]
    try:
        candidates.insert(0, os.getcwd())
    except OSError:
        pass
    return [os.path.join(os.path.realpath(root), "") for root in candidates]


def _relative(path: str, roots: List[str]) -> str:
    """`path` in the project; of what is installed `site-packages/…`, also where that lies in the project."""
    real = os.path.realpath(path)
    for folder in ("site-packages", "dist-packages"):
        _, found, below = real.partition(os.sep + folder + os.sep)
        if found:
            return "site-packages/" + below.replace(os.sep, "/")
    for root in roots:
        if real.startswith(root) and len(root) > 1:
            return real[len(root):].replace(os.sep, "/")
    return os.path.basename(real)
