"""Whether one of many words stands in a text."""

import sys
from itertools import compress
from operator import itemgetter
from typing import Callable, Collection, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple, Union

Finder = Callable[[bytes], bool]  # of a text in UTF-8
Parts = Union[bytes, Tuple[bytes, ...]]
_MOST_WORDS = 20000  # that are remembered; clients choose them
_LONGEST_WORD = 40
_MOST_TEXTS = 2000  # that are remembered, by their hashes

# Everything but letters parts words, except what names are matched without, and digits, which only make words longer.
_WORDS = bytes(c + 32 if 65 <= c <= 90 else c if 97 <= c <= 122 else 32 for c in range(256))
ROWS = bytes(10 if c in b"}\n" else word for c, word in enumerate(_WORDS))
DROPPED = b"-_0123456789"

_SAMPLE = 8  # rows that tell whether the rows of a text repeat
_SHORT = 4000  # bytes of a text that is not worth it
_FEW_WORDS = 400  # in a text; of more, many are the same

_EDGE = 3  # letters by which a needle that begins or ends a word is looked for
_FIRST, _LAST = itemgetter(slice(_EDGE)), itemgetter(slice(-_EDGE, None))
# What needles that may stand anywhere in a word have in them: what is rare in texts, first.
_RARE = (b"pass", b"k", b"p", b"z", b"w", b"h", b"s")


def letters_of(data: bytes) -> bytes:
    """The words of a text, lower case, with spaces between them."""
    return data.translate(_WORDS, DROPPED)


def different_rows(text: bytes) -> bytes:
    """A text by `ROWS`, with one left of rows that are equal: without digits, those of a table or a list often are."""
    first = text.split(b"\n", _SAMPLE)
    if len(first) > _SAMPLE and len(set(first[:_SAMPLE])) <= _SAMPLE // 2:
        text = b"\n\n".join(set(text.split(b"\n")))  # two, so that no phrase goes on in the next row
    return text


class Needle(NamedTuple):
    """Lower-case ASCII letters, and whether they begin and end a word; those of some words with a space between."""

    letters: bytes
    begins: bool
    ends: bool


class Harmless:
    """Texts in which a search has found nothing, by their hashes, so that none of them is kept; bounded.

    The hashes are keyed by this process: nobody outside can find two texts of the same one.
    """

    def __init__(self) -> None:
        self.hashes: Set[int] = set()
        # 32 bits would be the same for two texts now and then.
        self._most = _MOST_TEXTS if sys.hash_info.width >= 64 and sys.hash_info.algorithm[:7] == "siphash" else 0

    def add(self, hashed: int) -> None:
        """Remembers the text of this hash."""
        if len(self.hashes) >= self._most:
            self.hashes = set()
        if self._most:
            self.hashes.add(hashed)


class _Edges:
    """Letters that begin words, or end them, by their first ones or last."""

    def __init__(self, parts: Collection[bytes], are_ends: bool) -> None:
        self._are_ends = are_ends
        self._edge: Callable[[bytes], bytes] = _LAST if are_ends else _FIRST
        self._has: Callable[[bytes, Parts], bool] = bytes.endswith if are_ends else bytes.startswith
        self._short = tuple([part for part in parts if len(part) < _EDGE])
        by_edge: Dict[bytes, List[bytes]] = {}
        for part in parts:
            if len(part) >= _EDGE:
                by_edge.setdefault(self._edge(part), []).append(part)
        self._by_edge = {edge: tuple(same) for edge, same in by_edge.items()}

    def of(self, words: Collection[bytes], together: bytes) -> List[bytes]:
        """Those of the words that have one of them; `together`: the words with spaces between and around."""
        edge, has, by_edge = self._edge, self._has, self._by_edge
        # Of thousands of words few are looked at in Python.
        near = compress(words, map(by_edge.__contains__, map(edge, words)))
        found = [word for word in near if has(word, by_edge[edge(word)])]
        for part in self._short:
            if (part + b" " if self._are_ends else b" " + part) in together:
                found += [word for word in words if has(word, part)]
        return found


class WordTest:
    """Whether words hold one of the needles; remembers short words that hold none."""

    def __init__(self, needles: Collection[Needle]) -> None:
        # The last words of phrases, and what stands before each.
        self._phrases: Dict[bytes, Tuple[bytes, ...]] = {}
        for phrase in sorted({needle.letters for needle in needles if b" " in needle.letters}):
            first, _, last = phrase.rpartition(b" ")
            self._phrases[last] = self._phrases.get(last, ()) + (first,)
        self._last_words = tuple(self._phrases)
        self._whole = frozenset(needle.letters for needle in needles if needle.begins and needle.ends)
        self._begin = _least(_letters(needles, True, False), bytes.startswith)
        self._begins = _Edges(self._begin + self._last_words, False)
        self._ends = _Edges(_least(_letters(needles, False, True), bytes.endswith), True)
        self._inside = _by_rarest(_least(_letters(needles, False, False), _has_any))
        self._harmless: Set[bytes] = set()
        self._begin_as_last: Set[bytes] = set()  # as the last word of a phrase does; harmless without the others
        self._hold: Set[bytes] = set()

    def holding(self, words: Iterable[bytes]) -> List[bytes]:
        """Those of the words that hold a needle, each once."""
        return list(self._sorted_out(set(words).difference(self._harmless))[0])

    def _sorted_out(self, words: Set[bytes]) -> Tuple[Set[bytes], Set[bytes]]:
        """Of words that are not known to be harmless, those that hold a needle, and those that may end a phrase."""
        held, last = self._hold.intersection(words), self._begin_as_last.intersection(words)
        new = words.difference(held, last)
        if not new:
            return held, last
        hold, begin = self._held(new)
        end_phrases = set(begin).difference(hold)
        if len(self._harmless) + len(self._begin_as_last) + len(self._hold) >= _MOST_WORDS:
            self._harmless, self._begin_as_last, self._hold = set(), set(), set()
        for known, words in (
            (self._hold, hold),
            (self._begin_as_last, end_phrases),
            (self._harmless, new.difference(hold, end_phrases)),
        ):
            known.update([word for word in words if len(word) <= _LONGEST_WORD])
        return held | hold, last | end_phrases

    def _held(self, words: Set[bytes]) -> Tuple[Set[bytes], List[bytes]]:
        """Those that hold a needle, and those that begin as some needles do, or the last words of phrases."""
        together = b" %b " % b" ".join(words)
        begin = self._begins.of(words, together)
        held = set(self._ends.of(words, together)).union(self._whole.intersection(words))
        held.update([word for word in begin if word.startswith(self._begin)])
        inside = [part for some, parts in self._inside if some in together for part in parts if part in together]
        if inside:  # mostly none
            held.update([word for word in words if any([part in word for part in inside])])  # noqa: C419 - a generator costs more
        return held, begin

    def said_in(self, text: bytes) -> bool:
        """Whether one of the words of a text holds a needle, or some of them, parted by spaces or lines, are one."""
        said = text.split()
        if len(said) < _FEW_WORDS and self._harmless.issuperset(said):  # as mostly
            return False
        unknown = set(said).difference(self._harmless)
        held, last = self._sorted_out(unknown) if unknown else (unknown, unknown)
        return bool(held) or bool(last) and self.says_phrase(text.replace(b"\n", b" "), last)

    def says_phrase(self, text: bytes, ends: Optional[Collection[bytes]] = None) -> bool:
        """Whether some words of a text are a needle; `ends`: its words that may end one, if they are known."""
        for last, first in self._phrases.items():
            if ends is not None and not any([word.startswith(last) for word in ends]):  # noqa: C419 - a generator costs more
                continue
            word = b" " + last
            at = text.find(word)
            while at >= 0:
                if text.endswith(first, 0, at):
                    return True
                at = text.find(word, at + 1)
        return False


def _letters(needles: Collection[Needle], begins: bool, ends: bool) -> Tuple[bytes, ...]:
    words = [needle for needle in needles if b" " not in needle.letters]
    return tuple(sorted({word.letters for word in words if (word.begins, word.ends) == (begins, ends)}))


def _has_any(part: bytes, others: Tuple[bytes, ...]) -> bool:
    return any(other in part for other in others)


def _least(parts: Collection[bytes], holds: Callable[[bytes, Tuple[bytes, ...]], bool]) -> Tuple[bytes, ...]:
    """Without those that hold another one, as `apitoken` ends with `token`."""
    least: List[bytes] = []
    for part in sorted(parts, key=len):
        if not holds(part, tuple(least)):
            least.append(part)
    return tuple(least)


def _by_rarest(parts: Iterable[bytes]) -> List[Tuple[bytes, Tuple[bytes, ...]]]:
    """What is looked for first, and the parts in which that stands."""
    grouped: Dict[bytes, List[bytes]] = {}
    for part in parts:
        grouped.setdefault(next((some for some in _RARE if some in part), part), []).append(part)
    return [(some, tuple(same)) for some, same in grouped.items()]


def finder(needles: List[Needle]) -> Finder:
    """Looks each different word of the text up, unless it was harmless before but for digits."""
    said_in, harmless = WordTest(needles).said_in, Harmless()

    def found_in(data: bytes) -> bool:
        is_long = len(data) >= _SHORT
        text = data.translate(ROWS if is_long else _WORDS, DROPPED)
        hashed = hash(text)
        if hashed in harmless.hashes:
            return False
        if said_in(different_rows(text) if is_long else text):
            return True
        harmless.add(hashed)
        return False

    return found_in
