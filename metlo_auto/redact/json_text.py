"""Masks values in JSON text where they stand, so that all that is around them stays as it was."""

import json
import re
from typing import Callable, Dict, Iterator, List, Optional, Pattern, Tuple

from . import json_pairs
from .command_lines import WITHOUT_A_SIGN
from .json_strings import escaped, string_end, unescaped
from .leaves import is_message, is_prose, rule_below
from .masks import masks_number
from .replacements import Replacements, Rules
from .rules import HELD, MARKS, stands_beside

_STRING = re.compile(r'"([^"]*)"(\s*:\s*)?')
_COLON = re.compile(r"\s*:\s*")
_LEAF = re.compile(r'["{}\[\]]|-?(?:[0-9][0-9.eE+-]*|Infinity\b|NaN\b)')
_LOOSE_LEAF = re.compile(r'["{}\[\]]|[^\s,:{}\[\]"]+')  # broken JSON has words without quotes
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|Infinity|NaN)\Z")
_NAME = re.compile(r"[\w.\-\[\] " + MARKS + r"]{0,64}\Z")  # what passes for a key in broken JSON
_FEW = 16  # secret names in one text
_LITERALS = ("true", "false", "null")
_ERRORS = re.compile(r'"((?:[a-z]+_?)?(?:[Ee]rrors?|[Mm]essages|violations|problems|details?|validation))"\s*:\s*[{\[]')
# Without one of these a string holds no name and value of its own.
_TELLING = re.compile(r"[=:%<]|\\[\"unrt]|\bmachine | -|[ (]'|\b" + WITHOUT_A_SIGN)


def is_json(text: str) -> bool:
    """Whether Python's own parser takes the text, NaN and repeated keys included."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def masked(text: str, rules: Rules) -> str:
    """Well-formed JSON with the values of secret names masked, leaf by leaf, and what is secret by its form."""
    if "\\" not in text and not text.startswith('{"key"'):  # which is looked at as a whole
        known = rules.spellings.secrets_in(text)
        if known is not None:
            return _masked_after(known, text, rules)
        strings = _STRING.findall(text)
        rule_of = {name: rules.rule_of(name) for name in {content for content, colon in strings if colon}}
        rules.spellings.learn(rule_of)
        secret = {name: rule for name, rule in rule_of.items() if rule is not None}
        # Each name is looked for in the whole text, so a client must not choose how many there are.
        values = "=\n" + "\n".join([content for content, colon in strings if not colon])
        if len(secret) <= _FEW and not any(map(stands_beside, rule_of)) and not rules.mentions(values):
            return _masked_after(secret, text, rules)
    return rules.values(_masked_by_strings(json_pairs.masked(text, rules), rules))


def _masked_after(secret: Dict[str, str], text: str, rules: Rules) -> str:
    """The same where no string has an escape and none but keys says a secret name: few strings are looked at."""
    edits, at = Replacements(text), 0
    found = sorted(_values_after(secret, text))
    if found and found[0][1] < 0:  # a name is a value too: it may stand beside the secret
        return rules.values(_masked_by_strings(json_pairs.masked(text, rules), rules))
    for start, value, rule in found:
        if start >= at:  # else it is a part of what is masked already
            at = mask_value(edits, value, rule, rules)
    return edits.result()


def _values_after(secret: Dict[str, str], text: str) -> Iterator[Tuple[int, int, str]]:
    """Where each key stands, where its value begins, and its rule; -1 for both where it is no key."""
    for name, rule in secret.items():
        quoted = '"' + name + '"'  # which in well-formed JSON is a key or a whole string, never what lies between two
        start = text.find(quoted)
        while start >= 0:
            colon = _COLON.match(text, start + len(quoted))
            yield (start, colon.end(), rule) if colon is not None else (-1, -1, rule)
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
    # The rule of each container around, None where leaves are no secrets; and of the next value.
    around: List[Optional[str]] = []
    now: Optional[str] = rule
    while True:
        leaf = leaves.search(text, at) if around else leaves.match(text, at)
        if leaf is None:  # true, false, null, or a container that is never closed
            return len(text) if around else at
        token = leaf.group()
        at = leaf.end()
        if token in "{[":
            around.append(now)
        elif token in "}]":
            if around:
                around.pop()
            now = around[-1] if around else None
        elif token != '"':
            if now is not None:
                edits.replace(leaf.start(), at, _masked_word(token, now, rules))
            now = around[-1] if around else None
        else:
            end = string_end(text, at)
            is_key = around and _COLON.match(text, end + 1) and (not loose or _NAME.match(text, at, end))
            if is_key:
                now = rule_below(around[-1], unescaped(text[at:end]), rules.rule_of)
            else:
                if now is not None:
                    _mask_string(edits, at, end, now, rules, bool(around))
                else:
                    _mask_inside(edits, at, end, rules.inner)
                now = around[-1] if around else None
            at = min(end + 1, len(text))
        if not around:
            return at


def _mask_string(edits: Replacements, at: int, end: int, rule: str, rules: Rules, inside: bool) -> None:
    """Masks a string, unless it says what is wrong with a value; `inside`: a list or object below the name."""
    plain = unescaped(edits.text[at:end])
    if rule == HELD and is_prose(plain):
        return
    if not (is_message(plain) and (inside or _is_in_errors(edits.text, at))):
        edits.replace(at, end, escaped(rules.mask(rule, plain)))


def _masked_word(word: str, rule: str, rules: Rules) -> str:
    if word in _LITERALS:
        return word
    if not _NUMBER.match(word):
        return escaped(rules.mask(rule, word))
    return "0" if masks_number(rule, word) else word


def _is_in_errors(text: str, at: int) -> bool:
    """Whether what stands at `at` is below a name such as `errors`; looked for only where a text is a message."""
    end = 0
    for found in _ERRORS.finditer(text, 0, at):
        if found.start() >= end:  # the outermost
            end = _container_end(text, found.end() - 1)
            if at < end:
                return True
    return False


def _container_end(text: str, at: int) -> int:
    depth = 0
    while True:
        leaf = _LEAF.search(text, at)
        if leaf is None:
            return len(text)
        at = leaf.end()
        token = leaf.group()
        if token == '"':
            at = min(string_end(text, at) + 1, len(text))
        elif token in "{}[]":
            depth += 1 if token in "{[" else -1
            if depth <= 0:
                return at
