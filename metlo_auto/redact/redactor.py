"""Applies the rules to each part of an exchange; pure, linear, never raises."""

import re
from functools import lru_cache, partial
from typing import Callable, Iterable, Optional

from . import free_text, headers, json_text, multipart, pairs
from .free_text import EMBEDDED, GRAPHQL, LINES, MARKUP, Style
from .known_spellings import KnownSpellings
from .masks import CONSTANT, Masks
from .names import Names, encodable, fold
from .replacements import Rules
from .tables import URL_HEADERS

Mask = Callable[[str], str]

_DEPTH = 4  # of values within values: JSON in a form in a URL in JSON
_LONGEST_CACHED = 64  # characters of a name
_PASSWORD_IN_URL = re.compile(r"(://[^\s/?#:@]*:)[^\s/?#@]+(?=@)")
_LEAD = "\ufeff \t\r\n"


class Redactor:
    """Masks secrets under one API key; `enabled=False` lets everything pass."""

    def __init__(
        self, key: str, headers: Iterable[str] = (), fields: Iterable[str] = (), enabled: bool = True
    ) -> None:
        fields, more = list(fields), list(headers)
        self.enabled = enabled
        self._masks = Masks(key)
        self._names = Names(fields)
        self._header_names = Names(fields + more) if more else self._names
        self._mentioned = self._names.mentioned
        rule_of = self._rule_of = _cached(self._names.rule)
        spellings = KnownSpellings(rule_of, self._names.words)
        # By how deep a value stands within values.
        self._rules = [
            Rules(rule_of, self._masks.value, self._inner(depth + 1), self._mentioned, spellings)
            for depth in range(_DEPTH)]

    def _inner(self, depth: int) -> Callable[[str], str]:
        return lambda value: self._within(value, depth)

    def is_secret(self, name: str) -> bool:
        """Whether values under a field, parameter or argument of this name are masked."""
        return self.enabled and self._names.rule(name) is not None

    def header_mask(self, name: str) -> Optional[Mask]:
        """What masks the value of a header of this name, cookies' names and schemes apart; None where nothing does."""
        if not self.enabled:
            return None
        folded = fold(name)
        if folded in headers.COOKIES:
            return lambda value: headers.cookie(value, self._cookie)
        if folded in headers.SET_COOKIES:
            return lambda value: headers.set_cookie(value, self._cookie)
        rule = self._header_names.rule(name)
        if rule is not None:
            return partial(self._masks.value, rule)
        if folded in URL_HEADERS:
            return lambda value: self._within(_PASSWORD_IN_URL.sub(r"\g<1>" + CONSTANT, value), 0)
        return None

    def header(self, name: str, value: str) -> str:
        """A header's value with what is secret in it masked."""
        mask = self.header_mask(name)
        return value if mask is None else mask(value)

    def query(self, text: str) -> str:
        """A raw query string."""
        if not self.enabled or not self._mentioned(text):
            return text
        return pairs.masked(encodable(text), self._rules[0])

    def argument(self, name: str, value: str) -> str:
        """A URL parameter of the route, decoded."""
        if not self.enabled:
            return value
        rule = self._names.rule(name)
        return self._within(value, 0) if rule is None else self._masks.value(rule, value)

    def mentions(self, text: str) -> bool:
        """False only where no body in `text` has anything to mask: one search may serve for several bodies."""
        return self.enabled and _has_values(text) and self._mentioned(text)

    def body(self, text: str, kind: str, content_type: str = "", mentions: Optional[bool] = None) -> str:
        """The text of a body; `kind` as `bodies.Text` has it, and only a hint: what does not parse is searched.

        `mentions`: what `mentions` says of it, where the caller has asked.
        """
        if not self.enabled or not text or not (self._mentioned(text) if mentions is None else mentions):
            return text
        text = encodable(text)
        if kind == "multipart":
            return multipart.masked(text, content_type, self._rules[0], self._search)
        if kind == "ndjson":
            return self._lines(text)
        lead = text.lstrip(_LEAD)[:1]
        if lead and lead in '{["' and json_text.is_json(text):
            return json_text.masked(text, self._rules[0])
        if kind == "form":
            text = pairs.masked(text, self._rules[0])
            return self._search(text) if lead and lead in '{[<"' else text
        return self._search(text, GRAPHQL if kind == "graphql" else MARKUP if kind == "xml" else None)

    def _lines(self, text: str) -> str:
        """NDJSON; where a line is no JSON, a value may go on over the next ones, so all is searched."""
        lines = text.split("\n")
        broken = False
        for at, line in enumerate(lines):
            if not self._mentioned(line):
                continue
            if json_text.is_json(line):
                lines[at] = json_text.masked(line, self._rules[0])
            else:
                broken = True
        if not broken:
            return "\n".join(lines)
        return json_text.masked(text, self._rules[0]) if json_text.is_json(text) else self._search("\n".join(lines))

    def _search(self, text: str, style: Optional[Style] = None) -> str:
        if style is None:
            style = MARKUP if text.lstrip(_LEAD)[:1] == "<" else LINES
        return free_text.masked(text, self._rules[0], style)

    def _within(self, text: str, depth: int) -> str:
        """A value that is not secret by its own name: JSON, a URL, a query, code, or a message."""
        if not text or not self._mentioned(text):
            return text
        if depth >= _DEPTH:
            return CONSTANT  # nested deeper than anyone means well: fail closed
        text = encodable(text)
        if text.lstrip()[:1] in ("{", "[", '"') and json_text.is_json(text):
            return json_text.masked(text, self._rules[depth])
        style = GRAPHQL if "{" in text and "(" in text else EMBEDDED
        return free_text.masked(text, self._rules[depth], style)

    def _cookie(self, name: str, value: str) -> str:
        rule = self._rule_of(name)
        return self._masks.mark(value) if rule is None else self._masks.value(rule, value)


def _has_values(text: str) -> bool:
    """False only where nothing parts a name from its value, however it is encoded: a list in CSV, a word."""
    # One after the other: each ends at the first, and where there is none it is five quick looks at each byte.
    return ":" in text or "=" in text or "<" in text or "%" in text or "\\" in text


def _cached(rule_of: Callable[[str], Optional[str]]) -> Callable[[str], Optional[str]]:
    """The same function, fast for names that repeat; bounded, since clients choose the names."""
    cached = lru_cache(2048)(rule_of)
    return lambda name: cached(name) if len(name) <= _LONGEST_CACHED else rule_of(name)
