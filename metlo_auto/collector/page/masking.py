"""What a person sees of captured values: sensitive ones masked until they ask; pure."""

from __future__ import annotations

from urllib.parse import unquote

from metlo_auto.collector.analysis import masking


def masked(name: str, text: str) -> str:
    """`text` of the field `name` as it may be shown; without a name, or of several lines, it is masked in place."""
    return masking.shown(name, text) if name and "\n" not in text else masking.in_place(text)


def masked_path(path: str) -> str:
    """`path` with sensitive steps masked, percent-encoded ones too."""
    return "/".join(_step(step) for step in path.split("/"))


def _step(step: str) -> str:
    clear = unquote(step)
    hidden = masking.in_place(clear)
    return step if hidden == clear else hidden


def plain(name: str, text: str) -> str:
    """`text` as it was captured."""
    del name
    return text
