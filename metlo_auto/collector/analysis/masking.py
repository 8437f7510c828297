"""Sensitive values so that a person recognises their kind and nobody their value; pure.

What is shown of a text is what was found in it, masked, and nothing that stands beside it. Where in a text the match
lies is asked of `sensitive.detect` alone, by ever smaller stretches, so that it may find by any means.
"""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple, Optional, Union
from urllib.parse import unquote_plus

from metlo_auto.collector.analysis import sensitive
from metlo_auto.collector.analysis.sensitive.names import CREDENTIAL, plain

MOST = 10_000  # characters of a value that are searched
_ALL = tuple(sensitive.BY_NAME)
REDACTED = re.compile(r"redacted(?:-[a-p]{12})?")  # what the agent leaves of a secret
_HEADERS = frozenset(("authorization", "proxy-authorization", "cookie", "set-cookie", "x-auth-token", "x-csrf-token"))
_SCHEME = re.compile(r"(?:Basic|Bearer|Digest|Token|ApiKey) ", re.I)
_DOT = "\u2022"
_TOKEN = re.compile(r"[^\s\"'<>(){}\[\],;|&=?]+")
_STRETCH = 8  # tokens that one match may consist of, such as the groups of an IBAN
_CHUNK = 40  # tokens that are asked about together
_MOST_CACHED = 200  # characters of a text whose classes are remembered
_MOST_QUESTIONS = 500  # of one example, so that none takes long
_MOST_QUESTIONS_OF_EACH = 6_000  # of `MOST` characters on a page; what is not reached is not shown
_EMAIL = re.compile(r"([^\s@:/]{1,64})@([^\s@:/]{1,255})")
_MAIL_LIKE = re.compile(r"[\w.+-]@[\w-]{1,255}\.[\w-]")  # more than an address: a page had better hide too much
_DIGITS = re.compile(r"\d(?:[ -]?\d){11,}")
_ESCAPED = re.compile(r"[^\s\"'<>(){}\[\],;|&=?%]{0,300}%[0-9A-Fa-f]{2}[^\s\"'<>(){}\[\],;|&=?]*")
_MOST_ESCAPED = 1_000  # of one text
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
        return mask(match.name, text[match.start : match.end])
    return _DOT * 3


def is_secret_name(name: str) -> bool:
    """True where a value is a credential by its name, whatever it looks like."""
    return name.lower() in _HEADERS or plain(name) in CREDENTIAL


def shown(field: str, text: str) -> str:
    """A field's value as it may be shown: itself where nothing in it is sensitive, else the masked matches alone."""
    if REDACTED.fullmatch(text) or not text:
        return text
    if field.lower() in ("cookie", "set-cookie"):
        return _mask_cookies(text, 1 if field.lower() == "set-cookie" else None)
    if is_secret_name(field):
        scheme = _SCHEME.match(text)
        kept = scheme.group() if scheme else ""
        return text if REDACTED.fullmatch(text[len(kept) :]) else kept + _DOT * 6
    found = find(field, text)
    if not found:
        return text
    parts: list[str] = []
    done = 0
    for match in found:
        parts += ["\u2026"] if match.start > done else []
        parts.append(mask(match.name, text[match.start : match.end]) if match.name else "\u2026")
        done = match.end
    return " ".join(parts + (["\u2026"] if done < len(text) else []))


def _mask_cookies(text: str, most: Optional[int]) -> str:
    """`session=•••; theme=•••`; what the agent redacted stays. `most`: pairs that are cookies, before attributes."""
    pairs = text.split(";")
    return ";".join(pair if most and place >= most else _mask_cookie(pair) for place, pair in enumerate(pairs))


def _mask_cookie(pair: str) -> str:
    name, mark, value = pair.partition("=")
    return pair if REDACTED.fullmatch(value.strip()) else f"{name}{mark}{_DOT * 3}" if mark else _DOT * 3


def in_place(text: str) -> str:
    """A long text with each match masked where it stands."""
    result: list[str] = []
    done = 0
    for match in find("", text):
        hidden = mask(match.name, text[match.start : match.end]) if match.name else "\u2026"
        result += [text[done : match.start], hidden]
        done = match.end
    return "".join(result) + text[done:]


def find(field: str, text: str) -> list[Match]:
    """Everything sensitive in `text`; a match without a name is a stretch that was too much to search."""
    found: list[Match] = []
    for start, end in _stretches(text):
        search = _Search(field, text[start:end], _ALL, each=True)
        found += [Match(start + match.start, start + match.end, match.name) for match in search.matches()]
    return _with(found, list(_encoded(field, text))) if "%" in text else found


def _encoded(field: str, text: str) -> Iterator[Match]:
    """What is sensitive once percent escapes are undone, as in forms and addresses: the escaped text as a whole."""
    for number, match in enumerate(_ESCAPED.finditer(text)):
        if number >= _MOST_ESCAPED:
            yield Match(match.start(), len(text), "")
            return
        clear = unquote_plus(match.group()[:MOST])
        name = next(iter(_classes(field, clear)), "email" if _MAIL_LIKE.search(clear) else "")
        if name:
            yield Match(*match.span(), name)


def _with(found: list[Match], more: list[Match]) -> list[Match]:
    """Both in order; where two overlap, one stretch over both."""
    result: list[Match] = []
    for match in sorted([*found, *more]):
        if result and match.start < result[-1].end:
            last = result.pop()
            match = Match(last.start, max(last.end, match.end), last.name and match.name and last.name)
        result.append(match)
    return result


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """`text` in pieces of at most `MOST` characters, cut between words where there are any."""
    start = 0
    while len(text) - start > MOST:
        gap = max(text.rfind(mark, start + MOST // 2, start + MOST) for mark in '\n ,"&')
        end = gap + 1 if gap > 0 else start + MOST
        yield start, end
        start = end
    yield start, len(text)


def mask(class_name: str, text: str) -> str:
    """`text`, most of which is of the class: `a•••@e•••.com`, `••••1111`, else dots."""
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

    def __init__(self, field: str, text: str, classes: tuple[str, ...], each: bool = False) -> None:
        """`each`: ask about single tokens too, since some classes are found in whole values only."""
        self._each = each
        self._field = field
        self._text = text
        self._classes = classes
        self._tokens = [match.span() for match in _TOKEN.finditer(text)]
        self._questions = 0
        self._most_questions = _MOST_QUESTIONS_OF_EACH if each else _MOST_QUESTIONS

    def matches(self) -> Iterator[Match]:
        """In order and without overlap."""
        first, tokens = 0, self._tokens
        held_until = 0  # a chunk that holds something need not be asked about again for each of its tokens
        while first < len(tokens) and self._questions < self._most_questions:
            if self._text.startswith("redacted", tokens[first][0]):  # which would end the search for what follows
                first += 1
                continue
            last = min(first + _CHUNK, len(tokens))
            if first >= held_until:
                if not self._holds_any(first, last):
                    first = first + _CHUNK - _STRETCH if last < len(tokens) else last
                    continue
                held_until = last
            found = self._shortest(first)
            if found is None:
                first += 1
                continue
            yield found
            while first < len(tokens) and tokens[first][0] < found.end:
                first += 1
        if first < len(tokens):
            yield Match(tokens[first][0], len(self._text), "")

    def _holds_any(self, first: int, last: int) -> bool:
        tokens = self._tokens[first:last]
        if self._held(tokens[0][0], tokens[-1][1]):
            return True
        return self._each and any(self._held(start, end) for start, end in tokens)

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
        text = self._text[start:end]
        found = _classes(self._field, text)
        name = next((name for name in self._classes if name in found), "")
        return name or ("email" if self._each and "@" in text and _MAIL_LIKE.search(text) else "")


def _classes(field: str, text: str) -> tuple[str, ...]:
    return sensitive.detect(field, text) if len(text) <= _MOST_CACHED else sensitive.detect.__wrapped__(field, text)
