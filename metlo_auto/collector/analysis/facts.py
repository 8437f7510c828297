"""From counted shapes to facts: rows (section, path, kind, value, n) that add up in the store; pure.

Kinds: `type` (n values of that JSON type), `format` and `class` (n of the strings and numbers), `value` (a member of a
small set), `many` (no small set, n is 0), `example <class>` (a masked value),
`example` (a value of a parameter that is not sensitive), `anonymous` and `in error` (n of a class in answers to
unauthenticated callers, and in error responses).
"""

from __future__ import annotations

from sys import intern
from typing import Iterator, NamedTuple, Optional

from metlo_auto.collector.analysis import masking, sensitive
from metlo_auto.collector.analysis.codes import is_code, may_be_member, names_person
from metlo_auto.collector.analysis.folding import is_value
from metlo_auto.collector.analysis.formats import format_of, text_type
from metlo_auto.collector.analysis.sections import FORM
from metlo_auto.collector.analysis.shapes import Leaf, Place, places

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
MOST_CACHED = 200  # characters of a value whose classes are remembered


class Key(NamedTuple):
    endpoint_id: str
    section: str
    path: str


class Fact(NamedTuple):
    key: Key
    kind: str
    value: str
    n: int
    nobodys: int = 0  # of them: values of a class that say nothing about a person


class Known:
    """What this process has already seen, so that places, values and examples stay few; losing it loses no count.

    `news` goes up with each place, class, set of values and note that was not known.
    """

    def __init__(self) -> None:
        self.news = 0
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
        self.news += 1
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


def facts(endpoint_id: str, section: str, root: Place) -> Iterator[Fact]:
    """Everything that `root` says about a section."""
    for number, (path, place) in enumerate(places(root)):
        if number >= MOST_PLACES_OF_A_RUN:
            return
        key = Key(endpoint_id, section, path)
        for kind, n in place.types.items():
            yield Fact(key, "type", kind, n)
        if place.leaves:
            yield from _leaf_facts(key, place)


def _leaf_facts(key: Key, place: Place) -> Iterator[Fact]:
    formats: dict[str, int] = {}
    classes: dict[str, int] = {}
    examples: dict[str, str] = {}
    nobodys = 0
    enumerable = True
    for leaf, n in place.leaves.items():
        found = _classes(place.name, leaf)
        for name in found:
            classes[name] = classes.get(name, 0) + n
            nobodys += n if sensitive.is_nobodys(name, leaf) else 0
            if name not in examples:
                examples[name] = masking.example(name, place.name, leaf)
        shape = _format(key.section, leaf)
        if shape:
            formats[shape] = formats.get(shape, 0) + n
        enumerable = enumerable and not found and not shape and may_be_member(place.name, leaf)
    for name, n in formats.items():
        yield Fact(key, "format", name, n)
    for name, n in classes.items():
        yield Fact(key, "class", name, n, nobodys if name == "email" else 0)
        yield Fact(key, "example " + name, examples[name], 1)
    if key.section in _SHOWN and not classes:
        yield from _samples(key, place)
    yield from _values(key, place) if enumerable else (Fact(key, "many", "", 0),)


def _format(section: str, leaf: Leaf) -> Optional[str]:
    """The format of a text; where all values are text, also the type that it reads as: `text integer`."""
    if not isinstance(leaf, str):
        return None
    return (text_type(leaf) if _knows_only_text(section) else None) or format_of(leaf)


def _knows_only_text(section: str) -> bool:
    return section in _TEXT_ONLY or section.endswith(("xml", " header"))


def _values(key: Key, place: Place) -> Iterator[Fact]:
    texts = [(leaf, n) for leaf, n in place.leaves.items() if isinstance(leaf, str)]
    if len(texts) > MOST_VALUES:
        yield Fact(key, "many", "", 0)
        return
    for leaf, n in texts:
        yield Fact(key, "value", leaf, n)


def _classes(name: str, leaf: Leaf) -> tuple[str, ...]:
    """The classes of a value; long values are not remembered, or those that were would fill the memory."""
    if isinstance(leaf, str) and len(leaf) > MOST_CACHED:
        return sensitive.detect.__wrapped__(name, leaf)
    return sensitive.detect(name, leaf)


def _samples(key: Key, place: Place) -> Iterator[Fact]:
    """A value of a parameter to show as an example: a code, number or id, never a name or a text that someone typed.
    What stands in a path names a resource of the API.
    """
    if not key.path or key.path.count("/") > 1 or names_person(place.name):
        return
    for leaf in place.leaves:
        if not isinstance(leaf, str) or not is_code(leaf):
            continue
        if key.section == "path" or may_be_member(place.name, leaf) or is_value(leaf):
            yield Fact(key, "example", leaf, 1)
            return
