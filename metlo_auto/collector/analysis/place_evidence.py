"""What words at one place of a path have in common, whatever follows them; pure, knows no template.

Responses to values of one kind have the same members, apart from those that are left out now and then. So what all of
them have together grows with the first few and hardly later. With kinds of resources it grows with each.
"""

from __future__ import annotations

from typing import Hashable, Optional

from metlo_auto.collector.analysis.shape_groups import ALIKE, Shape

COHESIVE = 0.6  # share of what any two of the responses have that one of them has in the mean
LEAST_WORDS = 5  # with the same suffix
MOST_WORDS = 200  # with the same suffix
MOST_SUFFIXES = 50  # of one place
MOST_SHAPES = 64  # that are counted for one suffix
MOST_PATHS = 500_000  # that are kept in all
Word = tuple[str, ...]


class _Responses:
    """Responses at one place with one suffix: the words, and which paths the responses to several of them have."""

    __slots__ = ("words", "first", "owners", "shapes", "total", "shared")

    def __init__(self, shape: Shape) -> None:
        self.words: dict[Word, Shape] = {}  # and what the first response to each had
        self.first: Optional[Shape] = shape  # most places have one word: nothing is counted for these
        self.owners: dict[str, Optional[Word]] = {}  # by path: the word; None where several have it
        self.shapes = 0
        self.total = 0  # paths of all shapes
        self.shared = 0  # paths that several words have

    def count(self, word: Word, shape: Shape) -> int:
        """Returns by how much `owners` has grown."""
        before, owners = len(self.owners), self.owners
        for path in shape:
            owner = owners.setdefault(path, word)
            if owner is not None and owner != word:
                owners[path] = None
                self.shared += 1
        self.shapes += 1
        self.total += len(shape)
        return len(owners) - before

    @property
    def are_cohesive(self) -> bool:
        return len(self.words) >= LEAST_WORDS and self.total >= COHESIVE * self.shapes * self.shared

    def of_one_kind(self) -> set[Word]:
        """The words whose responses have little that those to no other word have."""
        if not self.are_cohesive:
            return set()
        return {
            word
            for word, shape in self.words.items()
            if sum(self.owners.get(path, word) is None for path in shape) >= ALIKE * len(shape)
        }


class PlaceEvidence:
    """Words by place; bounded by the paths that are counted."""

    def __init__(self) -> None:
        self._places: dict[Hashable, dict[Word, _Responses]] = {}
        self._paths = 0

    def note(self, place: Hashable, suffix: Word, word: Word, shape: Shape) -> set[Word]:
        """The words of all suffixes whose responses are of one kind; empty where `word` adds nothing to them."""
        if self._paths >= MOST_PATHS:
            return set()
        suffixes = self._places.setdefault(place, {})
        seen = suffixes.get(suffix)
        if seen is None:
            if len(suffixes) >= MOST_SUFFIXES:
                return set()
            seen = suffixes[suffix] = _Responses(shape)
        is_new = word not in seen.words and len(seen.words) < MOST_WORDS
        if is_new:
            seen.words[word] = shape
            self._paths += len(shape)
        if len(seen.words) > 1 and seen.shapes < MOST_SHAPES:
            if seen.first is not None:
                self._paths += seen.count(next(iter(seen.words)), seen.first)
                seen.first = None
            self._paths += seen.count(word, shape)
        if not is_new or not seen.are_cohesive:
            return set()
        return set().union(*(each.of_one_kind() for each in suffixes.values()))
