"""Counts what JSON values look like, place by place, so that counts of any parts add up to those of the whole; pure.

A place is a path from the root: `/items/[]/price`, with `[]` for any item of a list and `{}` for keys that are values
themselves. Texts and numbers are only counted here and looked at once each when the counts are handed on.
"""

from __future__ import annotations

from typing import Any, Iterator, Union

from metlo_auto.collector.folding import is_value

MOST_DEPTH = 16
MOST_ITEMS = 500  # of one list
MOST_KEYS = 300  # of one object, over all values seen at its place
MOST_TEXT = 10_000  # characters
Leaf = Union[str, int, float]


class Place:
    """What was seen at one place."""

    __slots__ = ("types", "keys", "items", "leaves", "name")

    def __init__(self, name: str) -> None:
        self.name = name  # of the nearest key, which says more than the index
        self.types: dict[str, int] = {}
        self.keys: dict[str, Place] = {}
        self.items: Place | None = None
        self.leaves: dict[Leaf, int] = {}

    def add(self, value: Any, depth: int = 0) -> None:
        """Count `value` and everything in it."""
        kind = type(value)
        if kind is str:
            self._count("string")
            text = value if len(value) <= MOST_TEXT else value[:MOST_TEXT]
            self.leaves[text] = self.leaves.get(text, 0) + 1
        elif kind is dict:
            self._count("object")
            if depth < MOST_DEPTH:
                for key, inner in value.items():
                    self._key(key).add(inner, depth + 1)
        elif kind is list:
            self._count("array")
            if depth < MOST_DEPTH:
                self._add_items(value, depth)
        elif value is None:
            self._count("null")
        elif kind is bool:
            self._count("boolean")
        else:
            self._count("integer" if kind is int or value.is_integer() and "e" not in repr(value) else "number")
            self.leaves[value] = self.leaves.get(value, 0) + 1

    def _count(self, kind: str) -> None:
        self.types[kind] = self.types.get(kind, 0) + 1

    def _add_items(self, value: list[Any], depth: int) -> None:
        if value and self.items is None:
            self.items = Place(self.name)
        for item in value[:MOST_ITEMS]:
            self.items.add(item, depth + 1)  # type: ignore[union-attr]  # made above for any list that is not empty

    def _key(self, key: str) -> "Place":
        found = self.keys.get(key)
        if found is None:
            if len(self.keys) >= MOST_KEYS or (key[:1].isdigit() or len(key) >= 16) and is_value(key):
                return self.keys.setdefault("{}", Place(self.name))
            found = self.keys[key] = Place(key)
        return found


def places(root: Place, path: str = "") -> Iterator[tuple[str, Place]]:
    """All places below and with `root`, each with its path."""
    yield path, root
    for key, inner in root.keys.items():
        yield from places(inner, f"{path}/{escape(key)}")
    if root.items is not None:
        yield from places(root.items, path + "/[]")


def escape(key: str) -> str:
    """A key as a step of a path, as JSON Pointer has it; a key that is spelt like a marker is told apart."""
    if key == "[]":
        return "~2"
    return key.replace("~", "~0").replace("/", "~1")


def unescape(step: str) -> str:
    return "[]" if step == "~2" else step.replace("~1", "/").replace("~0", "~")


def dotted(path: str) -> str:
    """A path as people write it: `items[].price`."""
    return ".".join(unescape(step) for step in path.split("/")[1:]).replace(".[]", "[]")
