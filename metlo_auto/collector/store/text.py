"""Text as every database takes it, as a value and as a key; pure."""

from __future__ import annotations

import hashlib
import re

MOST_KEY = 800  # bytes of one key column; PostgreSQL indexes no more than 2,700 bytes of all columns together
_UNSTORABLE = re.compile("[\\0\\ud800-\\udfff]")


def storable(text: str) -> str:
    """`text` with the replacement character for lone surrogates and NUL, which some or all databases refuse."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def key(text: str, most: int = MOST_KEY) -> str:
    """`text` as a storable key of at most `most` bytes: a longer one is its beginning and a digest of the whole."""
    if len(text) * 4 <= most:
        return storable(text)
    clean = storable(text).encode("utf-8")
    if len(clean) <= most:
        return clean.decode("utf-8")
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return clean[: most - len(digest) - 3].decode("utf-8", "ignore") + "\u2026" + digest
