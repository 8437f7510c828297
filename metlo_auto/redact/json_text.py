"""Masks values in JSON text where they stand, so that all that is around them stays as it was."""

import json
import re
from typing import Callable, Dict, Iterator, Pattern, Tuple

from .replacements import Replacements, Rules

_STRING = re.compile(r'"([^"]*)"(\s*:\s*)?')
_COLON = re.compile(r"\s*:\s*")
_LEAF = re.compile(r'["{}\[\]]|-?(?:[0-9][0-9.eE+-]*|Infinity\b|NaN\b)')
_LOOSE_LEAF = re.compile(r'["{}\[\]]|[^\s,:{}\[\]"]+')  # broken JSON has words without quotes
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|Infinity|NaN)\Z")
_NAME = re.compile(r"[\w.\-\[\] ]{0,64}\Z")  # what passes for a key in broken JSON
_FEW = 16  # secret names in one text
_LITERALS = ("true", "false", "null")
_TELLING = re.compile(r'[=:%<]|\\["u]')  # without one of these a string holds no name and value of its own


def is_json(text: str) -> bool:
    """Whether Python's own parser takes the text, NaN and repeated keys included."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def masked(text: str, rules: Rules) -> str:
    """Well-formed JSON with the values of secret names masked, leaf by leaf."""
    if "\\" not in text:
        known = rules.spellings.secrets_in(text)
        if known is not None:
            return _masked_after(known, text, rules)
        strings = _STRING.findall(text)
        rule_of = {name: rules.rule_of(name) for name in {content for content, colon in strings if colon}}
        rules.spellings.learn(rule_of)
        secret = {name: rule for name, rule in rule_of.items() if rule is not None}
        # Each name is looked for in the whole text, so a client must not choose how many there are.
        if len(secret) <= _FEW and not rules.mentions("\n".join([content for content, colon in strings if not colon])):
            return _masked_after(secret, text, rules)
    return _masked_by_strings(text, rules)


def _masked_after(secret: Dict[str, str], text: str, rules: Rules) -> str:
    """The same where no string has an escape and none but keys says a secret name: few strings are looked at."""
    edits, at = Replacements(text), 0
    for start, value, rule in sorted(_values_after(secret, text)):
        if start >= at:  # else it is a part of what is masked already
            at = mask_value(edits, value, rule, rules)
    return edits.result()


def _values_after(secret: Dict[str, str], text: str) -> Iterator[Tuple[int, int, str]]:
    """Where each key stands, where its value begins, and its rule."""
    for name, rule in secret.items():
        quoted = '"' + name + '"'  # which in well-formed JSON is a key or a whole string, never what lies between two
        start = text.find(quoted)
        while start >= 0:
            colon = _COLON.match(text, start + len(quoted))
            if colon is not None:
                yield start, colon.end(), rule
            start = text.find(quoted, start + 1)


def _masked_by_strings(text: str, rules: Rules) -> str:
    edits = Replacements(text)
    at = 0
    # In the shadow, which is as long as the text, every quote opens or closes a string.
    shadow = text.replace("\\\\", "\0\0").replace('\\"', "\0\0")
    for string in _STRING.finditer(shadow):
        start, end = string.span(1)
        if start < at:
            continue  # a part of what is masked already
        if string.group(2) is None:
            _mask_inside(edits, start, end, rules.inner)
            continue
        rule = rules.rule_of(unescaped(text[start:end]))
        if rule is not None:
            at = mask_value(edits, string.end(), rule, rules)
    return edits.result()


def _mask_inside(edits: Replacements, start: int, end: int, inner: Callable[[str], str]) -> None:
    raw = edits.text[start:end]
    if _TELLING.search(raw):
        plain = unescaped(raw)
        found = inner(plain)
        if found != plain:
            edits.replace(start, end, escaped(found))


def mask_value(edits: Replacements, at: int, rule: str, rules: Rules, loose: bool = False) -> int:
    """Masks the value that begins at `at`, leaf by leaf, and returns where it ends; `loose` for JSON that is broken."""
    text = edits.text
    leaves: Pattern[str] = _LOOSE_LEAF if loose else _LEAF
    depth = 0
    while True:
        leaf = leaves.search(text, at) if depth else leaves.match(text, at)
        if leaf is None:  # true, false, null, or a container that is never closed
            return len(text) if depth else at
        token = leaf.group()
        at = leaf.end()
        if token in "{[":
            depth += 1
        elif token in "}]":
            depth -= 1
        elif token != '"':
            edits.replace(leaf.start(), at, _masked_word(token, rule, rules))
        else:
            end = string_end(text, at)
            is_key = depth and _COLON.match(text, end + 1) and (not loose or _NAME.match(text, at, end))
            if not is_key:
                edits.replace(at, end, escaped(rules.mask(rule, unescaped(text[at:end]))))
            at = min(end + 1, len(text))
        if depth <= 0:
            return at


def _masked_word(word: str, rule: str, rules: Rules) -> str:
    if word in _LITERALS:
        return word
    return "0" if _NUMBER.match(word) else escaped(rules.mask(rule, word))


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
    """The string that stands between two quotes; as it stands where it is malformed."""
    if "\\" not in raw:
        return raw
    try:
        return str(json.loads('"' + raw + '"', strict=False))
    except ValueError:
        return raw


def escaped(plain: str) -> str:
    """What stands between the quotes for a string."""
    return json.dumps(plain)[1:-1]
