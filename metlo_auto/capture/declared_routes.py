"""The routes that a Flask app declares, with the file and line of each view; knows url_map, nothing of requests."""

import os
from typing import Any, Dict, List, Optional, Tuple


def declared_routes(app: Any) -> Dict[str, Any]:
    """`{"app": name, "routes": [{"methods", "rule", "endpoint", "file", "line"}]}`; files relative to the project.

    Left out: what Flask adds by itself (HEAD, OPTIONS, static files) and rules that match no request. `{}` for None, an
    app that was gone before anybody asked.
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
            routes.append({
                "methods": methods, "rule": rule.rule, "endpoint": rule.endpoint, "file": file, "line": line})
    return {"app": str(app.import_name), "routes": routes}


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
