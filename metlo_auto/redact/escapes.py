"""Text in which quotes and angle brackets are escaped once more: for HTML, or for a string of JavaScript or Python."""

import re
from bisect import bisect_right
from typing import List, NamedTuple, Optional, Tuple

from .replacements import with_replacements

_ESCAPE = re.compile(
    r"&(?:apos|quot|lt|gt|#0{0,4}(?:34|39|60|62)|#[xX]0{0,4}(?:2[27]|3[cCeE]));|\\x2[27]|\\x3[cCeE]|\\u00(?:2[27]|3[cCeE])")
_NAMED = {"apos": "'", "quot": '"', "lt": "<", "gt": ">"}


class Undone(NamedTuple):
    """`text`: without the escapes; `places`: where what follows each of them stands in it, and stood before."""

    original: str
    text: str
    places: Tuple[List[int], List[int]]

    def applied(self, made: List[Tuple[int, int, str]]) -> str:
        """The original with replacements that were made in `text`."""
        places = [(self._place(start), self._place(end), new) for start, end, new in made]
        return with_replacements(self.original, places)

    def _place(self, at: int) -> int:
        new, old = self.places
        found = bisect_right(new, at) - 1
        return old[found] + at - new[found]


def undone(text: str) -> Optional[Undone]:
    """The text with such escapes undone; None where it has none."""
    if "&" not in text and "\\" not in text:
        return None
    pieces: List[str] = []
    new, old = [0], [0]
    at = length = 0
    for found in _ESCAPE.finditer(text):
        pieces += (text[at : found.start()], _meant(found.group()))
        length += found.start() - at + 1
        at = found.end()
        new.append(length)
        old.append(at)
    if not pieces:
        return None
    return Undone(text, "".join(pieces) + text[at:], (new, old))


def _meant(escape: str) -> str:
    name = escape.strip("&;\\")
    if name in _NAMED:
        return _NAMED[name]
    return chr(int(name.lstrip("#xXu"), 10 if name[0] == "#" and name[1:2] not in "xX" else 16))
