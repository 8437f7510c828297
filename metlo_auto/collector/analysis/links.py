"""Where an id of one answer is a parameter of a later request; remembers the latest ids, knows no store."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any, Iterator, NamedTuple, Optional

from metlo_auto.collector.analysis.shapes import escape

MOST_IDS = 5_000
MOST_ITEMS = 20  # of a list
SPEAKING = 8  # characters of an id that stands for itself; shorter ones need a name or a path that fits
_NAMES = frozenset(
    ("id", "uuid", "guid", "_id", "key", "slug", "sid", "number", "code", "ref", "reference", "token_id", "name")
)


class Source(NamedTuple):
    """Where an id came from. `pointer` is a JSON Pointer into the response."""

    endpoint_id: str
    template: str
    pointer: str
    name: str


class Ids:
    """The latest ids that answers gave, by service."""

    def __init__(self) -> None:
        self._sources: OrderedDict[tuple[str, str], Source] = OrderedDict()

    def note(self, service: str, endpoint_id: str, template: str, value: Any) -> None:
        """Remember the ids in a response; one that a more general path gave first stays with it."""
        for pointer, name, text in _ids(value):
            key = (service, text)
            known = self._sources.get(key)
            if known is None or len(template) < len(known.template):
                self._sources[key] = Source(endpoint_id, template, pointer, name)
            if len(self._sources) > MOST_IDS:
                self._sources.popitem(last=False)

    def source(self, service: str, endpoint_id: str, template: str, name: str, text: str) -> Optional[Source]:
        """Where the value of a parameter may have come from; None where nothing or the endpoint itself gave it."""
        found = self._sources.get((service, text))
        if found is None or found.endpoint_id == endpoint_id:
            return None
        below = template.startswith(found.template.rstrip("/") + "/{")
        same = name.lower() == found.name.lower() and name.lower() not in _NAMES
        return found if below or same or len(text) >= SPEAKING else None


def link(source: Source, method: str, template: str, place: str, name: str) -> str:
    """A link as the text of a fact."""
    return json.dumps([source.pointer, method, template, place, name])


def _ids(value: Any, pointer: str = "", depth: int = 0) -> Iterator[tuple[str, str, str]]:
    """Pointer, name and text of each id; of a list the pointer is that of its first item."""
    if isinstance(value, list) and depth < 3:
        for item in value[:MOST_ITEMS]:
            yield from _ids(item, pointer + "/0", depth + 1)
    elif isinstance(value, dict) and depth < 3:
        for key, inner in list(value.items())[:60]:
            if isinstance(inner, (dict, list)):
                yield from _ids(inner, f"{pointer}/{escape(key)}", depth + 1)
            elif _is_id(key, inner):
                yield f"{pointer}/{escape(key)}", key, str(inner)


def _is_id(name: str, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not 0 < len(str(value)) <= 100:
        return False
    lower = name.lower()
    return (
        (lower in _NAMES or lower.endswith(("id", "_key", "uuid")))
        and " " not in str(value)
        and "redacted" not in str(value)
    )
