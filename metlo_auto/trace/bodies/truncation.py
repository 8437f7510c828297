"""Mends text that was cut somewhere: JSON is closed again, forms and lines end at a whole one."""

import re
from typing import List

_STEP = re.compile(r'"[^"]*("?)|[{}\[\],]|[^\s{}\[\],":]+')
_WORD = re.compile(r"-?(?:[0-9][0-9.eE+\-]*|Infinity)\Z|(?:true|false|null|NaN)\Z")
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_HIGH_SURROGATE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\Z")


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
    closers: List[str] = []
    keep = 0  # text[:keep] and the closers are well-formed
    last = ""
    # In the shadow, which is as long as the text, every quote opens or closes a string.
    shadow = text.replace("\\\\", "\0\0").replace('\\"', "\0\0")
    for step in _STEP.finditer(shadow):
        if keep and not closers:
            return text  # something follows the value: this was no JSON before it was cut
        token = step.group()
        first = token[0]
        if first == '"':
            is_key = bool(closers) and closers[-1] == "}" and last in "{,"
            if not step.group(1):
                return _unfinished(text, step.start() + 1, keep, is_key, closers)
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
    return _finished(text[:keep], closers)


def _unfinished(text: str, at: int, keep: int, is_key: bool, closers: List[str]) -> str:
    if is_key:
        return _finished(text[:keep], closers)
    return _finished(_whole_escapes(text, at) + '"', closers)


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
