"""Applies the rules to each part of an exchange; pure, linear, never raises."""

import re
from functools import lru_cache, partial
from typing import Callable, Iterable, Optional, Tuple

from . import csv_columns, free_text, headers, json_text, line_pairs, multipart, pairs
from .command_lines import WITHOUT_A_SIGN
from .free_text import EMBEDDED, GRAPHQL, LINES, MARKUP, Style
from .known_spellings import KnownSpellings
from .masks import CONSTANT, Masks, is_mask
from .names import LONGEST_UNPARTED, Names, Needles, encodable, fold, may_name, parts_names
from .paths import Paths
from .replacements import Rules
from .rules import AUTHORIZATION, CREDENTIAL, DOUBTFUL
from .secret_values import SecretValues, without_codes

Mask = Callable[[str], str]

_DEPTH = 4  # of values within values: JSON in a form in a URL in JSON
_LONGEST_CACHED = 64  # characters of a name
_MOST_CACHED = 8192  # names: a script or a page has some thousands, and comes again
_LEAD = "\ufeff \t\r\n"
_OF_GRAPHQL = re.compile(r"\s*(?:query|mutation|subscription|fragment)\b|\s*\{[^\"':]*[({]")
# Bodies of these types are nothing but a credential.
_CREDENTIAL_TYPE = re.compile(
    r"(?i)\s*(?:application/(?:[\w.\-]+\+)?(?:jwt|jose|sd-jwt)|application/(?:x-pem-file|pkcs8|x-pkcs8|pkcs12|x-pkcs12)"
    r"|application/x-ssh-key)\s*(?:;|\Z)"
)
_COMMAND = re.compile(WITHOUT_A_SIGN)
_CSV_TYPE = re.compile(r"(?i)\s*(?:text|application)/(?:vnd\.)?(?:x-)?(?:csv|(?:tab|comma)-separated-values)\b")
_ANSWERS = ('{"key":', '{"key" :')  # how the only member of an answer to a login begins, which no name gives away
_PLAIN_HEADERS = 2000  # values without secrets that are remembered
_LONGEST_HEADER = 200  # characters of one


class Redactor:
    """Masks secrets under one API key; `enabled=False` lets everything pass."""

    def __init__(self, key: str, headers: Iterable[str] = (), fields: Iterable[str] = (), enabled: bool = True) -> None:
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
            Rules(rule_of, self._mask(deeper), self._inner(deeper), self._mentioned, spellings, self._values(deeper))
            for deeper in range(1, _DEPTH + 1)
        ]
        self._values_alone = SecretValues(self._masks, self._inner(1)).masked_alone
        self.paths = Paths(rule_of, self._masks.argument)
        self._plain_headers: "set[str]" = set()
        self._plain_queries: "set[str]" = set()

    def _alone(self, text: str) -> str:
        """A text in which no name is looked for."""
        text = line_pairs.without_netrc(text)
        return self._values_alone(text) if self._names.holds_value(text) else text

    def _inner(self, depth: int) -> Callable[[str], str]:
        return lambda value: self._within(value, depth)

    def _mask(self, depth: int) -> Callable[[str, str], str]:
        mask = self._masks.value

        def masked(rule: str, secret: str) -> str:
            new = mask(rule, secret)
            return self._within(secret, depth) if rule in DOUBTFUL and new == secret and not is_mask(secret) else new

        return masked

    def _values(self, depth: int) -> Callable[[str], str]:
        """What masks credentials by their form; what they stand for, in base64, is looked into."""
        values = SecretValues(self._masks, self._inner(depth))
        holds = self._names.holds_value
        return lambda text: values.masked(text) if holds(text) else text

    def needles(self) -> Needles:
        """What a text must say to be searched at all, for a compiled search; see `Names.needles`."""
        return self._names.needles()

    def header_rule(self, name: str) -> Optional[str]:
        """What a compiled way does with a header of this name: `cookies`, `authorization`, `ask`; None: it looks."""
        if fold(name) in headers.COOKIES:
            return "cookies"
        if self.header_mask(name) is None:
            return None
        is_own = fold(name) in headers.SET_COOKIES | headers.CHALLENGES | headers.PROTOCOLS
        return AUTHORIZATION if not is_own and self._header_names.rule(name) == AUTHORIZATION else "ask"

    def is_credential(self, content_type: str) -> bool:
        """Whether bodies of this type are nothing but a credential."""
        return self.enabled and _CREDENTIAL_TYPE.match(content_type) is not None

    def beginnings(self) -> Tuple[str, ...]:
        """Of bodies that are searched though no name of a secret stands in them."""
        return _ANSWERS

    def cookie_rule(self, name: str) -> Optional[str]:
        """The rule of a cookie's name; None: its value becomes a mark, whatever it is."""
        return self._rule_of(name)

    def key(self) -> bytes:
        """The key of the marks."""
        return self._masks.key

    def is_secret(self, name: str) -> bool:
        """Whether values under a field, parameter or argument of this name are masked."""
        return self.enabled and self._names.rule(name) is not None

    def header_mask(self, name: str) -> Optional[Mask]:
        """What masks every value of a header of this name, but for cookies' names; None: `plain_header` does."""
        if not self.enabled:
            return None
        folded = fold(name)
        if folded in headers.COOKIES:
            return lambda value: headers.cookie(value, self._cookie)
        if folded in headers.SET_COOKIES:
            return lambda value: headers.set_cookie(value, self._cookie)
        if folded in headers.CHALLENGES:
            return lambda value: headers.challenge(value, self._masks)
        if folded in headers.PROTOCOLS:
            return lambda value: headers.protocols(value, self._masks)
        rule = self._header_names.rule(name)
        if rule is None and headers.is_credential(folded):
            rule = CREDENTIAL
        if rule in DOUBTFUL:
            return partial(self._doubtful_header, rule)
        return None if rule is None else partial(self._masks.value, rule)

    def were_plain(self, values: Tuple[str, ...]) -> bool:
        """Whether all of these values of headers are known to have nothing to mask."""
        return self._plain_headers.issuperset(values)

    def _doubtful_header(self, rule: str, value: str) -> str:
        new = self._masks.value(rule, value)
        return self.plain_header(value) if new == value else new

    def are_plain(self, values: Tuple[str, ...]) -> bool:
        """Whether none of these values of headers has anything to mask; cheap for those that were seen before."""
        return self._plain_headers.issuperset(values) or all(map(self._is_plain, values))

    def _is_plain(self, value: str) -> bool:
        if value in self._plain_headers:
            return True
        if (self._mentioned(value) or "code=" in value) and self.plain_header(value) != value:
            return False
        if len(value) <= _LONGEST_HEADER:
            if len(self._plain_headers) >= _PLAIN_HEADERS:
                self._plain_headers = set()
            self._plain_headers.add(value)
        return True

    def plain_header(self, value: str) -> str:
        """A value of a header whose name says nothing: a URL, a bearer, a key by its form."""
        if not self.enabled or not (self._mentioned(value) or "code=" in value):
            return value
        value = encodable(value)
        value = without_codes(value)
        if value.lstrip()[:1] in ("{", "[", '"') and json_text.is_json(value):
            return self._rules[0].values(json_text.masked(value, self._rules[0]))
        return self._rules[0].values(free_text.masked(value, self._rules[0], EMBEDDED))

    def header(self, name: str, value: str) -> str:
        """A header's value with what is secret in it masked."""
        mask = self.header_mask(name)
        return self.plain_header(value) if mask is None else mask(value)

    def query(self, text: str) -> str:
        """A raw query string."""
        if not self.enabled or text in self._plain_queries:
            return text
        if self._mentioned(text) or "code=" in text:
            return self._rules[0].values(pairs.masked(encodable(text), self._rules[0]))
        if len(text) <= _LONGEST_HEADER:
            if len(self._plain_queries) >= _PLAIN_HEADERS:
                self._plain_queries = set()
            self._plain_queries.add(text)
        return text

    def argument(self, name: str, value: str) -> str:
        """A URL parameter of the route, decoded."""
        if not self.enabled:
            return value
        rule = self._names.rule(name)
        return self._within(value, 0) if rule is None else self._masks.argument(rule, value) if value else value

    def path(self, text: str) -> str:
        """A path in which no name says anything: a URL in it, or a key by its form."""
        return self._within(text, 0) if self.enabled and self._mentioned(text) else text

    def mentions(self, text: str) -> bool:
        """False only where the body has nothing to mask."""
        return self.enabled and self._mentioned(text)

    def either_mentions(self, one: str, other: str) -> bool:
        """False only where neither of two bodies has anything to mask; mostly by one search."""
        if not (self.enabled and one and other):
            return self.enabled and self._mentioned(one or other)
        both = one + "\n" + other
        if len(both) > LONGEST_UNPARTED and not may_name(both):  # each is looked at by its own length
            return self._mentioned(one) or self._mentioned(other)
        return self._mentioned(both)

    def body(self, text: str, kind: str, content_type: str = "", mentions: Optional[bool] = None) -> str:
        """The text of a body; `kind` as `bodies.Text` has it, and only a hint: what does not parse is searched.

        `mentions`: what `mentions` says of it, where the caller has asked.
        """
        if not self.enabled or not text:
            return text
        if content_type and _CREDENTIAL_TYPE.match(content_type):
            return self._masks.mark(text)
        if content_type and _CSV_TYPE.match(content_type):
            text = csv_columns.masked(encodable(text), self._rules[0])
        if not ((self._mentioned(text) if mentions is None else mentions) or text.startswith(_ANSWERS)):
            return text
        text = encodable(text)
        if not may_name(text):
            return self._alone(text)
        if kind == "multipart":
            return self._rules[0].values(multipart.masked(text, content_type, self._rules[0], self._search))
        if kind == "ndjson":
            return self._rules[0].values(self._lines(text))
        lead = text.lstrip(_LEAD)[:1]
        if lead and lead in '{["' and json_text.is_json(text):
            return json_text.masked(text, self._rules[0])
        if kind == "form":
            text = pairs.masked(text, self._rules[0])
            return self._rules[0].values(self._search(text) if lead and lead in '{[<"' else text)
        return self._rules[0].values(
            self._search(text, GRAPHQL if kind == "graphql" else MARKUP if kind == "xml" else None)
        )

    def _lines(self, text: str) -> str:
        """NDJSON; where a line is no JSON, a value may go on over the next ones, so all is searched."""
        lines = text.split("\n")
        broken = False
        for at, line in enumerate(lines):
            if not self._mentioned("=" + line):  # what parts name and value may stand in the next line
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
        text, rules = encodable(text), self._rules[depth]
        if text.lstrip()[:1] in ("{", "[", '"') and json_text.is_json(text):
            return json_text.masked(text, rules)
        if not (parts_names(text) or _COMMAND.search(text)):
            return rules.values(line_pairs.without_netrc(text))
        return rules.values(free_text.masked(text, rules, _style_of(text)))

    def _cookie(self, name: str, value: str) -> str:
        rule = self._rule_of(name)
        return self._masks.mark(value) if rule is None else self._masks.argument(rule, value)


def _style_of(text: str) -> Style:
    """How values end in a value: in lines of their own, in markup, or wherever a URL or a message goes on."""
    if _OF_GRAPHQL.match(text):
        return GRAPHQL
    if text.lstrip(_LEAD)[:1] == "<":
        return MARKUP
    return LINES if "\n" in text.strip() else EMBEDDED


def _cached(rule_of: Callable[[str], Optional[str]]) -> Callable[[str], Optional[str]]:
    """The same function, fast for names that repeat; bounded, since clients choose the names."""
    cached = lru_cache(_MOST_CACHED)(rule_of)
    return lambda name: cached(name) if len(name) <= _LONGEST_CACHED else rule_of(name)
