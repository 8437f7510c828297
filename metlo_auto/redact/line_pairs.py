"""Masks what lines say of a secret in two places: `name:` and `value:` of YAML, Secrets of Kubernetes, .netrc."""

import re
from typing import Match

from .masks import CONSTANT
from .replacements import Rules

_NAME_AND_VALUE = re.compile(
    r"(?m)^(?P<lead>[ \t]{0,80}(?:-[ \t]+)?(?:name|key)[ \t]*:[ \t]*[\"']?(?P<name>[\w.\-]{1,64})[\"']?[ \t]*\r?\n"
    r"[ \t]{0,80}(?:value|default)[ \t]*:[ \t]*)(?P<value>[^\r\n]+)")
_SECRET = re.compile(r"(?m)^kind:[ \t]*[\"']?Secret\b")
_DATA = re.compile(r"(?m)^(?:data|stringData):[ \t]*\r?\n(?:[ \t]+[^\r\n]*(?:\r?\n|\Z)|[ \t]*\r?\n)+")
_MEMBER = re.compile(r"(?m)^([ \t]+[\w.\-]{1,253}[ \t]*:[ \t]*)([^\r\n]+)$")
_NETRC = re.compile(r"\b((?:machine|login|default|user)[ \t]+(?:[^\s]{1,256}[ \t\r\n]+){0,4}password[ \t\r\n]+)(\S+)")


def masked(text: str, rules: Rules) -> str:
    """The text with such values masked; linear."""
    if "machine " in text:
        text = _NETRC.sub(r"\g<1>" + CONSTANT, text)
    if "\n" not in text:
        return text
    if "value:" in text or "default:" in text:
        text = _NAME_AND_VALUE.sub(lambda found: _value(found, rules), text)
    if _SECRET.search(text):
        text = _DATA.sub(lambda found: _MEMBER.sub(r"\g<1>" + CONSTANT, found.group()), text)
    return text


def _value(found: Match[str], rules: Rules) -> str:
    rule = rules.rule_of(found.group("name"))
    return found.group() if rule is None else found.group("lead") + rules.mask(rule, found.group("value").strip("\"' "))
