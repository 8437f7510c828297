"""Masks fields of multipart text; knows parts and their headers, not where their bytes came from."""

import re
from typing import Callable, Dict, List, Optional
from urllib.parse import unquote

from .replacements import Rules

_BOUNDARY = re.compile(r"""(?i)\bboundary\s*=\s*(?:"([^"]+)"|([^\s;,"]+))""")
_DELIMITER = re.compile(r"(?m)^--[^\r\n]+")
_NAME = re.compile(r"""(?i)\bname(?:\*(\d{0,3}))?\*?\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s;]+))""")
_BLANK = re.compile(r"\r?\n\r?\n")

Search = Callable[[str], str]


def masked(text: str, content_type: str, rules: Rules, search: Search) -> str:
    """Multipart text with the contents of secret fields masked; `search` sees what has no headers, or no parts."""
    delimiter = _delimiter(text, content_type)
    if delimiter is None:
        return search(_part(text, rules, search))
    return delimiter.join([_part(part, rules, search) for part in text.split(delimiter)])


def _delimiter(text: str, content_type: str) -> Optional[str]:
    declared = _BOUNDARY.search(content_type)
    if declared is not None:
        delimiter = "--" + (declared.group(1) or declared.group(2))
        if delimiter in text:
            return delimiter
    line = _DELIMITER.search(text)
    return line.group().rstrip("- \t") or None if line is not None else None


def _part(part: str, rules: Rules, search: Search) -> str:
    blank = _BLANK.search(part)
    if blank is None:
        return search(part)
    head, content = part[: blank.end()], part[blank.end() :]
    value = content.rstrip("\r\n")
    rule = _rule(head, rules)
    return head + (rules.inner(value) if rule is None else rules.mask(rule, value)) + content[len(value) :]


def _rule(head: str, rules: Rules) -> Optional[str]:
    names: List[str] = []
    continued: Dict[int, str] = {}
    for number, quoted, plain in _NAME.findall(head):
        name = unquote(re.sub(r"\\(.)", r"\1", quoted) or plain)
        names.append(name.rpartition("'")[2])
        if number:
            continued[int(number)] = names[-1] if number == "0" else name
    # name*0="pass"; name*1="word"
    names.append("".join([continued[number] for number in sorted(continued)]))
    return next((rule for rule in map(rules.rule_of, names) if rule is not None), None)
