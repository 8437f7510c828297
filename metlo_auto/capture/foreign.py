"""Touches objects of the app and of the server without running any code of theirs; must not know WSGI or Flask.

Nothing here asks for a truth value, a length, an iterator or an attribute that a class of theirs could answer: only
types, the storage of built-in types and instance dictionaries are read. What is annotated `Foreign` is touched here
alone.
"""

import sys
import weakref
from typing import Any, Dict, Iterable, List, Optional, Tuple

# An object of the app's or the server's: it may be passed on, compared by `is`, and called where it would be anyway.
Foreign = Any

_TYPE_NAME = type.__dict__["__name__"]
_TYPE_MRO = type.__dict__["__mro__"]
_TYPE_DICT = type.__dict__["__dict__"]
_TYPE_MODULE = type.__dict__["__module__"]
_DICT_SLOT = type(_TYPE_DICT)
_ABSENT = object()
# Classes whose text says what they are, and costs nothing.
_PLAIN = (int, float, complex)
_PLAIN_MODULES = ("uuid", "datetime", "decimal", "fractions", "ipaddress")
# From 3.11 on an exception holds its traceback itself, so that what is raised again has the one that it was given.
DROPS_FRAMES = sys.version_info >= (3, 11)


def drop_frame(error: BaseException) -> None:
    """Takes the frame that handles `error` out of its traceback; to be followed by a bare `raise` in that frame.

    Before Python 3.11 it stays; `__traceback_hide__ = True` keeps it out of Werkzeug's debugger at least.
    """
    traceback = sys.exc_info()[2]
    if DROPS_FRAMES and traceback is not None:
        BaseException.with_traceback(error, traceback.tb_next)


def is_a(thing: Foreign, kind: Any) -> bool:
    """Whether the class of `thing` is one of `kind`, whatever `__class__` says; `kind`: built-in classes."""
    return issubclass(type(thing), kind)


def class_name(kind: Foreign) -> str:
    """The name of a class."""
    name: str = _TYPE_NAME.__get__(kind)
    return name


def module_name(kind: Foreign) -> str:
    """The module of a class, "" where it is no text."""
    name = _TYPE_MODULE.__get__(kind)
    return name if type(name) is str else ""


def bases(kind: Foreign) -> Tuple[Any, ...]:
    """A class and its bases, in the order in which Python looks methods up."""
    found: Tuple[Any, ...] = _TYPE_MRO.__get__(kind)
    return found


def in_class_itself(kind: Foreign, name: str) -> Foreign:
    """What the class itself has under `name`, None where it has nothing."""
    return _TYPE_DICT.__get__(kind).get(name)


def in_class(kind: Foreign, name: str) -> Foreign:
    """What the class `kind` or a base of it has under `name`, unbound; None where there is nothing."""
    for base in _TYPE_MRO.__get__(kind):
        found = _TYPE_DICT.__get__(base).get(name, _ABSENT)
        if found is not _ABSENT:
            return found
    return None


def special(thing: Foreign, name: str) -> Foreign:
    """The special method `name` of `thing`, bound, as Python itself finds it: in its class alone."""
    found = in_class(type(thing), name)
    bind = in_class(type(found), "__get__")
    return found if bind is None else bind(found, thing, type(thing))


def has_in_class(thing: Foreign, name: str) -> bool:
    """Whether instances of the class of `thing` have `name`, not counting what every object has."""
    return any(name in _TYPE_DICT.__get__(base) for base in _TYPE_MRO.__get__(type(thing)) if base is not object)


def storage(thing: Foreign) -> Dict[str, Foreign]:
    """The dictionary in which `thing` keeps its attributes, an empty one where it has none."""
    kind = type(thing)
    known = _WITH_STORAGE.entries.get(id(kind))
    if known is None or known[0]() is not kind:
        own = _TYPE_DICT.__get__(kind).get("__dict__")
        if own is not None and type(own) is not _DICT_SLOT:  # something else in its place
            return {}
        _WITH_STORAGE.put(kind, True)
    try:
        found = object.__getattribute__(thing, "__dict__")
    except Exception:  # noqa: BLE001 - there is none, or a base has something else in its place
        return {}
    return found if type(found) is dict else {}


def in_instance(thing: Foreign, name: str) -> Foreign:
    """What `thing` itself has under `name`, None where it has nothing."""
    return storage(thing).get(name)


def text(value: Foreign) -> str:
    """The text of a value that should be one: numbers as they are written, bytes as latin-1, "" for what is neither."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if value is None:
        return ""
    if issubclass(kind, str):
        return str.__str__(value)
    if issubclass(kind, bytes):
        return bytes.decode(value, "latin-1")
    if kind is bool:
        return repr(value)
    for plain in _PLAIN:
        if issubclass(kind, plain):
            return plain.__repr__(value)
    return str(value) if module_name(kind) in _PLAIN_MODULES else ""


def chunk(value: Foreign) -> bytes:
    """The bytes of a piece of a body, b"" where it is none."""
    kind = type(value)
    if kind is bytes:
        return value  # type: ignore[no-any-return]
    if issubclass(kind, bytes):
        return bytes.__getitem__(value, slice(None))  # join() asks its class for a buffer on 3.15
    return bytes(value) if kind is bytearray or kind is memoryview else b""


def elements(value: Foreign) -> List[Foreign]:
    """What a list or tuple holds, a new list; [] for everything else."""
    if issubclass(type(value), list):
        return list(list.__getitem__(value, slice(None)))
    return list(tuple.__getitem__(value, slice(None))) if issubclass(type(value), tuple) else []


def pairs(headers: Foreign) -> Tuple[Tuple[str, str], ...]:
    """The pairs of texts in a list of header tuples; what is no pair is left out."""
    found = [elements(pair) for pair in elements(headers)]
    return tuple([(text(pair[0]), text(pair[1])) for pair in found if len(pair) == 2])


def dictionary(mapping: Foreign) -> Dict[str, Foreign]:
    """A copy of a dict, by its own storage; of any other mapping, by its items."""
    if type(mapping) is dict:
        return mapping.copy()
    items: Iterable[Any] = dict.items(mapping) if issubclass(type(mapping), dict) else mapping.items()
    return {key: value for key, value in items if type(key) is str}


class IdentityTable:
    """Values by object, for as long as the object lives; knows it by identity, never asks it for a hash.

    A copy of the object is another object. The object itself holds nothing but a weak reference.
    """

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: Dict[int, Tuple[Any, Any]] = {}  # id -> weak reference, value

    def get(self, thing: Foreign) -> Optional[Any]:
        """The value of `thing`, None where it has none."""
        entry = self.entries.get(id(thing))
        return entry[1] if entry is not None and entry[0]() is thing else None

    def put(self, thing: Foreign, value: Any) -> None:
        """Gives `thing` its value; TypeError where nothing can refer to it weakly."""
        key, entries = id(thing), self.entries

        def forget(reference: Any) -> None:
            entry = entries.get(key)
            if entry is not None and entry[0] is reference:
                entries.pop(key, None)

        entries[key] = (weakref.ref(thing, forget), value)


_WITH_STORAGE = IdentityTable()  # classes whose instances have their dictionary, if any, where `storage` looks for it
