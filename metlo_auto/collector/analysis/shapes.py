"""Counts what JSON values look like, place by place, so that counts of any parts add up to those of the whole; pure.

A place is a path from the root: `/items/[]/price`, with `[]` for any item of a list and `{}` for keys that are values
themselves. Texts and numbers are only counted here and looked at once each when the counts are handed on.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, Union

from metlo_auto.collector.analysis import sensitive
from metlo_auto.collector.analysis.folding import is_value

MOST_DEPTH = 16
MOST_ITEMS = 500  # of one list
MOST_KEYS = 300  # of one object, over all values seen at its place
MOST_KEY = 128  # characters of a key; nobody names a field by more, so a longer one is a value
MOST_TEXT = 10_000  # characters
Leaf = Union[str, int, float]
# keys that say less than the one around them: `{"dob": {"year": 1980}}`, `{"phones": [{"number": "030 901820"}]}`
_GENERIC = frozenset(("number", "value", "date", "day", "month", "year", "raw", "text", "national", "lat", "lng"))


class Place:
    """What was seen at one place. Texts and numbers are only put among the leaves: a trace has a hundred of them."""

    __slots__ = ("others", "keys", "items", "leaves", "name")

    def __init__(self, name: str) -> None:
        self.name = name  # of the nearest key, which says more than the index
        self.others: dict[str, int] = {}  # objects, arrays, null and truth values
        self.keys: dict[str, Place] = {}
        self.items: Place | None = None
        self.leaves: dict[Leaf, int] = {}

    @property
    def types(self) -> dict[str, int]:
        """How many values of each JSON type."""
        counts = dict(self.others)
        for leaf, n in self.leaves.items():
            kind = "string" if type(leaf) is str else "integer" if type(leaf) is int else _type_of(leaf)
            counts[kind] = counts.get(kind, 0) + n
        return counts

    def add(self, value: Any, n: int = 1, depth: int = 0) -> None:
        """Count `value` and everything in it, `n` times."""
        kind = type(value)
        if kind is dict:
            self._count("object", n)
            if depth < MOST_DEPTH:
                self._add_members(value, n, depth + 1)
        elif kind is list:
            self._count("array", n)
            if depth < MOST_DEPTH and value:
                self._add_items(value, n, depth + 1)
        elif value is None:
            self._count("null", n)
        elif kind is bool:
            self._count("boolean", n)
        else:
            leaf = value[:MOST_TEXT] if kind is str else value
            self.leaves[leaf] = self.leaves.get(leaf, 0) + n

    def _count(self, kind: str, n: int) -> None:
        self.others[kind] = self.others.get(kind, 0) + n

    def _add_members(self, value: dict[str, Any], n: int, depth: int) -> None:
        keys = self.keys
        for key, inner in value.items():
            place = keys.get(key)
            if place is None:
                place = self._place(key, n)
            kind = type(inner)
            if kind is int or kind is float or kind is str and len(inner) <= MOST_TEXT:  # most are; spares a call
                leaves = place.leaves
                leaves[inner] = leaves.get(inner, 0) + n
            else:
                place.add(inner, n, depth)

    def _add_items(self, value: list[Any], n: int, depth: int) -> None:
        if self.items is None:
            self.items = Place(self.name)
        add = self.items.add
        for item in value[:MOST_ITEMS]:
            add(item, n, depth)

    def _place(self, key: str, n: int) -> "Place":
        """Where values of `key`, which is not among the keys, are counted."""
        length = len(key)
        is_data = length <= MOST_KEY and _is_data(key)
        if length > MOST_KEY or len(self.keys) >= MOST_KEYS or is_data or (
            length >= 16 or key[:1].isdigit() or "@" in key
        ) and is_value(key):
            if is_data or length <= MOST_KEY and ("@" in key or key[:1] in "+0123456789"):  # says who somebody is
                self.keys.setdefault("{key}", Place(self.name)).add(key, n)
            return self.keys.setdefault("{}", Place(self.name))
        found = self.keys[key] = Place(f"{self.name} {key}" if key in _GENERIC else key)
        return found


_SIX_DIGITS = re.compile(r"(?:\d\D{0,3}){6}")


def _is_data(key: str) -> bool:
    """Whether a key is a phone number, an IBAN or another of the sensitive values that have many digits."""
    return _SIX_DIGITS.search(key) is not None and bool(sensitive.detect("key", key))


def _type_of(leaf: Leaf) -> str:
    if isinstance(leaf, str):
        return "string"
    return "integer" if isinstance(leaf, int) or leaf.is_integer() and "e" not in repr(leaf) else "number"


def places(root: Place) -> Iterator[tuple[str, Place]]:
    """All places below and with `root`, each with its path."""
    waiting = [("", root)]
    while waiting:
        path, place = waiting.pop()
        yield path, place
        if place.items is not None:
            waiting.append((path + "/[]", place.items))
        if place.keys:
            waiting += reversed([(f"{path}/{escape(key)}", inner) for key, inner in place.keys.items()])


def escape(key: str) -> str:
    """A key as a step of a path, as JSON Pointer has it; a key that is spelt like a marker is told apart."""
    if key == "[]":
        return "~2"
    if "/" not in key and "~" not in key:
        return key
    return key.replace("~", "~0").replace("/", "~1")


def unescape(step: str) -> str:
    return "[]" if step == "~2" else step.replace("~1", "/").replace("~0", "~")


def dotted(path: str) -> str:
    """A path as people write it: `items[].price`."""
    return ".".join(unescape(step) for step in path.split("/")[1:]).replace(".[]", "[]")
