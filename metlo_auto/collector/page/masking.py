"""What a person sees of captured values: sensitive ones masked until they ask; pure."""

from __future__ import annotations

import re
from urllib.parse import unquote

from metlo_auto.collector.analysis import sensitive

_MOST_WHOLE = 400  # characters of a value that is masked as one
_WORD = re.compile(r"[^\s\"'<>(){}\[\],;|&=]{5,400}")


def masked(name: str, text: str) -> str:
    """`text` with sensitive values masked; long texts word by word."""
    if text.startswith("redacted"):
        return text
    if len(text) <= _MOST_WHOLE and "\n" not in text and _WORD.fullmatch(text):
        return sensitive.mask(text) if sensitive.detect(name, text) else text
    hidden = _WORD.sub(lambda match: _word(match.group()), text)
    if hidden == text and len(text) <= _MOST_WHOLE and sensitive.detect(name, text):
        return sensitive.mask(text)
    return hidden


def masked_path(path: str) -> str:
    """`path` with sensitive steps masked, percent-encoded ones too."""
    return "/".join(_step(step) for step in path.split("/"))


def _step(step: str) -> str:
    clear = unquote(step)
    hidden = masked("", clear)
    return step if hidden == clear else hidden


def plain(name: str, text: str) -> str:
    """`text` as it was captured."""
    del name
    return text


def _word(word: str) -> str:
    return sensitive.mask(word) if sensitive.detect("", word) else word
