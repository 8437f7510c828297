"""Masks what XML and HTML say under a secret name: element contents, and values in a tag that names its field."""

import re
from typing import Match, Optional

from .edits import Edits, Rules

_OPENS_TAG = re.compile(r"<(?:[\w.\-]{1,64}:)?\Z")
_NAMES_FIELD = re.compile(r"\b(?:name|key|property)\s{0,8}=\s{0,8}[\"']\Z")
_TAG_NAME = re.compile(r"<[A-Za-z][\w:\-]{0,40}\s")
_PIECE = re.compile(r"<[^<>]*>?|[^<]+")
_ATTRIBUTE = re.compile(r"([\w:.\-]+)(\s{0,8}=\s{0,8})(\"[^\"]*\"?|'[^']*'?)")
_FIELD_VALUE = re.compile(r"\b((?:value|content)\s{0,8}=\s{0,8})(\"[^\"]*\"?|'[^']*'?|[^\s\"'>]+)")
_DESCRIBING = ("xmlns", "xsi:", "xml:", "type", "Type", "class", "style")  # attributes that hold no values
_STRAY = 4  # characters < in attribute values that are put up with
_NEAR = 80  # characters before a name in which its tag begins or its attribute stands
_LONGEST_TAG = 4000


def mask_element(edits: Edits, start: int, end: int, rule: str, rules: Rules) -> Optional[int]:
    """Masks the element or field named from `start` to `end` and returns where it ends; None where it is neither."""
    before = edits.text[max(edits.done, start - _NEAR) : start]
    opening = _OPENS_TAG.search(before)
    if opening is not None:
        return _mask_content(edits, start - len(opening.group()), end, rule, rules)
    if _NAMES_FIELD.search(before):
        return _mask_field(edits, start, end, rule, rules)
    return None


def _mask_content(edits: Edits, tag: int, at: int, rule: str, rules: Rules) -> int:
    """`<password>…</password>`, leaf by leaf; to the end of the text where it is not closed."""
    text = edits.text
    opened = text.find(">", at)
    if opened < 0:
        end = len(text)
    elif text[opened - 1] == "/":
        end = opened
    else:
        end = text.find("</" + text[tag + 1 : at], opened)
        end = len(text) if end < 0 else end
    edits.replace(at, end, _leaves(text[at:end], rule, rules))
    return end


def _leaves(text: str, rule: str, rules: Rules) -> str:
    attributes, closing, content = text.partition(">")
    head = _piece("<" + attributes, rule, rules)[1:] + closing
    if "<!" in content or "<?" in content:  # CDATA, comments: whatever they hold
        return head + rules.mask(rule, content.strip())
    return head + _PIECE.sub(lambda found: _piece(found.group(), rule, rules), content)


def _piece(piece: str, rule: str, rules: Rules) -> str:
    if piece[:1] == "<":
        return _ATTRIBUTE.sub(lambda found: _attribute(found, rule, rules), piece)
    value = piece.strip()
    return piece.replace(value, rules.mask(rule, value)) if value else piece


def _attribute(found: Match[str], rule: str, rules: Rules) -> str:
    name, equals, value = found.groups()
    if name.startswith(_DESCRIBING):
        return found.group()
    quote = value[0]
    return str(name + equals + quote + rules.mask(rule, value.strip(quote)) + quote)


def _mask_field(edits: Edits, start: int, end: int, rule: str, rules: Rules) -> Optional[int]:
    """`<input name="csrf_token" value="…">`, in either order, and `<string name="password">…<`."""
    text = edits.text
    tag = _tag_around(text, start, max(edits.done, start - _LONGEST_TAG))
    if tag < 0:
        return None
    opened = text.find(">", end, end + _LONGEST_TAG)
    if opened < 0:
        opened = min(len(text), end + _LONGEST_TAG)
    edits.replace(tag, opened, _FIELD_VALUE.sub(lambda found: _field_value(found, rule, rules), text[tag:opened]))
    closing = text.find("<", opened)
    closing = len(text) if closing < 0 else closing
    edits.replace(opened + 1, closing, _piece(text[opened + 1 : closing], rule, rules))
    return closing


def _tag_around(text: str, start: int, first: int) -> int:
    """Where the tag begins that `start` is in, -1 where none does; a `<` in another attribute's value is none."""
    tag = start
    for _ in range(_STRAY):
        tag = text.rfind("<", first, tag)
        if tag < 0 or _TAG_NAME.match(text, tag):
            return tag
    return -1


def _field_value(found: Match[str], rule: str, rules: Rules) -> str:
    equals, value = found.groups()
    quote = value[0] if value[0] in "\"'" else ""
    return str(equals + quote + rules.mask(rule, value.strip("\"'")) + quote)
