"""Sensitive values so that a person recognises their kind and nobody their value; pure.

What is shown of a text is what was found in it, masked, and nothing that stands beside it. Where in a text the match
lies is asked of `sensitive.detect` alone, by ever smaller stretches, so that it may find by any means.
"""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple, Optional, Union

from metlo_auto.collector.analysis import sensitive

MOST = 10_000  # characters of a value that are searched
_DOT = "\u2022"
_TOKEN = re.compile(r"[^\s\"'<>(){}\[\],;|&=?]+")
_STRETCH = 8  # tokens that one match may consist of, such as the groups of an IBAN
_CHUNK = 40  # tokens that are asked about together
_MOST_QUESTIONS = 500  # of one text, so that none takes long; what is not reached is not shown
_EMAIL = re.compile(r"([^\s@:/]{1,64})@([^\s@:/]{1,255})")
_DIGITS = re.compile(r"\d(?:[ -]?\d){11,}")
_TLD = re.compile(r"[A-Za-z]{2,24}")


class Match(NamedTuple):
    """Where something sensitive stands, and its class."""

    start: int
    end: int
    name: str


def example(class_name: str, field: str, value: Union[str, int, float]) -> str:
    """The first match of the class in `value`, masked; dots alone where it cannot be told from what is around it."""
    text = value[:MOST] if isinstance(value, str) else repr(value)
    for match in _Search(field, text, (class_name,)).matches():
        return mask(class_name, text[match.start : match.end])
    return _DOT * 3


def matches_only(field: str, text: str, classes: tuple[str, ...]) -> str:
    """All matches of `classes` in `text`, masked, with an ellipsis for whatever stands around them."""
    parts: list[str] = []
    done = 0
    for match in _Search(field, text[:MOST], classes).matches():
        parts += ["\u2026"] if match.start > done else []
        parts.append(mask(match.name, text[match.start : match.end]))
        done = match.end
    if not parts:
        return _DOT * 3
    return " ".join(parts + (["\u2026"] if done < len(text) else []))


def mask(class_name: str, text: str) -> str:
    """`text`, most of which is of the class: `a\u2022\u2022\u2022@e\u2022\u2022\u2022.com`, `\u2022\u2022\u2022\u20221111`, else dots."""
    if class_name == "email":
        return _mask_email(text)
    digits = _DIGITS.search(text) if class_name in ("card", "iban") else None
    if digits:
        number = re.sub("[ -]", "", digits.group())
        return _DOT * min(15, len(number) - 4) + number[-4:]
    if class_name == "jwt":
        return "eyJ" + _DOT * 9
    return _DOT * max(3, min(len(text), 12))


def _mask_email(text: str) -> str:
    found = _EMAIL.search(text)
    if found is None:
        return _DOT * 3
    last = _TLD.match(found.group(2).rstrip(".").rpartition(".")[2])
    is_password = text[: found.start()][-1:] in (":", "/")  # of an address like postgres://user:password@host
    first = "" if is_password else found.group(1)[:1]
    return f"{first}{_DOT * 3}@{found.group(2)[:1]}{_DOT * 3}" + (f".{last.group()}" if last else "")


class _Search:
    """Finds the shortest stretches of tokens of `text` that hold one of `classes`."""

    def __init__(self, field: str, text: str, classes: tuple[str, ...]) -> None:
        self._field = field
        self._text = text
        self._classes = classes
        self._tokens = [match.span() for match in _TOKEN.finditer(text)]
        self._questions = 0

    def matches(self) -> Iterator[Match]:
        """In order and without overlap."""
        first, tokens = 0, self._tokens
        held_until = 0  # a chunk that holds something need not be asked about again for each of its tokens
        while first < len(tokens) and self._questions < _MOST_QUESTIONS:
            last = min(first + _CHUNK, len(tokens))
            if first >= held_until:
                if not self._held(tokens[first][0], tokens[last - 1][1]):
                    first += _CHUNK - _STRETCH
                    continue
                held_until = last
            found = self._shortest(first)
            if found is None:
                first += 1
                continue
            yield found
            while first < len(tokens) and tokens[first][0] < found.end:
                first += 1

    def _shortest(self, first: int) -> Optional[Match]:
        """The match that begins with the token `first` and needs it."""
        start = self._tokens[first][0]
        near = self._tokens[first : first + _STRETCH]
        for _, end in near:
            name = self._held(start, end)
            if name:
                is_later = any(begin < end and self._held(begin, end) for begin, _ in near[1:])
                return None if is_later else Match(start, end, name)
        return None

    def _held(self, start: int, end: int) -> str:
        """The first of the classes that a stretch is of, "" for none."""
        self._questions += 1
        found = sensitive.detect.__wrapped__(self._field, self._text[start:end])
        return next((name for name in self._classes if name in found), "")
