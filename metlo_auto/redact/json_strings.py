"""Strings as JSON writes them between two quotes."""

import json


def string_end(text: str, at: int) -> int:
    """Where the quote stands that closes the string whose content begins at `at`; the text's length where none does."""
    while True:
        end = text.find('"', at)
        if end < 0:
            return len(text)
        back = end
        while text[back - 1] == "\\":
            back -= 1
        if (end - back) % 2 == 0:
            return end
        at = end + 1


def unescaped(raw: str) -> str:
    """The string that stands between two quotes; as it stands where it is malformed."""
    if "\\" not in raw:
        return raw
    try:
        return str(json.loads('"' + raw + '"', strict=False))
    except ValueError:
        return raw


def escaped(plain: str) -> str:
    """What stands between the quotes for a string."""
    return json.dumps(plain)[1:-1]
