"""From counted shapes to facts: rows (section, path, kind, value, n) that add up in the store; pure.

Kinds: `type` (n values of that JSON type), `format` and `class` (n of the strings and numbers), `value` (a member of a
small set), `many` (no small set, n is 0), `example <class>` (a masked value),
`example` (a value of a parameter that is not sensitive), `anonymous` and `in error` (n of a class in answers to
unauthenticated callers, and in error responses).
"""

from __future__ import annotations

from functools import lru_cache
from sys import intern
from typing import Iterator, NamedTuple, Optional, Sequence

from metlo_auto.collector.analysis import by_form, masking, sensitive
from metlo_auto.collector.analysis.codes import is_code, may_be_member, may_have_example
from metlo_auto.collector.analysis.folding import is_value
from metlo_auto.collector.analysis.formats import format_of, text_type
from metlo_auto.collector.analysis.sections import FORM
from metlo_auto.collector.analysis.shapes import Leaf, Place
from metlo_auto.collector.store.text import key as text_key
from metlo_auto.collector.store.text import storable

_TEXT_ONLY = ("path", "query", "header", f"body {FORM}", "body multipart/form-data")
_SHOWN = ("path", "query", "header")  # the parameters, of which the document has examples
MOST_VALUES = 12  # of a field that may be an enum
MOST_NOTES = 60
NO_NEWS = ("object", "login", "failed login", "link", "only counted")  # notes whose values are never all known
MOST_PATH = 600  # bytes; the key of a fact has to fit into an index
MOST_PLACES = 400  # of one section of one endpoint
MOST_PLACES_OF_A_RUN = 4 * MOST_PLACES  # that are looked at: those that the store has may come last
MOST_PLACES_IN_ALL = 1_000_000
MOST_SECTIONS = 24  # of one endpoint; further media types count as one
MOST_EXAMPLES = 200_000  # that are remembered as given
MOST_CACHED = 200  # characters of a value whose classes are remembered


class Key(NamedTuple):
    endpoint_id: str
    section: str
    path: str


class Known:
    """What this process has already seen, so that places, values and examples stay few; losing it loses no count.

    `news` goes up with each place, class and note that was not known, and with each value of a small set unless these
    are no news: of fields with sets there is one in most calls until all sets are complete.
    """

    def __init__(self) -> None:
        self.news = 0
        self.values_are_news = True
        self._places: dict[str, dict[str, _Places]] = {}  # by endpoint and section
        self._number_of_places = 0
        self._notes: dict[tuple[str, str], set[str]] = {}  # values by endpoint and kind

    def remember(self, key: Key, kind: str, value: str) -> None:
        """Take in a fact that the store holds."""
        if not key.section:
            self.admit_note(key, kind, value)
            return
        self._add_place(self._section(key), key.path)
        if kind == "many":
            self.end_small_set(key)
        elif kind == "value":
            self.admit_value(key, value)
        elif kind.startswith("example"):
            self.admit_example(key, kind)

    def _section(self, key: Key) -> "_Places":
        sections = self._places.setdefault(key.endpoint_id, {})
        found = sections.get(key.section)
        if found is None:
            found = sections[intern(key.section)] = _Places()
        return found

    def admit_place(self, key: Key) -> bool:
        """False for one place too many: hostile or free-form keys must not fill the store."""
        seen = self._section(key)
        if key.path in seen.values:
            return True
        if len(seen.values) >= MOST_PLACES or self._number_of_places >= MOST_PLACES_IN_ALL or is_long(key.path):
            return False
        self._add_place(seen, key.path)
        return True

    def _add_place(self, seen: "_Places", path: str) -> None:
        if path not in seen.values:
            self.news += 1
            self._number_of_places += 1
            seen.values[intern(path)] = ()

    def admit_section(self, endpoint_id: str, section: str, always: bool = False) -> bool:
        """False for one section too many: a client that invents media types must not fill the store."""
        seen = self._places.setdefault(endpoint_id, {})
        if section in seen:
            return True
        if len(seen) >= MOST_SECTIONS and not always:
            return False
        seen[intern(section)] = _Places()
        return True

    def admit_value(self, key: Key, value: str) -> bool:
        """False from the value on that makes it no small set."""
        places = self._section(key)
        seen = places.values.get(key.path, ())
        if seen is None:
            return False
        if value in seen:
            return True
        self.news += self.values_are_news
        is_small = len(seen) < MOST_VALUES
        places.values[intern(key.path)] = (*seen, value) if is_small else None
        return is_small

    def end_small_set(self, key: Key) -> None:
        """The values at this place are none that may be listed."""
        self._section(key).values[intern(key.path)] = None

    def admit_note(self, key: Key, kind: str, value: str) -> bool:
        """False for one value too many of a fact about the whole endpoint, such as a cookie's name."""
        seen = self._notes.setdefault((key.endpoint_id, intern(kind)), set())
        if value not in seen:
            if len(seen) >= MOST_NOTES:
                return False
            self.news += kind not in NO_NEWS
            seen.add(value)
        return True

    def has_small_set(self, key: Key) -> bool:
        return self._section(key).values.get(key.path, ()) is not None

    def admit_example(self, key: Key, kind: str) -> bool:
        examples = self._section(key).examples
        if kind in examples.get(key.path, ()):
            return False
        self.news += 1
        examples[intern(key.path)] = (*examples.get(key.path, ()), intern(kind))
        return True


class _Places:
    """Those of one section: each path with the values of its small set, None where it is none; examples by path."""

    __slots__ = ("values", "examples")

    def __init__(self) -> None:
        self.values: dict[str, Optional[tuple[str, ...]]] = {}
        self.examples: dict[str, tuple[str, ...]] = {}


def is_long(path: str) -> bool:
    """True for a path that does not fit into a key."""
    return len(path) * 4 > MOST_PATH and len(path.encode("utf-8", "replace")) > MOST_PATH


Found = tuple[str, str, int, int]  # kind, value, n, and how many of them say nothing about a person


class Examples:
    """Of which places and classes a masked example has been given: making one takes long, and the first is kept."""

    def __init__(self) -> None:
        self._given: set[int] = set()  # hashes

    def is_due(self, key: Key, name: str) -> bool:
        """True the first time, and whenever there is no room to remember."""
        mark = hash((key, name))
        if mark in self._given:
            return False
        if len(self._given) < MOST_EXAMPLES:
            self._given.add(mark)
        return True


def facts(
    endpoint_id: str, section: str, listed: Sequence[tuple[str, Place]], given: Examples
) -> Iterator[tuple[Key, list[Found]]]:
    """Everything that the places of a section say about it, place by place."""
    section = intern(section)
    for path, place in listed[:MOST_PLACES_OF_A_RUN]:
        key = Key(endpoint_id, section, storable(path))
        found: list[Found] = [("type", kind, n, 0) for kind, n in place.types.items()]
        yield key, found + _leaf_facts(key, path, place, given) if place.leaves else found


def _leaf_facts(key: Key, path: str, place: Place, given: Examples) -> list[Found]:
    formats: dict[str, int] = {}
    classes: dict[str, int] = {}
    firsts: dict[str, Leaf] = {}  # by class
    nobodys = 0
    enumerable = True
    name = place.name
    says_nothing = by_form.says_nothing(name)
    knows_only_text = _knows_only_text(key.section)
    for leaf, n in place.leaves.items():
        form = format_of(leaf) if isinstance(leaf, str) else None
        shape = text_type(leaf) or form if knows_only_text and isinstance(leaf, str) else form
        if shape:
            formats[shape] = formats.get(shape, 0) + n
        found = by_form.classes(name, leaf, form) if says_nothing else None
        if found is None:
            found = _classes(name, leaf)
        for each in found:
            classes[each] = classes.get(each, 0) + n
            nobodys += n if sensitive.is_nobodys(each, leaf) else 0
            firsts.setdefault(each, leaf)
        enumerable = enumerable and not found and not shape and may_be_member(name, leaf)
    result = [("format", each, n, 0) for each, n in formats.items()]
    for each, n in classes.items():
        result.append(("class", each, n, nobodys if each == "email" else 0))
        if given.is_due(key, each):
            result.append((_example_of(each), text_key(masking.example(each, name, firsts[each])), 1, 0))
    if key.section in _SHOWN and not classes:
        result += _samples(key.section, path, place)
    return result + (_values(place) if enumerable else [_MANY])


_MANY: Found = ("many", "", 0, 0)


@lru_cache(maxsize=64)
def _example_of(name: str) -> str:
    return intern("example " + name)


@lru_cache(maxsize=1024)
def _knows_only_text(section: str) -> bool:
    return section in _TEXT_ONLY or section.endswith(("xml", " header"))


def _values(place: Place) -> list[Found]:
    texts = [(leaf, n) for leaf, n in place.leaves.items() if isinstance(leaf, str)]
    if len(texts) > MOST_VALUES:
        return [_MANY]
    return [("value", leaf, n, 0) for leaf, n in texts]


def _classes(name: str, leaf: Leaf) -> tuple[str, ...]:
    """The classes of a value; long values are not remembered, or those that were would fill the memory."""
    if isinstance(leaf, str) and len(leaf) > MOST_CACHED:
        return sensitive.detect.__wrapped__(name, leaf)
    return sensitive.detect(name, leaf)


def _samples(section: str, path: str, place: Place) -> list[Found]:
    """A value of a parameter to show as an example: a code, number or id, never a name or a text that someone typed.
    What stands in a path names a resource of the API.
    """
    if not path or path.count("/") > 1:
        return []
    for leaf in place.leaves:
        if not isinstance(leaf, str) or not is_code(leaf) or not may_have_example(place.name, leaf):
            continue
        if section == "path" or may_be_member(place.name, leaf) or is_value(leaf):
            return [("example", leaf, 1, 0)]
    return []
