"""What a person sees of captured values: sensitive ones masked until they ask; pure."""

from __future__ import annotations

from metlo_auto.collector.analysis import masking


def masked(name: str, text: str) -> str:
    """`text` of the field `name` as it may be shown; without a name, or of several lines, it is masked in place."""
    return masking.shown(name, text) if name and "\n" not in text else masking.in_place(text)


def plain(name: str, text: str) -> str:
    """`text` as it was captured."""
    del name
    return text
