"""Masks columns of CSV whose head is a secret name; knows rows and quotes, and no other format."""

import re
from typing import List, Match, NamedTuple, Optional

from .replacements import Rules

_DELIMITERS = ",;\t|"
_LONGEST_HEAD = 8000
_FIRST_LINES = 3  # that may be the head: `sep=;` and comments stand before it
_FIELD = r"""([ ]{0,8})("(?:[^"]|"")*"?|[^@\r\n]*)([^@\r\n]*)(@|\r\n|\r|\n|\Z)"""


class _Head(NamedTuple):
    """`columns`: a rule or None for each; `end`: where the rows begin."""

    delimiter: str
    columns: List[Optional[str]]
    end: int


def _head(text: str, rules: Rules) -> Optional[_Head]:
    begin = 0
    for line in text[:_LONGEST_HEAD].split("\n", _FIRST_LINES)[:_FIRST_LINES]:
        delimiter = max(_DELIMITERS, key=line.count)
        columns = [rules.rule_of(name.strip("\ufeff\r \"'")) for name in line.split(delimiter)]
        begin += len(line) + 1
        if any(columns):
            return _Head(delimiter, columns, begin)
    return None


def masked(text: str, rules: Rules) -> str:
    """The rows with the values of such columns masked; quotes and all else stay. Linear."""
    head = _head(text, rules)
    if head is None:
        return text
    column = [0]

    def value(found: Match[str]) -> str:
        space, plain, rest, end = found.groups()
        rule = head.columns[column[0]] if head is not None and column[0] < len(head.columns) else None
        column[0] = column[0] + 1 if end and end not in "\r\n" else 0
        quote = '"' if plain[:1] == '"' else ""
        secret = (plain.strip('"') + rest).strip()
        if rule is None or not secret:
            return found.group()
        return space + quote + rules.mask(rule, secret) + quote + end

    field = _FIELD.replace("@", re.escape(head.delimiter))
    return text[: head.end] + re.sub(field, value, text[head.end :])
