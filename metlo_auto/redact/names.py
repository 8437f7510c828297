"""Which names stand before a secret, and a cheap test whether a text says one of them at all."""

import re
from typing import Dict, Iterable, Iterator, Match, Optional
from urllib.parse import unquote

from . import tables
from .word_search import fastest_finder

CREDENTIAL = "credential"  # becomes a mark that tells sessions apart
SECRET = "secret"  # short enough to be guessed: becomes a constant, never a hash
AUTHORIZATION = "authorization"  # a scheme and a credential

_SEPARATORS = str.maketrans("", "", "-_")
_INSIDE = re.compile(r"[.\[\]]+")  # user[password][], user.password

# Everything but letters parts words, except what names are matched without, and digits, which only make words longer.
_WORDS = bytes(c + 32 if 65 <= c <= 90 else c if 97 <= c <= 122 else 32 for c in range(256))
_DROPPED = b"-_0123456789"

_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
_ESCAPED_ASCII = re.compile(r"\\u00[2-7]")
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
_ROUNDS = 4  # of encodings inside encodings that are looked through


def fold(name: str) -> str:
    """The form in which names are compared: no case, without `-`, `_` and surrounding space."""
    return name.strip().casefold().translate(_SEPARATORS)


def defaults() -> Dict[str, str]:
    """Folded name → rule, for every name that is redacted by default."""
    names = dict.fromkeys(tables.OTHER_CREDENTIALS, CREDENTIAL)
    names.update((which + "token", CREDENTIAL) for which in tables.WHICH_TOKEN)
    names.update((name, SECRET) for name in _secrets())
    names.update((name, AUTHORIZATION) for name in tables.AUTHORIZATIONS)
    names.update([("x" + name, rule) for name, rule in names.items()])
    return names


def _secrets() -> Iterator[str]:
    for password in tables.PASSWORDS:
        yield password
        for whose in tables.WHOSE_PASSWORD:
            yield whose + password
        for which in tables.WHICH_PASSWORD:
            yield password + which
    for name in tables.OTHER_SECRETS:
        yield name


class Names:
    """The names of one agent: the defaults and the user's own, which count as short secrets."""

    def __init__(self, further: Iterable[str] = ()) -> None:
        self._rules = defaults()
        for name in further:
            if fold(name):
                self._rules.setdefault(fold(name), SECRET)
        self._words = frozenset(_words(self._rules))
        self._found_in = fastest_finder(self._words)
        self._unusual = [name for name in self._rules if _longest_word(name) is None]

    def rule(self, name: str) -> Optional[str]:
        """The rule for a name, or for any part of `user[password]` and `user.password`; None where it is no secret."""
        found = self._rules.get(fold(name))
        if found is None and ("[" in name or "." in name):
            parts = (self._rules.get(fold(part)) for part in _INSIDE.split(name))
            found = next((rule for rule in parts if rule is not None), None)
        return found

    def mentioned(self, text: str) -> bool:
        """False only where none of the names stands in the text, however it is escaped; linear, and cheap for False."""
        data = text.encode("utf-8", "replace")
        if self._found_in(data.translate(_WORDS, _DROPPED)):
            return True
        if self._unusual and self._says_unusual(text):
            return True
        return ("\\" in text or "%" in text) and self._mentioned_escaped(data.decode())

    def words(self, text: str) -> Optional[Dict[bytes, int]]:
        """Which words of names stand in the text, and how often; None where there may be others in it, escaped."""
        if self._unusual or "%" in text or "\\" in text:
            return None
        words = text.encode("utf-8", "replace").translate(_WORDS, _DROPPED).split()
        return {word: words.count(word) for word in self._words.intersection(words)}

    def _mentioned_escaped(self, text: str) -> bool:
        """The same for a text in which `mentioned` has found nothing as it stands."""
        for _ in range(_ROUNDS):
            spaced = _spaced(text)
            if spaced != text and self._says(spaced):
                return True
            if not (self._unusual or _PERCENT.search(text) or _ESCAPED_ASCII.search(text)):
                return False
            inner = decoded(text)
            if inner == text:
                return False
            if self._says(inner):
                return True
            text = inner
        return _PERCENT.search(text) is not None  # encoded deeper than anyone means well: fail closed

    def _says(self, text: str) -> bool:
        letters = text.encode("utf-8", "replace").translate(_WORDS, _DROPPED)
        return self._found_in(letters) or bool(self._unusual) and self._says_unusual(text)

    def _says_unusual(self, text: str) -> bool:
        folded = fold(text)
        return any(name in folded for name in self._unusual)


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
    return char if char.isalnum() or char in "-_" else found.group()


def _spaced(text: str) -> str:
    """The text with `\\n` and its like as spaces, else their letter would stick to the word that follows."""
    if "\\" in text:
        for escape in ("\\n", "\\r", "\\t", "\\b", "\\f"):
            text = text.replace(escape, " ")
    return text


def _words(names: Iterable[str]) -> Iterator[bytes]:
    for name in names:
        word = _longest_word(name)
        if word is not None:
            yield word


def _longest_word(name: str) -> Optional[bytes]:
    """What is left of a name in a text whose words were made by `_WORDS`; None for a name that is not ASCII letters."""
    try:
        words = name.encode("ascii").translate(_WORDS, _DROPPED).split()
    except UnicodeEncodeError:
        return None
    return max(words, key=len) if words else None
