"""Which rule a leaf falls under that stands in an object or list below a secret name; knows names, not a format."""

import re
from typing import Callable, Optional

from .rules import HELD_MAP, HELD_SECRET, LIKELY, PLAIN, letters_of
from .tables import GENERIC_NAMES, SCHEMA_NAMES, SCHEMES

RuleOf = Callable[[str], Optional[str]]

MAPS = frozenset([HELD_MAP, HELD_SECRET, LIKELY])  # their members may be named by what they are for

_PLAIN_WORDS = re.compile(r"(?:[A-Za-z]?[a-zA-Z'’\-]*|[0-9]{1,3}|\([a-zA-Z ]*\))\Z")
_OF_MESSAGES = frozenset(
    [
        "must",
        "required",
        "is",
        "are",
        "too",
        "should",
        "may",
        "cannot",
        "invalid",
        "not",
        "please",
        "does",
        "match",
        "enter",
        "least",
        "most",
        "characters",
        "longer",
        "shorter",
        "wrong",
        "incorrect",
        "missing",
        "needed",
        "blank",
        "empty",
        "common",
        "similar",
        "expired",
    ]
)
_FEWEST_WORDS = 3
_LONGEST_MESSAGE = 400


def rule_below(rule: Optional[str], name: Optional[str], rule_of: RuleOf) -> Optional[str]:
    """The rule of what stands under `name` in a container under `rule`; None where it is no secret.

    `name`: None in a list, whose items have the rule of the list. What holds data too is judged by its own names.
    """
    if name is None:
        return rule
    own = rule_of(name)
    if rule is None:
        return own
    letters = letters_of(name)
    if rule not in PLAIN and rule != LIKELY:
        return own if letters in SCHEMA_NAMES else own or rule
    if own is not None:
        return own
    if letters in GENERIC_NAMES:
        return PLAIN.get(rule, rule)
    return LIKELY if rule in MAPS else None


def is_prose(text: str) -> bool:
    """Whether a text has words after the first, which is no scheme: a session at a conference."""
    return " " in text and text.partition(" ")[0].lower() not in SCHEMES


def is_message(text: str) -> bool:
    """Whether a text says what is wrong with a value, as a validator does, and holds nothing but words."""
    if len(text) > _LONGEST_MESSAGE or " " not in text:
        return False
    words = text.rstrip(".!").replace(",", "").replace(".", "").split(" ")
    return (
        len(words) >= _FEWEST_WORDS
        and not _OF_MESSAGES.isdisjoint(word.lower() for word in words)
        and all(map(_PLAIN_WORDS.match, words))
    )
