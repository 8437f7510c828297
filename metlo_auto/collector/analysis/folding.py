"""From a path to an endpoint's template where no agent names the route; pure, knows no store.

A segment that is a number, UUID, hash, date, token or e-mail address folds at once. A word folds only by evidence,
which `sibling_folding` gathers.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")
_UUID = re.compile(r"\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?", re.I)
_HEX = re.compile(r"(?:0x)?[0-9a-f]{8,}", re.I)
_DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2})?(?:T\d{2}:?\d{2}.*)?|\d{1,2}[./-]\d{1,2}[./-]\d{4}")
_EMAIL = re.compile(r"[^@\s/]+@[^@\s/]+\.[^@\s/.]{2,}")
_PREFIXED = re.compile(r"[a-z]{1,8}[_-](?=[A-Za-z]*\d)[A-Za-z0-9]{8,}")  # usr_8f3k2a9d, order-20394812
_NUMBERED = re.compile(r"[a-z]{1,12}[_-]?\d{5,}", re.I)  # user-12345, INV00042
_LETTERS = re.compile(r"[a-z]{1,8}_[A-Za-z]{12,}")  # cus_zguCqzGqAbADdI
_TOKEN = re.compile(r"[A-Za-z0-9_~=.-]{16,}")
_SMALL = re.compile(r"\d(?:\.\d{1,2})?")
_BEFORE_VERSIONS = frozenset(("api", "rest", "version", "webapi"))
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*", re.I)


def is_value(segment: str) -> bool:
    """True for a path segment (percent-encoded or not) that no developer would have written as a route."""
    text = unquote(segment)
    if not text or text[0] == "{":
        return bool(text)
    if not any(c.isdigit() for c in text):
        return bool(_EMAIL.fullmatch(text)) or _looks_random(text) or _is_prefixed(text)
    if any(p.fullmatch(text) for p in (_NUMBER, _UUID, _DATE, _EMAIL, _PREFIXED, _NUMBERED, _JWT, _IP)):
        return True
    if _HEX.fullmatch(text):
        return True
    return bool(_TOKEN.fullmatch(text)) and _mixed(text)


def _mixed(text: str) -> bool:
    """True for letters and digits in no order that a person would name something by."""
    changes = sum(1 for a, b in zip(text, text[1:]) if a.isdigit() != b.isdigit())
    return changes >= 4


def _looks_random(text: str) -> bool:
    """True for 20 and more letters without a digit that change case as only generated ones do."""
    if len(text) < 20 or not text.isalnum():
        return False
    return sum(1 for a, b in zip(text, text[1:]) if a.isupper() != b.isupper()) >= len(text) * 0.35


def _is_prefixed(text: str) -> bool:
    """True for a short prefix, `_` and letters of both cases that are no words in camel case."""
    if not _LETTERS.fullmatch(text):
        return False
    rest = text.partition("_")[2]
    if rest.islower() or rest.isupper():
        return False
    words = _WORDS.findall(rest)
    return "".join(words) != rest or not all(_VOWEL.search(word) and not _CLUSTER.search(word) for word in words)


_WORDS = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,4}(?![a-z])")  # get User Preferences
_VOWEL = re.compile(r"[aeiouyAEIOUY]")
_CLUSTER = re.compile(r"[^aeiouyAEIOUY]{5}")


def fold(path: str) -> str:
    """`path` with its values as `{param1}`, `{param2}`, …; empty segments fall away as Metlo's collector does
    it.
    """
    segments = [segment for segment in path.split("/") if segment]
    return join(
        [
            "{}" if is_value(segment) and not _is_version(segments, place) else segment
            for place, segment in enumerate(segments)
        ]
    )


def _is_version(segments: list[str], place: int) -> bool:
    """True for `3` in `/rest/api/3/issues`: a small number right after a word for an API, with a word after it."""
    return (
        0 < place < len(segments) - 1
        and bool(_SMALL.fullmatch(segments[place]))
        and segments[place - 1].lower() in _BEFORE_VERSIONS
        and segments[place + 1][:1].isalpha()
    )


def join(segments: list[str]) -> str:
    """Segments as a path, with every parameter named by its number."""
    number = 0
    named = []
    for segment in segments:
        if segment.startswith("{"):
            number += 1
            segment = f"{{param{number}}}"
        named.append(segment)
    return "/" + "/".join(named)
