"""Masks what XML and HTML say under a secret name: element contents, and values in a tag that names its field."""

import re
from typing import List, Match, Optional

from .json_text import Mask

_OPEN_TAG = re.compile(r"<(?:[\w.\-]{1,64}:)?\Z")
_NAMES_FIELD = re.compile(r"\b(?:name|key|property)\s{0,8}=\s{0,8}[\"']\Z")
_TAG_NAME = re.compile(r"<[A-Za-z][\w:\-]{0,40}\s")
_PIECE = re.compile(r"<[^<>]*>?|[^<]+")
_ATTRIBUTE = re.compile(r"([\w:.\-]+)(\s{0,8}=\s{0,8})(\"[^\"]*\"?|'[^']*'?)")
_VALUE = re.compile(r"\b((?:value|content)\s{0,8}=\s{0,8})(\"[^\"]*\"?|'[^']*'?|[^\s\"'>]+)")
_DESCRIBING = ("xmlns", "xsi:", "xml:", "type", "class", "style", "nil")
_NEAR = 80  # characters before a name in which its tag begins or its attribute stands
_STRAY = 4  # characters < in attribute values that are put up with
_TAG = 4000  # characters of a tag that names its field


def masked_element(text: str, start: int, at: int, done: int, rule: str, mask: Mask, out: List[str]) -> Optional[int]:
    """Masks the element or field whose secret name stands at `start` to `at`; None where it is neither."""
    before = text[max(done, start - _NEAR) : start]
    opening = _OPEN_TAG.search(before)
    if opening is not None:
        return _element(text, start - len(opening.group()), at, done, rule, mask, out)
    if _NAMES_FIELD.search(before):
        return _field(text, start, at, done, rule, mask, out)
    return None


def _element(text: str, tag: int, at: int, done: int, rule: str, mask: Mask, out: List[str]) -> int:
    """`<password>…</password>`, leaf by leaf; to the end of the text where it is not closed."""
    name = text[tag + 1 : at]
    opened = text.find(">", at)
    if opened < 0:
        end = len(text)
    elif text[opened - 1] == "/":
        end = opened
    else:
        end = text.find("</" + name, opened)
        end = len(text) if end < 0 else end
    out += (text[done:at], _leaves(text[at:end], rule, mask))
    return end


def _leaves(text: str, rule: str, mask: Mask) -> str:
    attributes, more, content = text.partition(">")
    head = _ATTRIBUTE.sub(lambda found: _attribute(found, rule, mask), attributes) + more
    if "<!" in content or "<?" in content:  # CDATA, comments: whatever they hold
        return head + mask(rule, content.strip())
    return head + _PIECE.sub(lambda found: _piece(found.group(), rule, mask), content)


def _piece(piece: str, rule: str, mask: Mask) -> str:
    if piece[0] == "<":
        return _ATTRIBUTE.sub(lambda found: _attribute(found, rule, mask), piece)
    value = piece.strip()
    return piece.replace(value, mask(rule, value)) if value else piece


def _attribute(found: "Match[str]", rule: str, mask: Mask) -> str:
    name, equals, value = found.groups()
    if name.startswith(_DESCRIBING):
        return found.group()
    quote = value[0]
    return str(name + equals + quote + mask(rule, value.strip(quote)) + quote)


def _field(text: str, start: int, at: int, done: int, rule: str, mask: Mask, out: List[str]) -> Optional[int]:
    """`<input name="csrf_token" value="…">`, in either order, and `<string name="password">…<`."""
    tag = _tag_around(text, start, max(done, start - _TAG))
    if tag < 0:
        return None
    opened = text.find(">", at, at + _TAG)
    if opened < 0:
        opened = min(len(text), at + _TAG)
    masked_tag = _VALUE.sub(lambda found: _value(found, rule, mask), text[tag:opened])
    after = text.find("<", opened)
    after = len(text) if after < 0 else after
    content = text[opened + 1 : after]
    out += (text[done:tag], masked_tag, text[opened : opened + 1], _piece(content, rule, mask) if content else "")
    return after


def _tag_around(text: str, start: int, first: int) -> int:
    """Where the tag begins that `start` is in, -1 where none does; a `<` in another attribute's value is none."""
    tag = start
    for _ in range(_STRAY):
        tag = text.rfind("<", first, tag)
        if tag < 0 or _TAG_NAME.match(text, tag):
            break
    return tag


def _value(found: "Match[str]", rule: str, mask: Mask) -> str:
    equals, value = found.groups()
    quote = value[0] if value[0] in "\"'" else ""
    return str(equals + quote + mask(rule, value.strip("\"'")) + quote)
