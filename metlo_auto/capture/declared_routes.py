"""The routes that a Flask app declares, with the file and line of each view; knows url_map, nothing of requests."""

import os
from typing import Any, Dict, List, NamedTuple, Optional, Tuple


class Declared(NamedTuple):
    """What an app declares, without a reference to it; `rules` are (methods, rule, endpoint, code of the view)."""

    app: str
    root_path: str
    rules: List[Tuple[List[str], str, str, Any]]

    def described(self) -> Dict[str, Any]:
        """`{"app": name, "routes": [{"methods", "rule", "endpoint", "file", "line"}]}`, files from the project."""
        roots = _roots(self.root_path)
        routes = []
        for methods, rule, endpoint, code in self.rules:
            file, line = (_relative(code.co_filename, roots), code.co_firstlineno) if code is not None else ("", 0)
            routes.append({"methods": methods, "rule": rule, "endpoint": endpoint, "file": file, "line": line})
        return {"app": self.app, "routes": routes}


def routes_of(app: Any) -> Optional[Declared]:
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
            rules.append((methods, rule.rule, rule.endpoint, _code(function)))
    return Declared(str(app.import_name), str(app.root_path), rules)


def declared_routes(app: Any) -> Dict[str, Any]:
    """Both of them at once; `{}` for None."""
    declared = routes_of(app)
    return {} if declared is None else declared.described()


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
    real = os.path.realpath(path)
    for root in roots:
        if real.startswith(root) and len(root) > 1:
            return real[len(root):].replace(os.sep, "/")
    for folder in ("site-packages", "dist-packages"):
        _, found, below = real.partition(os.sep + folder + os.sep)
        if found:
            return below.replace(os.sep, "/")
    return os.path.basename(real)
