"""Text as every database takes it; pure."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\\0\\ud800-\\udfff]")


def storable(text: str) -> str:
    """`text` with the replacement character for lone surrogates and NUL, which some or all databases refuse."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)
