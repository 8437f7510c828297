"""Tells when one module has been executed; knows the import system and nothing of Flask, wrapt or the agent.

wrapt has such hooks too, but importing it costs every child Python 20 ms and more, and brings asyncio and ssl
in before the app can monkey-patch them.
"""

import sys
from _thread import get_ident  # threading's own source of it; always there

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost every child Python 6 ms
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, Callable, Optional, Sequence, Set

    Callback = Callable[[ModuleType], None]


def install(name: str, callback: "Callback") -> None:
    """Call `callback(module)` each time that the module `name` was executed: import, reload, import again.

    What the callback raises goes out of the import. A second callback for the name runs after the first, the
    same one only once.
    """
    for finder in sys.meta_path:
        if isinstance(finder, _Finder) and (finder.name, finder.callback) == (name, callback):
            return
    sys.meta_path.insert(0, _Finder(name, callback))


class _Finder(object):
    def __init__(self, name: str, callback: "Callback") -> None:
        self.name = name
        self.callback = callback
        self.searching: "Set[int]" = set()

    def find_spec(
        self, fullname: str, path: "Optional[Sequence[str]]" = None, target: "Optional[ModuleType]" = None
    ) -> "Optional[ModuleSpec]":
        """What the other finders find, with a loader that calls back; None for every other module."""
        thread = get_ident()  # another wrapping finder may ask all finders again
        if fullname != self.name or thread in self.searching:
            return None
        self.searching.add(thread)
        try:
            spec = self._ask_others(fullname, path, target)
        finally:
            self.searching.discard(thread)
        if spec is not None and spec.loader is not None:
            modern = hasattr(spec.loader, "exec_module")
            spec.loader = (_Loader if modern else _OldLoader)(spec.loader, self.callback)  # type: ignore[assignment]
        return spec

    def _ask_others(
        self, fullname: str, path: "Optional[Sequence[str]]", target: "Optional[ModuleType]"
    ) -> "Optional[ModuleSpec]":
        for finder in list(sys.meta_path):
            if finder is self:
                continue
            if hasattr(finder, "find_spec"):
                spec = finder.find_spec(fullname, path, target)
            else:
                spec = _find_as_before(finder, fullname, path)
            if spec is not None:
                return spec
        return None


def _find_as_before(finder: "Any", fullname: str, path: "Optional[Sequence[str]]") -> "Optional[ModuleSpec]":
    """Finders from before PEP 451, which Python asks up to 3.11."""
    if sys.version_info >= (3, 12) or not hasattr(finder, "find_module"):
        return None
    from importlib.util import spec_from_loader  # late: it is not free, and hardly ever needed

    loader = finder.find_module(fullname, path)
    return None if loader is None else spec_from_loader(fullname, loader)


class _Proxy(object):
    """Stands for the loader of one module until that is executed; passes on whatever else a loader can do."""

    def __init__(self, loader: "Any", callback: "Callback") -> None:
        self._loader = loader
        self._callback = callback

    def __getattr__(self, name: str) -> "Any":
        if name.startswith("_") or name in ("exec_module", "load_module"):
            raise AttributeError(name)
        return getattr(self._loader, name)

    def _restore(self, spec: "Optional[ModuleSpec]") -> None:
        loader: object = spec and spec.loader
        if spec is not None and loader is self:
            spec.loader = self._loader


class _Loader(_Proxy):
    def exec_module(self, module: "ModuleType") -> None:
        self._restore(module.__spec__)
        if getattr(module, "__loader__", None) is self:
            module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._callback(module)


class _OldLoader(_Proxy):
    """For loaders without exec_module, such as zipimport's before Python 3.10."""

    def load_module(self, fullname: str) -> "ModuleType":
        module: "ModuleType" = self._loader.load_module(fullname)
        self._restore(getattr(module, "__spec__", None))
        self._callback(module)
        return module
