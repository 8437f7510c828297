"""Groups of responses that look alike, though members may be missing from one or the other; pure, knows no path."""

from __future__ import annotations

import zlib
from typing import Iterable

ALIKE = 0.85  # share of the smaller that both have
OVERLAP = 0.55  # and of all that any of them has
SKETCH = 6  # hashes by which a group is looked up
Shape = frozenset[str]


def alike(one: Shape, other: Shape) -> bool:
    """True for shapes of one kind of answer."""
    if one == other:
        return True
    both = len(one & other)
    return both >= ALIKE * min(len(one), len(other)) and both >= OVERLAP * len(one | other)


class ShapeGroups:
    """Numbers for shapes: one and the same for those that are alike."""

    def __init__(self) -> None:
        self._numbers: dict[Shape, int] = {}
        self._firsts: list[Shape] = []
        self._by_hash: dict[int, list[int]] = {}

    def number(self, shape: Shape) -> int:
        known = self._numbers.get(shape)
        if known is None:
            known = self._numbers[shape] = self._find(shape)
            if len(self._numbers) > 50_000:
                self._numbers.clear()
        return known

    def paths(self, numbers: Iterable[int]) -> set[str]:
        """The places that the first responses of these groups have together."""
        return set().union(*(self._firsts[number] for number in numbers if number >= 0))

    def _find(self, shape: Shape) -> int:
        sketch = sorted(zlib.crc32(path.encode("utf-8", "replace")) for path in shape)[:SKETCH]
        for value in sketch:
            for number in self._by_hash.get(value, ())[:50]:
                if alike(self._firsts[number], shape):
                    return number
        number = len(self._firsts)
        self._firsts.append(shape)
        for value in sketch:
            self._by_hash.setdefault(value, []).append(number)
        return number
