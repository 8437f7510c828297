"""Masks fields of multipart text; knows parts and their headers, not where their bytes came from."""

import re
from typing import Callable, Optional
from urllib.parse import unquote

from .json_text import Inner, Mask, RuleOf

_BOUNDARY = re.compile(r"""(?i)\bboundary\s*=\s*(?:"([^"]+)"|([^\s;,"]+))""")
_ANY_DELIMITER = re.compile(r"(?m)^--[^\r\n]+")
_NAME = re.compile(r"""(?i)\bname(\*)?\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s;]+))""")
_BLANK = re.compile(r"\r?\n\r?\n")

Search = Callable[[str], str]


def masked(text: str, content_type: str, rule_of: RuleOf, mask: Mask, inner: Inner, search: Search) -> str:
    """Multipart text with the contents of secret fields masked; `search` sees parts that have no headers."""
    delimiter = _delimiter(text, content_type)
    if delimiter is None:
        return search(_part(text, rule_of, mask, inner, search))
    return delimiter.join(_part(part, rule_of, mask, inner, search) for part in text.split(delimiter))


def _delimiter(text: str, content_type: str) -> Optional[str]:
    declared = _BOUNDARY.search(content_type)
    if declared is not None and "--" + (declared.group(1) or declared.group(2)) in text:
        return "--" + (declared.group(1) or declared.group(2))
    line = _ANY_DELIMITER.search(text)
    return line.group().rstrip("- \t") if line is not None else None


def _part(part: str, rule_of: RuleOf, mask: Mask, inner: Inner, search: Search) -> str:
    blank = _BLANK.search(part)
    if blank is None:
        return search(part)
    head, content = part[: blank.end()], part[blank.end() :]
    rule = _rule(head, rule_of)
    edge = "\r\n" if content.endswith("\r\n") else "\n" if content.endswith("\n") else ""
    value = content[: len(content) - len(edge)]
    return head + (inner(value) if rule is None else mask(rule, value)) + edge


def _rule(head: str, rule_of: RuleOf) -> Optional[str]:
    for extended, quoted, plain in _NAME.findall(head):
        name = quoted or plain
        rule = rule_of(unquote(name.rpartition("'")[2]) if extended else unquote(name))
        if rule is not None:
            return rule
    return None
