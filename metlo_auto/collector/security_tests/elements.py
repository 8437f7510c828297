"""The elements of a page as a browser makes them of it; pure."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Iterator, NamedTuple, Optional


class Element(NamedTuple):
    tag: str
    attributes: dict[str, str]
    text: str  # directly in it, before its first child


def elements_of(page: str) -> Iterator[Element]:
    """All elements, outer ones first."""
    try:
        import html5lib  # by the first page: an API may have none
    except ImportError:  # an installation without the extra `collector`: less exact in titles and text areas
        reader = _Reader()
        reader.feed(page)
        yield from (Element(tag, attributes, "".join(texts)) for tag, attributes, texts in reader.found)
        return
    for element in html5lib.parse(page, namespaceHTMLElements=False).iter():
        if isinstance(element.tag, str):  # comments have none
            attributes = {str(name).rpartition("}")[2].lower(): value for name, value in element.attrib.items()}
            yield Element(element.tag.rpartition("}")[2].lower(), attributes, element.text or "")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], list[str]]] = []

    def handle_starttag(self, tag: str, attrs: "list[tuple[str, Optional[str]]]") -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}, []))

    def handle_data(self, data: str) -> None:
        if self.found:
            self.found[-1][2].append(data)
