"""What the masking of every format shares: the rules that apply, and replacements made where they stand."""

from typing import Callable, List, NamedTuple, Optional

from .known_spellings import KnownSpellings


class Rules(NamedTuple):
    """`rule_of`: the rule of a name, or None. `mask`: (rule, secret) → mask. `inner`: masks names within a value.
    `mentions`: False only where `inner` would change nothing, whatever part of the text it were given.
    `spellings`: how names are spelt in JSON.
    """

    rule_of: Callable[[str], Optional[str]]
    mask: Callable[[str, str], str]
    inner: Callable[[str], str]
    mentions: Callable[[str], bool]
    spellings: KnownSpellings


class Replacements:
    """A text and replacements in it, made from left to right; all that lies between them stays as it is."""

    __slots__ = ("text", "done", "_out")

    def __init__(self, text: str) -> None:
        self.text = text
        self.done = 0  # up to where nothing changes any more
        self._out: List[str] = []

    def replace(self, start: int, end: int, new: str) -> None:
        """`start` is not before the end of the last replacement."""
        self._out += (self.text[self.done : start], new)
        self.done = end

    def result(self) -> str:
        """The text with all replacements."""
        return "".join(self._out) + self.text[self.done :]
