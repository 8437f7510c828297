"""Which names stand before a secret, and a cheap test whether a text says one of them at all."""

import re
import unicodedata
from typing import Dict, Iterable, List, Match, Optional, Tuple
from urllib.parse import unquote

from . import rules, secret_values
from .rules import SECRET
from .word_search import DROPPED, Harmless, Needle, WordTest, finder, letters_of

_SEPARATORS = str.maketrans("", "", "-_")
_INSIDE = re.compile(r"[.\[\]]+")  # user[password][], user.password

_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
_ESCAPED_ASCII = re.compile(r"\\u00[2-7]")
_ESCAPED_SIGN = re.compile(r"\\(?:x|u00)(?:2[27]|3[cCeE])")
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
SHORTEST_NAMED = 18  # characters of a text that holds a name and a secret, and no sign between them
LONGEST_UNPARTED = 1000  # characters of a text without such signs that is looked through for names
_LONGEST_KEPT = 250  # characters of a text that is known as it is; of others it is known which words they have
_ROUNDS = 4  # of encodings inside encodings that are looked through

Needles = Tuple[List[Tuple[bytes, bool, bool]], bytes, List[bytes]]


def fold(name: str) -> str:
    """The form in which names are compared: no case, without `-`, `_` and surrounding space."""
    return name.strip().casefold().translate(_SEPARATORS)


class Names:
    """The names of one agent: the defaults and the user's own, which count as short secrets."""

    def __init__(self, further: Iterable[str] = ()) -> None:
        self._own = {fold(name): SECRET for name in further if fold(name)}
        own = [(name, _longest_word(name)) for name in self._own]
        self._unusual = [name for name, word in own if word is None]
        self._needles = [Needle(word.encode(), begins, ends) for word, begins, ends in rules.needles()]
        self._needles += [Needle(word, True, True) for _, word in own if word is not None]
        values = [Needle(word.encode(), begins, ends) for word, begins, ends in secret_values.NEEDLES]
        self._needles += values
        self._words = WordTest(self._needles)
        self._found_in = finder(self._needles)
        self._values_in = finder(values)
        self._harmless, self._harmless_letters = Harmless(), Harmless()

    def rule(self, name: str) -> Optional[str]:
        """The rule for a name, or for any part of `user[password]` and `user.password`; None where it is no secret."""
        found = self._own.get(fold(name)) if self._own else None
        if found is None and self._own and ("[" in name or "." in name):
            parts = (self._own.get(fold(part)) for part in _INSIDE.split(name))
            found = next((rule for rule in parts if rule is not None), None)
        return rules.rule_of(name) if found is None else found

    def mentioned(self, text: str) -> bool:
        """False only where nothing in the text is masked, however it is escaped; linear, and cheap for False."""
        if len(text) > _LONGEST_KEPT:
            return self._is_mentioned(text)
        hashed = hash(text)
        if hashed in self._harmless.hashes:
            return False
        if self._is_mentioned(text):
            return True
        self._harmless.add(hashed)
        return False

    def _is_mentioned(self, text: str) -> bool:
        escaped = "%" in text or "\\" in text
        if not (escaped or ":" in text or "=" in text or "<" in text) and not _has_arguments(text):
            if len(text) < secret_values.SHORTEST:
                return False
            if not _may_name_unparted(text):
                return self._stands_alone(text)
        data = text.encode("utf-8", "replace")
        if self._found_in(data) or (
            # What each of them has: spares a call for most texts.
            (
                "@" in text or "&" in text or "$" in text or "*" in text
                or "G" in text and "LOGIN" in text
                or ("\n" in text or "\\" in text) and "432:" in text
            )
            and secret_values.found_otherwise(text)
        ):  # fmt: skip
            return True
        if len(data) != len(text) and self._says_in_other_letters(text, data):
            return True
        if self._unusual and self._says_unusual(text):
            return True
        return escaped and self._mentioned_escaped(data.decode())

    def _stands_alone(self, text: str) -> bool:
        """Whether a credential may stand in a text that no name is looked for in, by its own form or in a .netrc."""
        hashed = hash(text)
        if hashed in self._harmless.hashes:
            return False
        if self._may_stand_alone(text):
            return True
        self._harmless.add(hashed)
        return False

    def _may_stand_alone(self, text: str) -> bool:
        if secret_values.found_otherwise(text) or " " in text and "machine " in text:
            return True
        data = text.encode("utf-8", "replace")
        return secret_values.may_stand_alone(data) and self._values_in(data)

    def holds_value(self, text: str) -> bool:
        """False only where nothing in the text is a credential by its own form."""
        if len(text) < secret_values.SHORTEST:
            return False
        return self._values_in(text.encode("utf-8", "replace")) or secret_values.found_otherwise(text)

    def needles(self) -> Needles:
        """For a compiled search: (letters, begins, ends), bytes dropped, literals of any text.

        A name in other letters makes every text one to be looked at in Python.
        """
        # The first letter that is not ASCII, in both cases: the ones before it begin many other words.
        strange = [next(letter for letter in word if letter > "\x7f") for word in rules.OTHER_PASSWORDS]
        literals = sorted({letter.encode() for one in strange for letter in (one, one.upper())})
        if self._unusual:
            literals = [bytes([byte]) for byte in range(256)]
        return [(word, begins, ends) for word, begins, ends in self._needles], DROPPED, literals

    def words(self, text: str) -> Optional[Dict[bytes, int]]:
        """Which words of names stand in the text, and how often; None where there may be others in it, escaped."""
        if self._unusual or "%" in text or "\\" in text or secret_values.found_otherwise(text):
            return None
        data = text.encode("utf-8", "replace")
        if len(data) != len(text) and self._says_in_other_letters(text, data):
            return None
        letters = letters_of(data)
        if self._words.says_phrase(letters):
            return None
        words = letters.split()
        return {word: words.count(word) for word in self._words.holding(words)}

    def _mentioned_escaped(self, text: str) -> bool:
        """The same for a text in which `mentioned` has found nothing as it stands."""
        for _ in range(_ROUNDS):
            spaced = _spaced(text)
            if spaced != text and self._says(spaced):
                return True
            if not (self._unusual or _PERCENT.search(text) or _ESCAPED_ASCII.search(text) or "\\u" in text):
                return False
            inner = decoded(text)
            if inner == text:
                return False
            if self._says(inner):
                return True
            text = inner
        return _PERCENT.search(text) is not None  # encoded deeper than anyone means well: fail closed

    def _says(self, text: str) -> bool:
        data = text.encode("utf-8", "replace")
        return (
            self._found_in(data)
            or secret_values.found_otherwise(text)
            or self._says_in_other_letters(text, data)
            or bool(self._unusual)
            and self._says_unusual(text)
        )

    def _says_in_other_letters(self, text: str, data: bytes) -> bool:
        """`data`: the text in UTF-8."""
        letters = rules.other_letters(data)
        hashed = hash(letters)
        if hashed in self._harmless_letters.hashes:
            return False
        if rules.near_other_passwords(letters):  # it depends on what stands between them
            return rules.says_other_password(text)
        self._harmless_letters.add(hashed)
        return False

    def _says_unusual(self, text: str) -> bool:
        folded = fold(text)
        return any(name in folded for name in self._unusual)


def may_name(text: str) -> bool:
    """Whether names are looked for in a text: not in a long one without any sign that parts names from values.

    Lists and tables are like that; a setting without a sign, such as `requirepass …`, stands in a short text or beside
    signs.
    """
    return parts_names(text) or _may_name_unparted(text)


def _may_name_unparted(text: str) -> bool:
    return SHORTEST_NAMED <= len(text) <= LONGEST_UNPARTED and (" " in text or "\t" in text)


def parts_names(text: str) -> bool:
    """Whether there is a sign in a text that may part a name from its value, be it escaped."""
    return ":" in text or "=" in text or "<" in text or _has_arguments(text) or "%" in text or "\\" in text


def _has_arguments(text: str) -> bool:
    """Whether there are some of a list, a call or a command, or signs are escaped for HTML."""
    # Each character alone first: that is one quick look.
    return (
        "-" in text and " -" in text
        or "'" in text and (" '" in text or "('" in text)
        or '"' in text and (' "' in text or '("' in text or '["' in text)
        or "&" in text and ("&#" in text or "&lt;" in text or "&quot;" in text or "&apos;" in text)
    )


def encodable(text: str) -> str:
    """The text without lone surrogates, which no encoding and no unquoting takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def decoded(text: str) -> str:
    """The text with percent escapes and JSON's escapes of letters undone once."""
    if "%" in text and _PERCENT.search(text):
        text = unquote(text, errors="replace")
    return unescaped_letters(text)


def unescaped_letters(text: str) -> str:
    """The text with those of JSON's `\\u` escapes undone that may stand in a name; quotes and controls stay escaped."""
    return _ESCAPED.sub(_letter, text) if "\\u" in text else text


def _letter(found: Match[str]) -> str:
    char = chr(int(found.group(1), 16))
    # Marks too: in Hindi and Thai they are parts of a word.
    return char if char.isalnum() or char in "-_" or unicodedata.category(char)[0] == "M" else found.group()


def _spaced(text: str) -> str:
    """The text with `\\n`, `\\x22` and their like as spaces, else their letter would stick to the word that follows."""
    if "\\" in text:
        for escape in ("\\n", "\\r", "\\t", "\\b", "\\f"):
            text = text.replace(escape, " ")
        if "\\x" in text or "\\u00" in text:
            text = _ESCAPED_SIGN.sub(" ", text)
    return text


def _longest_word(name: str) -> Optional[bytes]:
    """What `letters_of` leaves of a name, the longest word; None for a name that is not ASCII letters."""
    try:
        words = letters_of(name.encode("ascii")).split()
    except UnicodeEncodeError:
        return None
    return max(words, key=len) if words else None
