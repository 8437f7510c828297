"""Files of the app's that stand under the name of a package that uploads need: says which, so that it can be renamed.

Looks at modules and where they come from; imports none of them.
"""

import importlib.util
import os
import sys
from typing import Any, Iterator, Optional

# What requests needs, each with a part of it that nothing else of that name has.
PARTS = (
    ("requests", "adapters"), ("urllib3", "connectionpool"), ("certifi", "core"), ("idna", "core"),
    ("charset_normalizer", "api"), ("chardet", "universaldetector"),
)  # fmt: skip
# Of the standard library what these need, and files are called after.
STANDARD = (
    "http", "queue", "email", "socket", "ssl", "json", "logging", "types", "typing", "select", "random", "calendar",
    "copy", "platform", "secrets", "string", "struct", "token", "uuid", "zlib", "hmac", "netrc", "warnings", "weakref",
    "datetime",
)  # fmt: skip


class ModuleInTheWay(ImportError):
    """A module of the app's is in the way of a package."""


def check(error: Exception) -> None:
    """Raises ModuleInTheWay in place of `error` where the import of requests failed for a module in the way."""
    found = next(_in_the_way(), None)
    if found is not None:
        raise ModuleInTheWay(found) from error


def _in_the_way() -> Iterator[str]:
    for name, part in PARTS:
        path = _origin(name)
        if path is not None and not _has(name, part):
            yield "%s stands in the way of the package %s, which the agent sends by: rename it" % (path, name)
    library = os.path.dirname(os.path.realpath(os.__file__))
    for name in STANDARD:
        path = _origin(name)
        if path is not None and os.path.isabs(path) and not _is_in(os.path.realpath(path), library):
            yield "%s stands in the way of Python's own module %s: rename it" % (path, name)


def _origin(name: str) -> Optional[str]:
    """The file that the import of `name` runs, or its folder; None for none, and for what is no file."""
    try:
        spec: Any = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):  # a stand-in among the loaded modules
        spec = None
    if spec is None:
        return None
    if spec.origin is not None and os.path.exists(spec.origin):
        return str(spec.origin)
    places = list(spec.submodule_search_locations or ())
    return str(places[0]) if places else None


def _has(name: str, part: str) -> bool:
    spec: Any = importlib.util.find_spec(name)
    for folder in spec.submodule_search_locations or ():
        if any(entry.partition(".")[0] == part for entry in _names(folder)):
            return True
    return bool(spec.submodule_search_locations) and not os.path.isdir(next(iter(spec.submodule_search_locations)))


def _names(folder: str) -> Any:
    try:
        return os.listdir(folder)
    except OSError:
        return ()


def _is_in(path: str, library: str) -> bool:
    homes = {library, os.path.realpath(sys.base_prefix), os.path.realpath(sys.base_exec_prefix)}
    return any(path.startswith(os.path.join(home, "")) for home in homes)
