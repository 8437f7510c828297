"""Codes that a sentence tells: `Your code is 123456`, `123456 is your verification code`.

Knows few words before `code`, so that those of shops, countries and errors stay. Every pattern is linear.
"""

import re
from typing import List

from .masks import CONSTANT


def _spellings(words: str) -> List[str]:
    return [one for word in words.split() for one in (word, word.title(), word.upper())]


def _spelt(words: str) -> str:
    return "(?:" + "|".join(_spellings(words)) + ")"


_WORDS = "verification security login access confirmation authentication"
_OF_CODES = (
    r"(?:\b" + _spelt(_WORDS) + " " + _spelt("code")
    + r"|\b(?:[Oo]ne|ONE)-?(?:[Tt]ime|TIME) " + _spelt("code password passcode pin") + ")"
)  # fmt: skip
_YOUR_CODE = r"\b" + _spelt("your") + " " + _spelt("code")
_NUMBER = r"[0-9]{2,4}[ -][0-9]{2,4}(?:[ -][0-9]{2,4})?(?!\w)|(?:[A-Z]{1,2}-)?[0-9]{4,10}"
_FOR = r"(?: for [^\s<>\"]{1,40}(?: [^\s<>\"]{1,40}){0,3}?)?"
_TAGS = r"(?:</?[a-z]{1,10}(?:\s[^<>]{0,100})?>\s{0,8}){0,4}"
_BEFORE = re.compile(
    "((?:" + _YOUR_CODE + "(?= is|:)|" + _OF_CODES + ")" + _FOR + r"(?: is)?:?[ \t]{0,4}" + _TAGS + ")"
    "(" + _NUMBER + r")(?![\w%€$])"
)
_AFTER = re.compile(
    r"(?<![\w.#$€\-])(?:" + _NUMBER + r")(?=(?:</?[a-z]{1,10}>){0,2} is "
    "(?:" + _YOUR_CODE + "|" + _spelt("your") + r" (?:[^\s<>\"]{1,30} ){0,3}?" + _OF_CODES + r")\b)"
)

_PHRASES = [word + " code" for word in ["your", *_WORDS.split()]]

# What stands in every text with one of these, as `rules.needles` has it.
NEEDLES = (("onetime", True, True), *[(phrase, False, False) for phrase in _PHRASES])


def masked(text: str) -> str:
    """The text with each of them masked."""
    lower = text.lower()
    if " code" not in lower and "time " not in lower:
        return text
    return _AFTER.sub(CONSTANT, _BEFORE.sub(r"\g<1>" + CONSTANT, text))
