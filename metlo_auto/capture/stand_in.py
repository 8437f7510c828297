"""Classes whose instances stand in for an object of another class: what it can do they can, what it cannot they cannot.

Python looks special methods up in the class alone, so each class that is stood in for gets a class of its own.
"""

from typing import Any, Callable, Dict

from metlo_auto.capture.foreign import (
    Foreign,
    IdentityTable,
    class_name,
    drop_frame,
    in_class,
    in_class_itself,
    module_name,
    special,
)

# A stand-in has the object itself as `_metlo_source`. These special methods are passed on where the class has them:
# not those by which an object is made, or goes.
_NAMES = (
    "len", "length_hint", "bool", "getitem", "setitem", "delitem", "contains", "reversed", "next", "enter", "exit",
    "aenter", "aexit", "aiter", "anext", "await", "call", "str", "repr", "bytes", "format", "eq", "ne", "lt", "le",
    "gt", "ge", "hash", "add", "radd", "iadd", "mul", "rmul", "imul", "or", "and", "int", "index", "float", "fspath",
    "copy", "deepcopy",
)  # fmt: skip
_PASSED_ON = tuple(["__%s__" % name for name in _NAMES])


def _passing_on(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Foreign, **named: Foreign) -> Foreign:
        source = self._metlo_source
        try:
            result = special(source, name)(*args, **named)
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            drop_frame(error)
            raise
        return self if result is source else result

    method.__name__ = name
    return method


_METHODS = {name: _passing_on(name) for name in _PASSED_ON}


# Copied and pickled, a stand-in is what it stands for.
_STATE = {name: _passing_on(name) for name in ("__reduce_ex__", "__reduce__", "__getstate__", "__setstate__")}
reduced = _STATE["__reduce_ex__"]


def class_of_source(self: Any) -> Foreign:
    """`__class__` of a stand-in: what its source says, which may be another class than its type."""
    try:
        return self._metlo_source.__class__
    except BaseException as error:
        __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
        drop_frame(error)
        raise


class StandIns:
    """The classes that stand in for others; `own`: methods used instead of passing on, where the class has them."""

    def __init__(self, base: type, own: Dict[str, Callable[..., Any]], plain: type = object) -> None:
        """`plain`: what instances of it do says nothing, and is left to `base`."""
        self._base = base
        self._plain = plain
        self._own = own
        self._classes = IdentityTable()
        self.known = self._classes.entries  # by the id of a class: a weak reference to it, what stands in for it

    def of(self, thing: Foreign) -> Any:
        """The class whose instances can stand in for `thing`."""
        kind = type(thing)
        entry = self._classes.entries.get(id(kind))
        if entry is not None and entry[0]() is kind:
            return entry[1]
        found = self._make(kind)
        self._classes.put(kind, found)
        return found

    def _make(self, kind: Foreign) -> type:
        base = self._base
        namespace: Dict[str, Any] = {
            "__slots__": (), "__module__": module_name(kind), "__class__": property(class_of_source),
            "__doc__": in_class_itself(kind, "__doc__")}
        namespace.update((name, method) for name, method in _STATE.items() if in_class(kind, name) is not None)
        for name in (*_METHODS, *self._own):
            found = in_class(kind, name)
            if found is None and name == "__hash__":
                namespace[name] = None
            elif found is not None and found is not in_class(self._plain, name):
                namespace[name] = self._own.get(name) or _METHODS[name]
        return type(class_name(kind), (base,), namespace)
