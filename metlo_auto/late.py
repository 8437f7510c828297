"""Modules that others import for what nobody here uses: they are loaded when somebody uses them, if ever."""

import importlib
import sys
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Iterator, List


class Late(ModuleType):
    """Stands in for a module until it is asked for something; then it is imported, and this passes all questions on."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module(), name)

    def __dir__(self) -> List[str]:
        return dir(self._module())

    def _module(self) -> ModuleType:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return importlib.import_module(self.__name__)


@contextmanager
def put_off(name: str, **known: Any) -> Iterator[None]:
    """Who imports the module `name` meanwhile gets a stand-in, which has the attributes `known`; later nobody does."""
    if name in sys.modules:
        yield
        return
    late = sys.modules[name] = Late(name)
    vars(late).update(known)
    try:
        yield
    finally:
        if sys.modules.get(name) is late:
            del sys.modules[name]
