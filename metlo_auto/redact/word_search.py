"""Whether one of many words stands in a text: by the fastest way that is installed, each with the same answer."""

from typing import Callable, Collection, Dict, List, NamedTuple, Tuple

Finder = Callable[[bytes], bool]  # of a text that is made of ASCII letters and spaces
_MOST_WORDS = 20000  # that are remembered; clients choose them
_LONGEST_WORD = 40


class Needle(NamedTuple):
    """Lower-case ASCII letters, and whether they begin and end a word."""

    letters: bytes
    begins: bool
    ends: bool


class WordTest:
    """Whether a word holds one of the needles; remembers what it has said of short words."""

    def __init__(self, needles: Collection[Needle]) -> None:
        self._whole = frozenset(needle.letters for needle in needles if needle.begins and needle.ends)
        self._begins = _letters(needles, True, False)
        self._ends = _letters(needles, False, True)
        self._inside = _letters(needles, False, False)
        self._known: Dict[bytes, bool] = {}

    def holds(self, word: bytes) -> bool:
        """Whether a needle stands in the word."""
        known = self._known.get(word)
        if known is None:
            known = self._holds(word)
            if len(word) <= _LONGEST_WORD:
                if len(self._known) >= _MOST_WORDS:
                    self._known = {}
                self._known[word] = known
        return known

    def _holds(self, word: bytes) -> bool:
        return (word in self._whole or word.endswith(self._ends) or word.startswith(self._begins)
                or any(part in word for part in self._inside))

    def said_in(self, text: bytes) -> bool:
        """Whether one of the words of a text holds a needle."""
        # Most words are known to hold none; a dict looks them up as fast as a set.
        return any(map(self.holds, set(text.split()))) if text else False


def _letters(needles: Collection[Needle], begins: bool, ends: bool) -> Tuple[bytes, ...]:
    return tuple(sorted({needle.letters for needle in needles if (needle.begins, needle.ends) == (begins, ends)}))


def fastest_finder(needles: List[Needle]) -> Finder:
    """A test whether one of the needles stands in a text, linear in the text."""
    try:
        return finder_by_automaton(needles)
    except Exception:  # noqa: BLE001 - it is not there, or not as it should be: there is the other way
        return finder_by_words(needles)


def finder_by_words(needles: List[Needle]) -> Finder:
    """Looks each different word of the text up."""
    return WordTest(needles).said_in


def finder_by_automaton(needles: List[Needle]) -> Finder:
    """Looks at each byte once, whatever the number of needles; needs ahocorasick_rs."""
    from ahocorasick_rs import BytesAhoCorasick, Implementation

    patterns = {b" " * begins + letters + b" " * ends for letters, begins, ends in needles}
    find = BytesAhoCorasick(sorted(patterns), implementation=Implementation.DFA)
    matches = find.find_matches_as_indexes
    return lambda text: bool(matches(b" %b " % text))
