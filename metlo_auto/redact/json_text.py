"""Masks values in JSON text where they stand, so that all that is around them stays as it was."""

import json
import re
from typing import Callable, List, Optional, Pattern

RuleOf = Callable[[str], Optional[str]]
Mask = Callable[[str, str], str]
Inner = Callable[[str], str]
Leaf = Pattern[str]

_COLON = re.compile(r"\s*:\s*")
_LEAF = re.compile(r'["{}\[\]]|-?(?:[0-9][0-9.eE+-]*|Infinity\b|NaN\b)')
LOOSE = re.compile(r'["{}\[\]]|[^\s,:{}\[\]"]+')
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|Infinity|NaN)\Z")
_LITERALS = ("true", "false", "null")
_TELLING = re.compile(r'[=:%<]|\\["u]')  # without one of these a string holds no name and value of its own


def is_json(text: str) -> bool:
    """Whether Python's own parser takes the text, NaN and repeated keys included."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def masked(text: str, rule_of: RuleOf, mask: Mask, inner: Inner) -> str:
    """Well-formed JSON with the values of secret names masked; `inner` sees the other strings that might hold some."""
    out: List[str] = []
    done = at = 0
    while True:
        start = text.find('"', at)
        if start < 0:
            break
        end = string_end(text, start + 1)
        colon = _COLON.match(text, end + 1)
        if colon is None:
            found = inner_string(text[start + 1 : end], inner)
            if found is not None:
                out += (text[done : start + 1], found)
                done = end
            at = end + 1
            continue
        at = colon.end()
        rule = rule_of(unescaped(text[start + 1 : end]))
        if rule is not None:
            out.append(text[done:at])
            at = done = masked_value(text, at, rule, mask, out)
    out.append(text[done:])
    return "".join(out)


def masked_value(text: str, at: int, rule: str, mask: Mask, out: List[str], leaf: Leaf = _LEAF) -> int:
    """Appends the value that begins at `at`, masked leaf by leaf, to `out`; returns where it ends.

    `leaf`: what counts as a leaf or a bracket; with `LOOSE`, for broken JSON, words without quotes do.
    """
    depth = 0
    done = at
    while True:
        found = leaf.search(text, at) if depth else leaf.match(text, at)
        if found is None:  # true, false, null, or a container that is never closed
            end = len(text) if depth else done
            out.append(text[done:end])
            return end
        token = found.group()
        at = found.end()
        if token in "{[":
            depth += 1
        elif token in "}]":
            depth -= 1
        elif token != '"':
            out += (text[done : found.start()], _masked_word(token, rule, mask))
            done = at
        else:
            end = string_end(text, at)
            if not (depth and _COLON.match(text, end + 1)):
                out += (text[done:at], escaped(mask(rule, unescaped(text[at:end]))))
                done = end
            at = min(end + 1, len(text))
        if depth <= 0:
            out.append(text[done:at])
            return at


def _masked_word(word: str, rule: str, mask: Mask) -> str:
    if word in _LITERALS:
        return word
    return "0" if _NUMBER.match(word) else escaped(mask(rule, word))


def inner_string(raw: str, inner: Inner) -> Optional[str]:
    """The raw content of a string whose own content had something to mask, else None."""
    if not _TELLING.search(raw):
        return None
    plain = unescaped(raw)
    found = inner(plain)
    return None if found == plain else escaped(found)


def string_end(text: str, at: int) -> int:
    """Where the quote stands that closes the string whose content begins at `at`; the text's length where none does."""
    while True:
        end = text.find('"', at)
        if end < 0:
            return len(text)
        back = end
        while text[back - 1] == "\\":
            back -= 1
        if (end - back) % 2 == 0:
            return end
        at = end + 1


def unescaped(raw: str) -> str:
    """The string that stands between two quotes, as it is where it is malformed."""
    if "\\" not in raw:
        return raw
    try:
        return str(json.loads('"' + raw + '"', strict=False))
    except ValueError:
        return raw


def escaped(plain: str) -> str:
    """What stands between the quotes for a string."""
    return json.dumps(plain)[1:-1]
