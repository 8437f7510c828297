"""Modules of others a second time, for us alone; knows how modules are loaded, nothing of what is in them.

What is put into requests, urllib3 or http.client for the app's sake, to count, refuse, record, trace or print what it
sends, is not in a copy: no name leads to it. A copy is made from the same file, does not stand in `sys.modules`, and
is given copies where it imports what there is a copy of.
"""

import builtins
import importlib
import importlib.util
import sys
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any, Dict, Optional, Sequence


class Copies:
    """`add` in the order in which the modules import each other."""

    def __init__(self) -> None:
        self._copies: Dict[str, ModuleType] = {}
        self._builtins = dict(vars(builtins), __import__=self._import)
        if hasattr(builtins, "__lazy_import__"):  # Python 3.15 takes it for imports at the top of a module
            self._builtins["__lazy_import__"] = self._import

    def add(self, name: str) -> Any:
        """The copy of the module `name`; the module itself where it comes from no file, as in some frozen programs."""
        original = importlib.import_module(name)
        parent = importlib.import_module(name.rpartition(".")[0])
        # By the path alone: what others put around imports is there to change the module.
        spec = PathFinder.find_spec(name, parent.__path__)
        get_code: Any = getattr(spec and spec.loader, "get_code", None)  # before 3.10 all that a zip's loader has
        if spec is None or get_code is None:
            return original
        copy = importlib.util.module_from_spec(spec)
        vars(copy)["__builtins__"] = self._builtins
        if sys.implementation.name == "pypy":  # which ignores that
            from .pypy_imports import code_that_imports_by

            code = code_that_imports_by(self._import, copy, spec)
        else:
            code = get_code(name)
        exec(code, vars(copy))
        _share_exceptions(copy, original)
        self._copies[name] = copy
        return copy

    def _import(
        self, name: str, globals: Any = None, locals: Any = None, fromlist: Optional[Sequence[str]] = (), level: int = 0
    ) -> Any:
        if fromlist:
            copy = self._copies.get(_absolute(name, globals, level))
            if copy is not None:
                return copy
        return builtins.__import__(name, globals, locals, fromlist or (), level)


def _absolute(name: str, importing: Any, level: int) -> str:
    if level:
        name = importlib.util.resolve_name("." * level + name, importing["__package__"])
    # six, of which urllib3 1.x has one of its own, has another name for it
    return "http.client" if name.endswith(".six.moves.http_client") else name


def _share_exceptions(copy: ModuleType, original: ModuleType) -> None:
    """What the copy raises is caught elsewhere by its only name."""
    for name, value in vars(original).items():
        if isinstance(value, type) and issubclass(value, BaseException) and value.__module__ == original.__name__:
            setattr(copy, name, value)
