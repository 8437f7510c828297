"""Modules that others import for what nobody here uses: they are loaded when somebody uses them, if ever."""

import importlib
import importlib.util
import sys
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Iterator, List

# Of a module's own names the only ones that are worth its import; the others are asked of all modules there are.
_TELLING = ("__all__", "__version__")


class Late(ModuleType):
    """Stands in for a module until it is asked for something; then it is imported, and this passes all questions on."""

    def __init__(self, name: str, **known: Any) -> None:
        super().__init__(name)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            known.update(__spec__=spec, __loader__=spec.loader, __file__=spec.origin, __package__=spec.parent)
            if spec.submodule_search_locations is not None:
                known["__path__"] = spec.submodule_search_locations
        vars(self).update(known)

    def __getattr__(self, name: str) -> Any:
        if name[:2] == name[-2:] == "__" and name not in _TELLING and not self._is_loaded():
            raise AttributeError(name)
        return getattr(self._module(), name)

    def __dir__(self) -> List[str]:
        return dir(self._module())

    def _is_loaded(self) -> bool:
        return sys.modules.get(self.__name__, self) is not self

    def _module(self) -> ModuleType:
        if sys.modules.get(self.__name__) is self:  # else the module itself may stand there by now, of another thread
            sys.modules.pop(self.__name__, None)
        return importlib.import_module(self.__name__)


@contextmanager
def put_off(name: str, **known: Any) -> Iterator[None]:
    """Who imports the module `name` meanwhile gets a stand-in, which has the attributes `known`; later nobody does."""
    if name in sys.modules:
        yield
        return
    late = sys.modules[name] = Late(name, **known)
    try:
        yield
    finally:
        if sys.modules.get(name) is late:
            del sys.modules[name]
