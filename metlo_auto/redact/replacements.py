"""What the masking of every format shares: the rules that apply, and replacements made where they stand."""

from typing import Callable, List, NamedTuple, Optional, Tuple

from .known_spellings import KnownSpellings


class Rules(NamedTuple):
    """`rule_of`: the rule of a name, or None. `mask`: (rule, secret) → mask. `inner`: masks names within a value.
    `mentions`: False only where `inner` would change nothing, whatever part of the text it were given.
    `spellings`: how names are spelt in JSON. `values`: masks what is a credential by its own form.
    """

    rule_of: Callable[[str], Optional[str]]
    mask: Callable[[str, str], str]
    inner: Callable[[str], str]
    mentions: Callable[[str], bool]
    spellings: KnownSpellings
    values: Callable[[str], str]


class Replacements:
    """A text and replacements in it, made from left to right; all that lies between them stays as it is."""

    __slots__ = ("text", "done", "made")

    def __init__(self, text: str) -> None:
        self.text = text
        self.done = 0  # up to where nothing changes any more
        self.made: List[Tuple[int, int, str]] = []

    def replace(self, start: int, end: int, new: str) -> None:
        """`start` is not before the end of the last replacement."""
        self.made.append((start, end, new))
        self.done = end

    def result(self) -> str:
        """The text with all replacements."""
        return with_replacements(self.text, self.made)


def with_replacements(text: str, made: List[Tuple[int, int, str]]) -> str:
    """The text with what stands from start to end replaced by new, for each (start, end, new) in order."""
    out: List[str] = []
    done = 0
    for start, end, new in made:
        out += (text[done:start], new)
        done = end
    out.append(text[done:])
    return "".join(out)
