"""The first element of a page that a short CSS selector names, as a text; knows HTML only."""

from __future__ import annotations

import re
from typing import Any, Iterator, Optional
from xml.etree.ElementTree import Element

_PART = re.compile(r"(?P<tag>[\w-]+|\*)?(?P<rest>(?:#[\w-]+|\.[\w-]+|\[[\w-]+(?:=(?:\"[^\"]*\"|'[^']*'|[^\]]*))?\])*)")
_CONDITION = re.compile(r"#([\w-]+)|\.([\w-]+)|\[([\w-]+)(?:=(?:\"([^\"]*)\"|'([^']*)'|([^\]]*)))?\]")


class BadSelector(ValueError):
    """The selector is not one of tags, ids, classes and attributes, with spaces between."""


def selected(page: str, selector: str) -> Optional[str]:
    """The text of the first element that fits, the value of an input; None where none does. Raises BadSelector."""
    wanted = [_part(word) for word in selector.split()]
    if not wanted:
        raise BadSelector("an empty selector")
    import html5lib  # as --run alone needs it

    root = html5lib.parse(page, namespaceHTMLElements=False)
    for above, element in _elements(root, []):
        if _fits(element, wanted[-1]) and _fit_above(above, wanted[:-1]):
            return element.get("value") or element.get("content") or "".join(element.itertext()).strip()
    return None


def _part(word: str) -> "tuple[str, list[Any]]":
    found = _PART.fullmatch(word)
    if found is None:
        raise BadSelector(f"{word} is not understood: tags, #ids, .classes and [attributes] are")
    return found.group("tag") or "*", _CONDITION.findall(found.group("rest"))


def _elements(element: Element, above: "list[Element]") -> Iterator["tuple[list[Element], Element]"]:
    if isinstance(element.tag, str):
        yield above, element
        for inner in element:
            yield from _elements(inner, [*above, element])


def _fits(element: Element, part: "tuple[str, list[Any]]") -> bool:
    tag, conditions = part
    if tag not in ("*", element.tag):
        return False
    for name, style, attribute, double, single, bare in conditions:
        if name and element.get("id") != name or style and style not in (element.get("class") or "").split():
            return False
        value = double or single or bare
        if attribute and (element.get(attribute) is None or value and element.get(attribute) != value):
            return False
    return True


def _fit_above(above: "list[Element]", wanted: "list[tuple[str, list[Any]]]") -> bool:
    """Whether the parts stand above, in this order, with anything between."""
    left = list(wanted)
    for element in reversed(above):
        if left and _fits(element, left[-1]):
            left.pop()
    return not left
