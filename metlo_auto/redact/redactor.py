"""Applies the rules to each part of an exchange; pure, linear, never raises."""

from functools import lru_cache
from typing import Iterable

from . import free_text, headers, json_text, multipart, pairs
from .free_text import EMBEDDED, GRAPHQL, LINES, MARKUP, Style
from .masks import CONSTANT, Masks
from .names import CREDENTIAL, Names, encodable, fold
from .tables import URL_HEADERS

_DEPTH = 4  # of values within values: JSON in a form in a URL in JSON


class Redactor:
    """Masks secrets under one API key; `enabled=False` lets everything pass."""

    def __init__(
        self, key: str, headers: Iterable[str] = (), fields: Iterable[str] = (), enabled: bool = True
    ) -> None:
        self.enabled = enabled
        self._names = Names(fields)
        self._mentioned = self._names.mentioned
        self._rule = lru_cache(2048)(self._names.rule)
        self._masks = Masks(key)
        self._header_names = Names(list(headers) + list(fields))

    def is_secret(self, name: str) -> bool:
        """Whether values under a field, parameter or argument of this name are masked."""
        return self.enabled and self._names.rule(name) is not None

    def sensitive_header(self, name: str) -> bool:
        """Whether `header` may change the value of a header of this name."""
        folded = fold(name)
        return self.enabled and (folded in URL_HEADERS or self._header_names.rule(name) is not None)

    def header(self, name: str, value: str) -> str:
        """A header's value with what is secret in it masked; cookies keep their names, schemes stay."""
        if not self.enabled:
            return value
        folded = fold(name)
        if folded in headers.COOKIES:
            return headers.cookie(value, self._mark)
        if folded in headers.SET_COOKIES:
            return headers.set_cookie(value, self._mark)
        rule = self._header_names.rule(name)
        if rule is not None:
            return self._masks.value(rule, value)
        return self._within(value, 0) if folded in URL_HEADERS else value

    def query(self, text: str) -> str:
        """A raw query string."""
        if not self.enabled or not self._mentioned(text):
            return text
        return pairs.masked(encodable(text), self._rule, self._masks.value, self._inner)

    def argument(self, name: str, value: str) -> str:
        """A URL parameter of the route, decoded."""
        if not self.enabled:
            return value
        rule = self._names.rule(name)
        return self._within(value, 0) if rule is None else self._masks.value(rule, value)

    def body(self, text: str, kind: str, content_type: str = "") -> str:
        """The text of a body; `kind` as `bodies.Text` has it, and only a hint: what does not parse is searched."""
        if not self.enabled or not text or not self._mentioned(text):
            return text
        text = encodable(text)
        if kind == "ndjson":
            return self._lines(text)
        if kind == "multipart":
            return multipart.masked(text, content_type, self._rule, self._masks.value, self._inner, self._search)
        lead = text.lstrip("\ufeff \t\r\n")[:1]
        if lead and lead in '{["' and json_text.is_json(text):
            return json_text.masked(text, self._rule, self._masks.value, self._inner)
        if kind == "form":
            text = pairs.masked(text, self._rule, self._masks.value, self._inner)
            return self._search(text) if lead and lead in '{[<"' else text
        if kind == "graphql":
            return self._searched(text, GRAPHQL, 0)
        return self._search(text, kind)

    def _lines(self, text: str) -> str:
        """NDJSON; where a line is no JSON, a value may go on over the next ones, so all is searched."""
        lines = text.split("\n")
        broken = False
        for at, line in enumerate(lines):
            if not self._mentioned(line):
                continue
            if json_text.is_json(line):
                lines[at] = json_text.masked(line, self._rule, self._masks.value, self._inner)
            else:
                broken = True
        text = "\n".join(lines)
        return self._search(text) if broken else text

    def _search(self, text: str, kind: str = "") -> str:
        marked_up = kind == "xml" or text.lstrip("\ufeff \t\r\n")[:1] == "<"
        return self._searched(text, MARKUP if marked_up else LINES, 0)

    def _searched(self, text: str, style: Style, depth: int) -> str:
        def inner(value: str) -> str:
            return self._within(value, depth + 1)

        return free_text.masked(text, self._rule, self._masks.value, inner, style)

    def _inner(self, text: str) -> str:
        return self._within(text, 1)

    def _within(self, text: str, depth: int) -> str:
        """A value that is not secret by its own name: JSON, a URL, a query, code, or a message."""
        if not text or not self._mentioned(text):
            return text
        if depth >= _DEPTH:
            return CONSTANT  # nested deeper than anyone means well: fail closed
        text = encodable(text)
        if text.lstrip()[:1] in ("{", "[", '"') and json_text.is_json(text):
            return json_text.masked(
                text, self._rule, self._masks.value, lambda value: self._within(value, depth + 1)
            )
        style = GRAPHQL if "{" in text and "(" in text else EMBEDDED
        return self._searched(text, style, depth)

    def _mark(self, secret: str) -> str:
        return self._masks.value(CREDENTIAL, secret)
