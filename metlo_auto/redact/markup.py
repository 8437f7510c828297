"""Masks what XML and HTML say under a secret name: element contents, and values in a tag that names its field."""

import re
from typing import Match, Optional

from .masks import CONSTANT
from .replacements import Replacements, Rules

_OPENS_TAG = re.compile(r"<(?:[\w.\-]{1,64}:)?\Z")
_NAMES_FIELD = re.compile(r"\b(?:name|key|property)\s{0,8}=\s{0,8}[\"'][\w.\[\]\-]{0,64}\Z")
_TAG_NAME = re.compile(r"<[A-Za-z][\w:\-]{0,40}\s")
_LINE_END = re.compile(r"[\r\n]")
_PIECE = re.compile(r"<[^<>]*>?|[^<]+")
_ATTRIBUTE = re.compile(r"([\w:.\-]+)(\s{0,8}=\s{0,8})(\"[^\"]*\"?|'[^']*'?)")
_TAG = re.compile(r"</?[\w:.\-]+(?:\s+[\w:.\-]+=(?:\"[^\"]*\"|'[^']*')){0,100}\s*/?>?\Z")
_FIELD_VALUE = re.compile(r"([\w:.\-]+)(\s{0,8}=\s{0,8})(\"[^\"]*\"?|'[^']*'?|[^\s\"'>]+)")
_FIELD_ATTRIBUTES = re.compile(
    r"[\w.\[\]\-]{0,64}[\"']?(?:\s+(?:[\w:.\-]+\s?=\s?(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>=]+)|[\w:.\-]{0,99}[\w.\-](?=[\s/>]))){0,100}"
    r"(?:\s+(?:value|content)\s?=\s?[\"'][^\"']*\Z)?"
)
_AFTER_NAME = re.compile(r"[\s/>]|\Z")
_REST_OF_TAG = re.compile(r"(?:\s+[\w:.\-]+=(?:\"[^\"]*\"|'[^']*')){0,100}\s*/?>")
_TAG_END = re.compile(r"\s*/?>")
_DESCRIBING = ("xmlns", "xsi:", "xml:", "type", "Type", "class", "style")  # attributes that hold no values
_BUTTON = re.compile(r"(?i)\stype\s?=\s?[\"']?(?:submit|button|reset|image)\b")
_STRAY = 4  # characters < in attribute values that are put up with
_NEAR = 150  # characters before a name in which its tag begins or its attribute stands
_LONGEST_TAG = 4000


def mask_element(edits: Replacements, start: int, end: int, rule: str, rules: Rules, whole: bool) -> Optional[int]:
    """Masks the element or field named from `start` to `end` and returns where it ends; None where it is neither.

    `whole`: the text is markup, so that an element which is not closed goes on to its end; else to the line's.
    """
    text = edits.text
    before = text[max(edits.done, start - _NEAR) : start]
    opening = _OPENS_TAG.search(before)
    if opening is not None and (_AFTER_NAME if whole else _REST_OF_TAG).match(text, end):
        return _mask_content(edits, start - len(opening.group()), end, rule, rules, whole)
    if _NAMES_FIELD.search(before):
        return _mask_field(edits, start, end, rule, rules)
    return None


def _mask_content(edits: Replacements, tag: int, at: int, rule: str, rules: Rules, whole: bool) -> int:
    """`<password>…</password>`, leaf by leaf."""
    text = edits.text
    opened = text.find(">", at)
    if opened < 0:
        end = len(text)
    elif text[opened - 1] == "/":
        end = opened
    else:
        end = text.find("</" + text[tag + 1 : at], opened)
    if end < 0:
        line = None if whole else _LINE_END.search(text, opened)
        end = line.start() if line else len(text)
    edits.replace(at, end, rules.mask(rule, text[at:end].strip()) if opened < 0 else _leaves(text[at:end], rule, rules))
    return end


def _leaves(text: str, rule: str, rules: Rules) -> str:
    attributes, closing, content = text.partition(">")
    head = _tag("<a" + attributes + closing, rule, rules)[2:]
    if "<!" in content or "<?" in content:  # CDATA, comments: whatever they hold
        return head + rules.mask(rule, content.strip())
    return head + _PIECE.sub(lambda found: _piece(found.group(), rule, rules), content)


def _piece(piece: str, rule: str, rules: Rules) -> str:
    if piece[:1] == "<":
        return _tag(piece, rule, rules)
    value = piece.strip()
    return piece.replace(value, rules.mask(rule, value)) if value else piece


def _tag(tag: str, rule: str, rules: Rules) -> str:
    """A tag with its attributes masked; all of it where it is none."""
    if _TAG.match(tag):
        return _ATTRIBUTE.sub(lambda found: _attribute(found, rule, rules), tag)
    return "<a " + CONSTANT + ">"


def _attribute(found: Match[str], rule: str, rules: Rules) -> str:
    name, equals, value = found.groups()
    if name.startswith(_DESCRIBING):
        return found.group()
    quote = value[0]
    return str(name + equals + quote + rules.mask(rule, value.strip(quote)) + quote)


def _mask_field(edits: Replacements, start: int, end: int, rule: str, rules: Rules) -> Optional[int]:
    """`<input name="csrf_token" value="…">`, in either order, and `<string name="password">…<`."""
    text = edits.text
    tag = _tag_around(text, start, max(edits.done, start - _LONGEST_TAG))
    if tag < 0 or _BUTTON.search(text, tag, text.find(">", end, end + _LONGEST_TAG) + 1):
        return None

    def field_value(found: Match[str]) -> str:
        return _field_value(found, rule, rules)

    attributes = _FIELD_ATTRIBUTES.match(text, end)
    stop = attributes.end() if attributes else end
    edits.replace(tag, start, _FIELD_VALUE.sub(field_value, text[tag:start]))
    edits.replace(end, stop, _FIELD_VALUE.sub(field_value, text[end:stop]))
    if text.startswith("<button", tag):
        return stop
    opened = _TAG_END.match(text, stop)
    if opened is None:
        return stop
    closing = text.find("<", opened.end())
    closing = len(text) if closing < 0 else closing
    edits.replace(opened.end(), closing, _piece(text[opened.end() : closing], rule, rules))
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
    name, equals, value = found.groups()
    if name.lower() not in ("value", "content"):
        own = rules.rule_of(name)
        if own is None:
            return found.group()
        rule = own
    quote = value[0] if value[0] in "\"'" else ""
    return str(name + equals + quote + rules.mask(rule, value.strip("\"'")) + (quote if value[-1] == quote else ""))
