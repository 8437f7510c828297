"""`{{NAME}}` and `{{default NAME "value"}}` in texts; pure."""

from __future__ import annotations

import re
from typing import Mapping

_PLACE = re.compile(
    r"\{\{\s*(?:default\s+(?P<named>[\w.-]+)\s+(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')|(?P<name>[\w.-]+))\s*\}\}"
)
_OPEN = re.compile(r"\{\{.*?\}\}")


class UnknownVariable(ValueError):
    """A variable has no value, or its place is not understood."""


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """`text` with all variables replaced. Raises UnknownVariable."""

    def value_of(found: "re.Match[str]") -> str:
        name = found.group("named") or found.group("name")
        if name in values:
            return values[name]
        if found.group("named"):
            return found.group("double") if found.group("double") is not None else found.group("single")
        raise UnknownVariable(f"the variable {name} has no value; set it in the environment")

    result, at = [], 0
    for found in _PLACE.finditer(text):
        result += [_checked(text[at : found.start()]), value_of(found)]
        at = found.end()
    return "".join([*result, _checked(text[at:])])


def _checked(text: str) -> str:
    found = _OPEN.search(text)
    if found is not None:
        raise UnknownVariable(f"{found.group()} is not understood")
    return text
