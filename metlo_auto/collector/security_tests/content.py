"""What a response says: its JSON leaves, its texts, the shape of both; pure."""
# ruff: noqa: SIM905 - long lists of words read best as text

from __future__ import annotations

import json
import re
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any, NamedTuple, Optional, Union

from metlo_auto.collector.security_tests.safety import ends_session
from metlo_auto.collector.security_tests.values import Answer

Leaf = tuple[str, Any]  # path with [] for the places in lists, and the value
MOST_LEAVES = 20_000
BLANK = "\ufeff \t\r\n"  # what may stand before JSON
_DULL = frozenset(
    """
    true false none null ok yes no success error failed status user users admin message name data items id
    get post active inactive enabled disabled open closed new pending done paid draft public private default
    usd eur gbp
    """.split()
)


class Content(NamedTuple):
    """`kind`: json, html, text or none. `leaves`: of html its texts, of text its words."""

    kind: str
    leaves: tuple[Leaf, ...]
    has_password_field: bool = False
    has_sign_out: bool = False

    @property
    def shape(self) -> frozenset[str]:
        """The places that have a value, with its type; of text nothing but that it is text."""
        if self.kind == "text":
            return frozenset(("text",))
        return frozenset(f"{path}:{_type(leaf)}" if self.kind == "json" else path for path, leaf in self.leaves)

    @property
    def values(self) -> frozenset[str]:
        """Values that could tell one object from another."""
        return frozenset(str(leaf) for _, leaf in self.leaves if is_telling(leaf))


def _type(leaf: Any) -> str:
    return "text" if isinstance(leaf, str) else "flag" if isinstance(leaf, bool) else "none" if leaf is None else "n"


def is_telling(leaf: Any) -> bool:
    """Whether a value is no flag, no word that stands in any answer, and no small number."""
    if leaf is None or isinstance(leaf, bool):
        return False
    text = str(leaf).strip()
    if isinstance(leaf, (int, float)):
        return isinstance(leaf, float) and leaf != int(leaf) or abs(leaf) >= 10
    return len(text) >= 3 and text.lower() not in _DULL


def content_of(answer: Answer) -> Content:
    """The content of a response, by what it is rather than by what it is called."""
    return _content(answer.body, answer.media_type)


@lru_cache(maxsize=4096)  # by what it depends on: many responses of a run are equal but for their time
def _content(body: str, media_type: str) -> Content:
    text = body.lstrip(BLANK)
    if not text:
        return Content("none", ())
    value = parsed_json(text)
    if value is not None:
        found: list[Leaf] = []
        _add_leaves(found, value, "", 0)
        return Content("json", tuple(found[:MOST_LEAVES]))
    if _is_html(body, media_type):
        reader = _Texts()
        reader.feed(text)
        return Content("html", tuple(reader.found[:MOST_LEAVES]), reader.has_password_field, reader.has_sign_out)
    return Content("text", tuple(("", word) for word in re.findall(r"[^\s,;|\"'<>]{2,200}", text)[:MOST_LEAVES]))


def is_html(answer: Answer) -> bool:
    return _is_html(answer.body, answer.media_type)


def _is_html(body: str, kind: str) -> bool:
    begins = body.lstrip()[:200].lower()
    return kind in ("text/html", "application/xhtml+xml") or not kind and begins.startswith(("<!doctype html", "<html"))


def parsed_json(text: str) -> Optional[Union["dict[str, Any]", "list[Any]"]]:
    """An object or a list; None for all other text."""
    if text[:1] not in "{[":
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, (dict, list)) else None


def _add_leaves(found: "list[Leaf]", value: Any, path: str, depth: int) -> None:
    if depth > 40 or len(found) >= MOST_LEAVES:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            below = f"{path}.{name}" if path else name
            if isinstance(inner, (dict, list)):
                _add_leaves(found, inner, below, depth + 1)
            else:
                found.append((below, inner))
        if not value:
            found.append((path, None))
    else:
        below = path + "[]"
        for inner in value:
            if isinstance(inner, (dict, list)):
                _add_leaves(found, inner, below, depth + 1)
            else:
                found.append((below, inner))


class _Texts(HTMLParser):
    """The texts of a page with the names of the tags that they stand in."""

    _VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Leaf] = []
        self.has_password_field = False
        self.has_sign_out = False
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: "list[tuple[str, Optional[str]]]") -> None:
        if tag == "input" and ("type", "password") in [(name, (value or "").lower()) for name, value in attrs]:
            self.has_password_field = True
        where = {"a": "href", "form": "action"}.get(tag)
        if where is not None and any(name == where and ends_session(value or "") for name, value in attrs):
            self.has_sign_out = True
        if tag not in self._VOID and len(self._open) < 60:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        text = data.strip()
        if text and not {"script", "style"} & set(self._open):
            self.found.append((">".join(self._open), text))
