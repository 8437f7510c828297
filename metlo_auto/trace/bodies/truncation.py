"""Mends text that was cut somewhere: JSON is closed again, forms and lines end at a whole one."""

import re
from typing import List, Optional

_STEP = re.compile(r'"[^"]*("?)|[{}\[\],]|[^\s{}\[\],":]+')
_CLOSERS = {"{": "}", "[": "]"}
_SPACED = dict.fromkeys(map(ord, '{}[],:"'), " ")
_NO_BRACKETS = bytes(code for code in range(128) if chr(code) not in "{}[]")
_WORD = re.compile(r"-?(?:[0-9][0-9.eE+\-]*|Infinity)\Z|(?:true|false|null|NaN)\Z")
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_HIGH_SURROGATE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\Z")

_END = 400  # characters at the end of a long text that are gone through step by step
_LOOK_BACK = 500  # parts between quotes, theirs too, in which a bracket or comma has to stand
_MOST_DEPTH = 60  # of brackets in brackets


def mended(text: str, kind: str) -> str:
    """Text of a kind (see `Text`) after a cut, ending at something whole where the kind has such a thing."""
    if kind == "json":
        return closed_json(text)
    if kind == "form":
        return text.rpartition("&")[0]
    if kind == "ndjson":
        lines, newline, rest = text.rpartition("\n")
        return lines + newline if newline else closed_json(rest)
    return text


def closed_json(text: str) -> str:
    """The beginning of a JSON text made whole: a cut string is closed, half a number, word or member dropped.

    Text that is no JSON up to the cut stays as it is.
    """
    # In the shadow, which is as long as the text, every quote opens or closes a string.
    shadow = text.replace("\\\\", "\0\0").replace('\\"', "\0\0") if "\\" in text else text
    closed = _closed_at_its_end(text, shadow) if len(text) > 2 * _END else None
    return closed if closed is not None else _closed(text, shadow, 0, "", 0, []) or text


def _closed_at_its_end(text: str, shadow: str) -> Optional[str]:
    """The same, step by step at the end of the text alone; None where something there is not as in most texts."""
    pieces = shadow.split('"')
    at = _cut_before(pieces, len(text), len(text) - _END)
    if not at:
        return None
    outside = '"'.join(pieces[::2])  # what stands between strings, each of which is a quote
    words = set(outside.translate(_SPACED).split())
    if not all(map(_WORD.match, words)):
        return None
    brackets = outside.encode("ascii", "ignore").translate(None, _NO_BRACKETS).decode()
    if brackets[:1] not in ("{", "[") or outside.lstrip()[0] != brackets[0]:
        return None
    opened = _still_open(brackets[1:])  # the outermost stays open, or something would follow the value
    if opened is None:
        return None
    last = shadow[at - 1]
    keep = None if last == "," else at
    return _closed(text, shadow, at, last, keep, [_CLOSERS[bracket] for bracket in brackets[0] + opened])


def _cut_before(pieces: List[str], end: int, most: int) -> int:
    """Leaves the beginning of `pieces`, the parts of `end` characters between quotes, up to a bracket or comma in none.

    Returns how many characters that is, `most` at most; 0 where there is none near.
    """
    for number in range(len(pieces) - 1, -1, -1)[:_LOOK_BACK]:
        piece = pieces[number]
        begin = end - len(piece)
        if number % 2 == 0 and begin < most:
            at = max([piece.rfind(mark, 0, most - begin) for mark in ",{}[]"]) + 1
            if at:
                pieces[number:] = [piece[:at]]
                return begin + at
        end = begin - 1
    return 0


def _still_open(brackets: str) -> Optional[str]:
    """Those that have no partner; None where one closes what is not open, or they are nested as no data is."""
    for _ in range(_MOST_DEPTH):
        left = brackets.replace("{}", "").replace("[]", "")
        if left == brackets:
            return None if "}" in left or "]" in left else left
        brackets = left
    return None


def _closed(
    text: str, shadow: str, at: int, last: str, keep: Optional[int], closers: List[str]
) -> Optional[str]:
    """Closes the text step by step from `at` on, where `closers` are due; text[:keep] and the closers are well-formed.

    `last` is the step before. `keep` is None where it is not known; the result is None where no value follows then.
    """
    for step in _STEP.finditer(shadow, at):
        if keep and not closers:
            return text  # something follows the value: this was no JSON before it was cut
        token = step.group()
        first = token[0]
        if first == '"':
            is_key = bool(closers) and closers[-1] == "}" and last in "{,"
            if not step.group(1):
                if is_key:
                    return None if keep is None else _finished(text[:keep], closers)
                return _finished(_whole_escapes(text, step.start() + 1) + '"', closers)
            if not is_key:
                keep = step.end()
        elif first in "{[":
            closers.append("}" if first == "{" else "]")
            keep = step.end()
        elif first in "}]":
            if not closers or closers.pop() != first:
                return text
            keep = step.end()
        elif first != "," and step.end() < len(text):
            if not _WORD.match(token):
                return text
            keep = step.end()
        last = first
    return None if keep is None else _finished(text[:keep], closers)


def _whole_escapes(text: str, at: int) -> str:
    """The text without an escape that was cut, or half of a surrogate pair, at its end; its string begins at `at`."""
    tail = _ESCAPE.search(text, max(at, len(text) - 5))
    if tail is not None and _slashes_before(text, tail.start() + 1) % 2 == 1:
        text = text[: tail.start()]
    half = _HIGH_SURROGATE.search(text, max(at, len(text) - 6))
    if half is not None and _slashes_before(text, half.start() + 1) % 2 == 1:
        text = text[: half.start()]
    return text


def _slashes_before(text: str, at: int) -> int:
    back = at
    while back and text[back - 1] == "\\":
        back -= 1
    return at - back


def _finished(text: str, closers: List[str]) -> str:
    return (text + "".join(reversed(closers))) or "null"
