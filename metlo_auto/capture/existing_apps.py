"""The Flask apps that this process has made already; asks the garbage collector and modules, never an app."""

import gc
import sys
from typing import Any, Iterator, List


def existing_apps(flask_class: type) -> List[Any]:
    """Each object of `flask_class` or a subclass, once."""
    # By their real class: a proxy such as current_app may raise where it is asked for one.
    found = {id(thing): thing for thing in _objects() if issubclass(type(thing), flask_class)}
    return list(found.values())


def _objects() -> Iterator[Any]:
    yield from gc.get_objects()
    # Those that gc.freeze has put out of its sight, as servers do before they fork.
    for module in list(sys.modules.values()):
        if isinstance(module, type(sys)):
            yield from list(vars(module).values())
