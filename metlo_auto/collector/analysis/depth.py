"""How deep each call is analysed: wholly while its endpoint shows anything new, then a share of those that look alike.

How soon a share is enough goes by whether the analyser keeps up: one that is behind looks at fewer of those calls, and
at fewer still where bodies are long or endpoints many.

Every call is counted. One that is only counted has nothing that no earlier one of its endpoint had, as far as can be
told without reading values: status, caller's credentials, headers, names, types, and the marks of values that nobody
should get. Knows no store.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Iterable, Optional

from metlo_auto.collector.analysis.header_fields import SOURCES, TELLING, Layout
from metlo_auto.collector.analysis.observation import Observation
from metlo_auto.collector.analysis.sections import Bodies, Section, parameters
from metlo_auto.collector.analysis.sensitive.names import SECRET, plain
from metlo_auto.collector.analysis.shapes import MOST_DEPTH, MOST_ITEMS
from metlo_auto.collector.analysis.symptoms import is_local

WHOLLY = 100  # calls of an endpoint that showed nothing new, until a share is enough: fewer where endpoints are many,
AT_LEAST = 16  # but so many; and so many where the analyser is behind,
USUAL_SIZE = 1_500  # characters of both bodies: of calls with longer ones fewer in proportion,
FEWEST = 4  # but so many
IN_ALL = 100_000  # calls of all endpoints together
IN_ALL_BEHIND = 64_000  # and where the analyser is behind
LEAST_OFTEN = 32  # one in so many is always analysed
MOST_LOOKS = 256  # of one endpoint; calls that look otherwise are all analysed
MOST_LOOKS_IN_ALL = 1_000_000
MOST_ENDPOINTS = 40_000  # whose calls are remembered; those of further ones are all analysed
MANY = 100  # items of a list, with which findings are about many records
_MARKS = ("PRIVATE KEY", "AKIA", "ghp_", "sk_live_", "xox", "AIza")


class _Calls:
    """Of one endpoint."""

    __slots__ = ("looks", "glances", "alike", "waiting", "due", "size")

    def __init__(self) -> None:
        self.looks: set[int] = set()
        self.glances: set[int] = set()
        self.alike = 0  # calls since the last that showed something new
        self.waiting = 0  # calls that the next one to be analysed stands for
        self.due = 1
        self.size = 0  # characters of the bodies of one of them


class Depth:
    """What an analyser knows of how calls look. One that knows nothing analyses all of them."""

    def __init__(self) -> None:
        self.is_behind = False  # whether more calls are waiting than are analysed at a time
        self._calls: dict[str, _Calls] = {}
        self._looks = 0

    def weight_of_known(self, endpoint_id: str, glance: int) -> Optional[int]:
        """What `weight` gives a call whose `glance` earlier ones had too; None where none had."""
        calls = self._calls.get(endpoint_id)
        return self._next_weight(calls) if calls is not None and glance in calls.glances else None

    def weight(self, endpoint_id: str, look: set[int], glance: int, size: int = 0) -> int:
        """For how many calls this one is analysed: 0 where it is only counted. `look` is what `look_of` gives, `size`
        what `size_of` does.
        """
        calls = self._calls.get(endpoint_id)
        if calls is None:
            if len(self._calls) >= MOST_ENDPOINTS:
                return 1
            calls = self._calls[endpoint_id] = _Calls()
        calls.size = size
        if not look <= calls.looks:
            self._remember(calls, look)
            return 1
        if len(calls.glances) < MOST_LOOKS and self._looks < MOST_LOOKS_IN_ALL:
            self._looks += 1
            calls.glances.add(glance)
        return self._next_weight(calls)

    def _next_weight(self, calls: _Calls) -> int:
        calls.alike += 1
        calls.waiting += 1
        if calls.waiting < calls.due:
            return 0
        waited, calls.waiting = calls.waiting, 0
        calls.due = _next(calls.alike, self._wholly(calls.size))
        return waited

    def _wholly(self, size: int) -> int:
        if self.is_behind:
            by_size = AT_LEAST * USUAL_SIZE // max(size, USUAL_SIZE)
            return max(FEWEST, min(by_size, IN_ALL_BEHIND // len(self._calls)))
        return max(AT_LEAST, min(WHOLLY, IN_ALL // len(self._calls)))

    def _remember(self, calls: _Calls, look: set[int]) -> None:
        fresh = look - calls.looks
        if 0 not in look and len(calls.looks) < MOST_LOOKS and self._looks < MOST_LOOKS_IN_ALL:
            self._looks += len(fresh)
            calls.looks |= fresh

    def deepen(self, endpoint_id: str) -> None:
        """Something new was found: the next calls are all analysed."""
        calls = self._calls.get(endpoint_id)
        if calls is not None:
            calls.alike, calls.due = 0, 1


def _next(alike: int, wholly: int) -> int:
    """After how many calls the next is analysed: ever more in the mean, and in no rhythm that a client may have too."""
    mean = min(LEAST_OFTEN, 2 * alike // wholly)
    return 1 + alike * 2_654_435_761 % 4_294_967_296 % (2 * mean - 1) if alike >= wholly else 1


def size_of(seen: Observation) -> int:
    """Characters of both bodies, which tell about how long a call takes to analyse."""
    bodies = (seen.trace["request"].get("body"), seen.trace["response"].get("body"))
    return sum(len(body) for body in bodies if isinstance(body, str))


def glance_of(seen: Observation, bodies: Bodies) -> int:
    """A hash that only calls of one look have, of what is soonest told of them; those of one look may have several."""
    request, response = seen.trace["request"], seen.trace["response"]
    listed = parameters(request["url"].get("parameters"))
    url = seen.path + " ".join([value for _, value in listed]) if listed else seen.path
    body = response.get("body")
    is_marked = "redacted" in url or isinstance(body, str) and _is_marked(body)
    asked = tuple([name for name, _ in listed])
    marks = is_marked, _marks(body), _marks(request.get("body")), _marks(url)
    where = seen.path.count("/"), "{" in seen.path, asked, seen.rule, seen.view, is_local(seen.host)
    kinds = _kinds_of_body(bodies.request), _kinds_of_body(bodies.response)
    heads = _heads(request, seen.asked), _heads(response, seen.answered)
    return hash((seen.status, seen.schemes, marks, where, kinds, heads))


def _kinds_of_body(body: Optional[tuple[str, Any]]) -> Any:
    return None if body is None else (body[0], _kinds(body[1], 0))


def _kinds(value: Any, depth: int) -> Any:
    """Names and types of all objects in `value`, to be compared."""
    if type(value) is dict:
        kinds = tuple(map(type, value.values()))
        if depth < MOST_DEPTH and (dict in kinds or list in kinds):
            inner = tuple([_kinds(each, depth + 1) for each in value.values() if type(each) in (dict, list)])
            return (kinds, inner, *value)
        return (kinds, *value)
    if type(value) is list:
        kinds_of_items = frozenset(map(type, value))
        if depth < MOST_DEPTH and (dict in kinds_of_items or list in kinds_of_items):
            items = frozenset([_kinds(each, depth + 1) for each in value[:MOST_ITEMS] if type(each) in (dict, list)])
            return len(value) >= MANY, kinds_of_items, items
        return len(value) >= MANY, kinds_of_items
    return type(value)


NEVER_ALIKE = 0  # in the look of a call that has to be analysed whatever was seen before


def look_of(seen: Observation, parts: Iterable[Section]) -> set[int]:
    """What is seen of a call without reading its values, as hashes that hold in this process."""
    request, response = seen.trace["request"], seen.trace["response"]
    body, sent, url = response.get("body"), request.get("body"), seen.path
    found: set[int] = set()
    for section in parts:
        _add_shapes(found, hash(section.name), section.value, 0)
        if section.name == "query" and section.value:
            url += " ".join(map(str, section.value.values()))
    if "redacted" in url or isinstance(body, str) and _is_marked(body):
        found.add(NEVER_ALIKE)
    marks = _marks(body), _marks(sent), _marks(url)
    found.add(hash((seen.status, seen.schemes, is_local(seen.host), seen.rule, seen.view, marks)))
    found.add(hash(_heads(request, seen.asked)))
    found.add(hash(_heads(response, seen.answered)) + 1)
    return found


def _is_marked(text: str) -> bool:
    return any(map(text.__contains__, _MARKS))  # no generator: it is asked for each call


def _marks(text: Any) -> int:
    """How many addresses and tokens there may be: none, one, two or more."""
    if not isinstance(text, str) or not text:
        return 0
    return min(2, text.count("@")) + 3 * min(2, text.count("eyJ"))


def _heads(message: dict[str, Any], known: Layout) -> tuple[str, ...]:
    """The headers by their names, and of some the value."""
    if not known.tells:
        return known.lower
    listed = message["headers"]
    return (*known.lower, *(_told(name, str(item.get("value", ""))) for name, item in zip(known.lower, listed)))


def _told(name: str, value: str) -> str:
    if name == "set-cookie":
        pair, *attributes = value.split(";")
        return pair.partition("=")[0] + ";".join(each.partition("=")[0].lower() for each in attributes)
    return value if name in TELLING else value[:6] if name in SOURCES else ""


@lru_cache(maxsize=2048)
def _names_secret(keys: tuple[str, ...]) -> bool:
    return not SECRET.isdisjoint(map(plain, keys))


def _add_shapes(found: set[int], where: int, value: Any, depth: int) -> None:
    """Names and types of each object, and the types of the items of each list, at its place."""
    if type(value) is dict:
        kinds = tuple(map(type, value.values()))
        shape = hash((where, kinds, *value))
        found.add(shape)
        if _names_secret(tuple(value)):
            found.add(NEVER_ALIKE)
        if depth < MOST_DEPTH and (dict in kinds or list in kinds):
            for key, inner in value.items():
                if type(inner) in (dict, list):
                    _add_shapes(found, hash((where, key)), inner, depth + 1)
    elif type(value) is list:
        kinds = tuple(set(map(type, value)))
        found.add(hash((where, len(value) >= MANY, *sorted(map(id, kinds)))))
        if depth < MOST_DEPTH and (dict in kinds or list in kinds):
            for inner in value[:MOST_ITEMS]:
                if type(inner) in (dict, list):
                    _add_shapes(found, where + 1, inner, depth + 1)
    else:
        found.add(hash((where, type(value))))
