"""How names of secrets are spelt in the JSON seen so far, so that they are found where they stand, without a parser."""

from typing import Callable, Dict, Iterable, NamedTuple, Optional, Tuple

from .rules import stands_beside

_MOST_WORDS = 16  # in one text: each spelling is looked for in the whole of it, so a client must not choose how many
_MOST_SPELLINGS = 4  # of one word; clients choose them, so they are forgotten when there are more
_LONGEST = 64  # characters of a name


class _Spelling(NamedTuple):
    name: str
    quoted: str
    times: int  # that the word stands in the name


class KnownSpellings:
    """`words_of`: which words of names a text says, and how often; None where it may say more than that tells."""

    def __init__(
        self, rule_of: Callable[[str], Optional[str]], words_of: Callable[[str], Optional[Dict[bytes, int]]]
    ) -> None:
        self._rule_of = rule_of
        self._words_of = words_of
        self._known: Dict[bytes, Tuple[_Spelling, ...]] = {}

    def learn(self, keys: Iterable[str]) -> None:
        """Remembers those keys that say a word of a name, be they names of secrets or not."""
        for key in keys:
            words = self._words_of(key) if len(key) <= _LONGEST and not stands_beside(key) else None
            for word, times in (words or {}).items():
                spelling, known = _Spelling(key, '"' + key + '"', times), self._known.get(word, ())
                if spelling not in known:  # a new tuple each time: other threads may be going through the old one
                    self._known[word] = (known if len(known) < _MOST_SPELLINGS else ()) + (spelling,)

    def secrets_in(self, text: str) -> Optional[Dict[str, str]]:
        """Secret key → rule, for all in a well-formed JSON text without escapes; None where it says a word elsewhere.

        In such a text a quoted name is a key or a whole string, so what is counted is not a part of something else.
        """
        words = self._words_of(text)
        if words is None or len(words) > _MOST_WORDS:
            return None
        found: Dict[str, str] = {}
        for word, left in words.items():
            for name, quoted, times in self._known.get(word, ()):
                here = text.count(quoted)
                rule = self._rule_of(name) if here else None
                if rule is not None:
                    found[name] = rule
                left -= here * times
            if left:
                return None
        return found
