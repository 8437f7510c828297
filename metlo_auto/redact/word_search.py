"""Whether one of many words stands in a text: by the fastest way that is installed, each with the same response."""

from typing import Callable, Collection, FrozenSet, Iterable, List, NamedTuple, Set, Tuple

Finder = Callable[[bytes], bool]  # of a text in UTF-8
_MOST_WORDS = 20000  # that are remembered; clients choose them
_LONGEST_WORD = 40

# Everything but letters parts words, except what names are matched without, and digits, which only make words longer.
_WORDS = bytes(c + 32 if 65 <= c <= 90 else c if 97 <= c <= 122 else 32 for c in range(256))
_ROWS = bytes(10 if c in b"}\n" else word for c, word in enumerate(_WORDS))
DROPPED = b"-_0123456789"

_SAMPLE = 8  # rows that tell whether the rows of a text repeat
_SHORT = 4000  # bytes of a text that is not worth it


def letters_of(data: bytes) -> bytes:
    """The words of a text, lower case, with spaces between them."""
    return data.translate(_WORDS, DROPPED)


def different_rows(data: bytes) -> bytes:
    """The same; of lines and objects that are equal one is left, where many are.

    Without digits, rows of a table and objects of a list often are, and to look at words is what costs most.
    """
    if len(data) < _SHORT:
        return data.translate(_WORDS, DROPPED)
    text = data.translate(_ROWS, DROPPED)
    first = text.split(b"\n", _SAMPLE)
    if len(first) > _SAMPLE and len(set(first[:_SAMPLE])) <= _SAMPLE // 2:
        text = b"\n\n".join(set(text.split(b"\n")))  # two, so that no phrase goes on in the next row
    return text


class Needle(NamedTuple):
    """Lower-case ASCII letters, and whether they begin and end a word; those of some words with a space between."""

    letters: bytes
    begins: bool
    ends: bool


class WordTest:
    """Whether words hold one of the needles; remembers short words that hold none."""

    def __init__(self, needles: Collection[Needle]) -> None:
        self._whole = frozenset(needle.letters for needle in needles if needle.begins and needle.ends)
        self._begins = _edges(_letters(needles, True, False), False)
        self._ends = _edges(_letters(needles, False, True), True)
        self._inside = _letters(needles, False, False)
        self._phrases = tuple([needle.letters for needle in needles if b" " in needle.letters])
        self._last_words = tuple({b" " + phrase.split()[-1] for phrase in self._phrases})
        self._last_begins = _edges(tuple({phrase.split()[-1] for phrase in self._phrases}), False)
        self._harmless: Set[bytes] = set()
        self._harmless_in_phrases: Set[bytes] = set()

    def holding(self, words: Iterable[bytes]) -> List[bytes]:
        """Those of the words that hold a needle, each once."""
        harmless = self._harmless
        unknown = set(words).difference(harmless)
        if not unknown:
            return []
        held = self._held(unknown)
        if len(harmless) >= _MOST_WORDS:
            harmless = self._harmless = set()
        harmless.update([word for word in unknown.difference(held) if len(word) <= _LONGEST_WORD])
        return held

    def _held(self, words: Collection[bytes]) -> List[bytes]:
        whole, (begins, begin, first), (ends, end, last) = self._whole, self._begins, self._ends
        together = b" ".join(words)
        inside = [part for part in self._inside if part in together]  # mostly none
        # What is looked up first says no of nearly all words: a text of new words has thousands.
        return [word for word in words if (
            word in whole
            or word[-last:] in end and word.endswith(ends)
            or word[:first] in begin and word.startswith(begins)
            or inside and any([part in word for part in inside])  # noqa: C419 - a generator costs more
        )]  # fmt: skip

    def said_in(self, text: bytes) -> bool:
        """Whether one of the words of a text holds a needle, or some of them, parted by spaces or lines, are one."""
        said = text.split()
        if self._harmless_in_phrases.issuperset(said):  # as mostly
            return False
        words = set(said).difference(self._harmless_in_phrases)
        if self.holding(words):
            return True
        begins, begin, first = self._last_begins
        last = {word for word in words if word[:first] in begin and word.startswith(begins)}
        if len(self._harmless_in_phrases) >= _MOST_WORDS:
            self._harmless_in_phrases = set()
        self._harmless_in_phrases.update([word for word in words.difference(last) if len(word) <= _LONGEST_WORD])
        return bool(last) and self.says_phrase(text.replace(b"\n", b" "))

    def says_phrase(self, text: bytes) -> bool:
        """Whether some words of a text are a needle."""
        for word in self._last_words:
            if word in text:
                return any(phrase in text for phrase in self._phrases)
        return False


def _letters(needles: Collection[Needle], begins: bool, ends: bool) -> Tuple[bytes, ...]:
    words = [needle for needle in needles if b" " not in needle.letters]
    return tuple(sorted({word.letters for word in words if (word.begins, word.ends) == (begins, ends)}))


def _edges(parts: Tuple[bytes, ...], are_ends: bool) -> Tuple[Tuple[bytes, ...], FrozenSet[bytes], int]:
    """Beginnings or ends of words, and how their first letters, or last, begin: these, and how many they are."""
    least = min(map(len, parts), default=1)
    return parts, frozenset([part[-least:] if are_ends else part[:least] for part in parts]), least


def fastest_finder(needles: List[Needle]) -> Finder:
    """A test whether one of the needles stands in a text, linear in the text."""
    try:
        return finder_by_automaton(needles)
    except Exception:  # noqa: BLE001 - it is not there, or not as it should be: there is the other way
        return finder_by_words(needles)


def finder_by_words(needles: List[Needle]) -> Finder:
    """Looks each different word of the text up."""
    said_in = WordTest(needles).said_in
    return lambda data: said_in(
        data.translate(_WORDS, DROPPED) if len(data) < _SHORT else different_rows(data)
    )


def finder_by_automaton(needles: List[Needle]) -> Finder:
    """Looks at each byte once, whatever the number of needles; needs ahocorasick_rs."""
    from ahocorasick_rs import BytesAhoCorasick, Implementation

    patterns = {b" " * begins + letters + b" " * ends for letters, begins, ends in needles}
    find = BytesAhoCorasick(sorted(patterns), implementation=Implementation.DFA)
    matches = find.find_matches_as_indexes
    return lambda data: bool(matches(b" %b " % different_rows(data).replace(b"\n", b" ")))
