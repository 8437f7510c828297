"""Masks by pattern what stands after a secret name in text that no parser takes: logs, broken JSON, XML, GraphQL.

Fails closed: where the end of a value is in doubt, more is masked. Every pattern is linear.
"""

import re
from itertools import compress
from typing import Match, NamedTuple, Optional, Pattern, Set
from urllib.parse import quote_plus, unquote_plus

from . import escapes, line_pairs, tags
from .json_strings import escaped, unescaped
from .json_text import mask_value
from .leaves import is_prose
from .markup import mask_element
from .masks import CONSTANT, looks_random
from .names import unescaped_letters
from .pairs import rule_of_encoded
from .replacements import Replacements, Rules
from .rules import AUTHORIZATION, HELD, HELD_MAP, MARKS, SECRET, letters_of
from .tables import SCHEMA_NAMES, SCHEMES


class Style(NamedTuple):
    """How values end in one sort of text."""

    bare: Pattern[str]  # where a value without quotes ends
    paired: Pattern[str]  # the same after `name=`, as the next pair of a query may follow
    colons: bool  # whether `name: value` counts without quotes
    exact: bool  # whether a number or a word like true ends where it ends, also after a name without quotes


_NEXT_PAIR = r"|&[^\s&=]{1,200}="


def _style(ends: str, pairs: str, colons: bool, exact: bool) -> Style:
    return Style(re.compile(ends), re.compile(ends + pairs), colons, exact)


LINES = _style(r"[\r\n]", _NEXT_PAIR, True, False)
MARKUP = _style(r"[\r\n<>\"']", _NEXT_PAIR, True, False)
GRAPHQL = _style(r"[\r\n,(){}\]]", "", True, True)
_QUOTE_ENDS = r"|'(?=[\s,;)>\]}]|\Z)"  # an apostrophe does not
EMBEDDED = _style(r"[\s&#\"<>]" + _QUOTE_ENDS, "", False, True)  # in something else: a URL, a message, code
_IN_PAIRS = re.compile(r"[\s\"<>]|[&;,][\w.\-]{1,64}=" + _QUOTE_ENDS)  # the same where no URL is around
_IN_SETTINGS = re.compile(r"[;\r\n]")  # in `Server=…;Password=…;`
_TO_NEXT_PAIR = re.compile(r"[&;,\s]\s{0,8}[\w.\-]{1,64}\s?=|[\r\n]")  # where the name begins the whole value
_SETTINGS = re.compile(r"\s*[\w .]{1,64}=[^;=&?]{0,1000};")
_OF_A_URL = re.compile(r"[?/]")

_WORD = re.compile(r"[\w.%\-" + MARKS + "]+")
_ASSIGNED = re.compile(
    r"""(?:\[\w{0,20}\]|\]|%5[dD])*(\\*["'`])?(?:\]|%5[dD])*\s*"""
    r"""(=>|:=|[=!]==?|;s:[0-9]{1,9}:|[=:]|,\s{0,4}<<(?=")|(?<=\s)\.(?=\s{1,4}")|(?<=\s)(?:eq|ne|co|sw|ew)(?=\s{1,8}\\*["']))\s*"""
)
_FLAG = re.compile(r"""[ \t]{1,8}(?:\\*(?=["'])|(?!<<<|[\-\s]))""")  # `--password …`, `-storepass …`
_SAID = re.compile(r"""[ \t]{1,8}(?=["'])""")  # `PASSWORD '…'` in SQL and settings
# Of code: an expression without a literal.
_STATEMENT = re.compile(
    r"(?:(?:new|await) )?([A-Za-z_$][\w$]{0,60})"
    r"(?:(?:\.[\w$]{1,60}){0,8}\([^()\"'\r\n]{0,100}\)|(?:\.[A-Za-z_$][\w$]{0,60}){1,8})?"
    r"\s{0,4}(?=;(?:\s|\Z))"
)
# `tokens = tokenizer.encode('…')`: what is counted there, no credential.
_TOKENIZED = re.compile(
    r"(?:await )?(?:[A-Za-z_]\w{0,40}\.){0,4}\w{0,40}(?i:tokeni[sz]e)\w{0,40}(?:\.\w{1,40}){0,3}"
    r"\((?P<given>[^\r\n]{0,1000})\)(?:\[[\w'\"]{0,40}\]|\.\w{1,40}(?:\(\))?)?"
    r"\s{0,4}(?:[;#][^\r\n]*)?(?=[\r\n]|\Z)"
)
_CALLS = re.compile(r"""\(\s{0,4}\\*["'`]\Z""")
_CALLED = re.compile(r"""(\\*["'`])\s*(,)\s*(?=\\*["'`])""")
_COMPARISONS = frozenset(["==", "===", "!=", "!=="])
_OPENING = re.compile(r"""(\\*)(\"\"\"|'''|["'`])""")
_INLINE = r"(?:b|strong|code|em|i|span|kbd|samp|tt|u|mark|var|font|pre|bdi)"
_TEXT_END = re.compile("<")
_SPACE = re.compile(r"\s")
_TAGS = re.compile("(?:</?" + _INLINE + r"(?:\s[^<>]{0,200})?>\s{0,8}){1,4}")  # around a value
_CLOSED_JSON = re.compile(r"""\\*["'`]?\s*(?:[,;)}\]<>\r\n&]|\\[nr]|\Z)""")  # what may follow a quote that closes
_CLOSED = re.compile(_CLOSED_JSON.pattern + r"|\s")
_CLOSED_LINE = re.compile(r"[ \t]*[,;]?[ \t]*(?:[\r\n]|\Z)")  # the same where a value has its line for itself
_CLOSED_PAIR = re.compile(  # or shares it with pairs
    _CLOSED_LINE.pattern + r"|(?:[ \t]*[,;&][ \t]*|[ \t]+)[\w.\-]{1,200}="
)
_EXACT = re.compile(r"(-?[0-9][0-9.eE+-]*|true|false|null)(?=\s*(?:[,)}\]\r\n]|\Z))")
_EXACT_OR_VARIABLE = re.compile(_EXACT.pattern.replace("null", r"null|\$\w+", 1))  # of GraphQL
_KEPT = re.compile(r"true|false|null|\$")
_VARIABLE = re.compile(r"\s*:\s*[\w\[\]!]+(\s*=\s*)?")  # of GraphQL: its type, and what comes before its default
# A line that is blank, or its indent and whether it is an item of a list.
_LINE = re.compile(r"\r?\n(?:[ \t]*(?=\r?\n|\Z)|([ \t]*)(-[ \t])?)")
_LINE_END = re.compile(r"[\r\n]")
_NEWLINE = re.compile(r"\r?\n")
_LONGEST_INDENT = 1000
_ESCAPE_LETTERS = "nrtbf"
_PERCENT_RUN = re.compile(r"[\w.%\-" + MARKS + r"][\w.%\-~!*'()+@$/?:;," + MARKS + "]*")
_NO_WORD = re.compile(r"[^\w.%\-" + MARKS + "]+")


def masked(text: str, rules: Rules, style: Style) -> str:
    """The text with every value that follows a secret name masked to its end."""
    text = unescaped_letters(text)
    text = tags.logins(line_pairs.masked(_searched(tags.masked(text, rules), rules, style), rules))
    plain = escapes.undone(text)
    if plain is None:
        return text
    search = _Search(Replacements(plain.text), rules, MARKUP if style is MARKUP or "<" in plain.text else LINES)
    search.result()
    return plain.applied(search.edits.made)


def _searched(text: str, rules: Rules, style: Style) -> str:
    return _Search(Replacements(text), rules, style).result()


class _Search:
    """One way through one text."""

    def __init__(self, edits: Replacements, rules: Rules, style: Style) -> None:
        self.edits = edits
        self.text = edits.text
        self.rules = rules
        self.style = style

    def result(self) -> str:
        names = _WORD.findall(self.text)
        telling = self._telling(set(names))
        if not telling:
            return self.edits.result()
        at = 0
        for word in compress(_WORD.finditer(self.text), map(telling.__contains__, names)):
            start = max(word.start(), at)
            if start < word.end():  # else it is a part of what is masked already
                at = self._masked(start, word.end())
        return self.edits.result()

    def _telling(self, names: Set[str]) -> Set[str]:
        """Those that may have a secret's value behind them."""
        rule_of = self.rules.rule_of
        letters = _ESCAPE_LETTERS if "\\" in self.text else ""
        return {
            name for name in names
            if rule_of(name) is not None or "%" in name or name[0] in letters and rule_of(name[1:]) is not None
        }

    def _masked(self, start: int, end: int) -> int:
        """Masks what belongs to the word from `start` to `end`; where to go on."""
        word = self.text[start:end]
        rule = self._rule(start, word)
        masked = None if rule is None else self._mask_after(start, end, rule)
        if masked is not None:
            return masked
        return self._mask_encoded(start, end) if "%" in word else end

    def _rule(self, start: int, word: str) -> Optional[str]:
        rule = rule_of_encoded(word, self.rules.rule_of)
        if rule is None and self.text[start - 1 : start] == "\\" and word[0] in _ESCAPE_LETTERS:
            rule = rule_of_encoded(word[1:], self.rules.rule_of)  # the letter belongs to an escape, as in \npassword
        return rule

    def _mask_encoded(self, start: int, end: int) -> int:
        """Masks what is percent-encoded from `start` on; where to go on."""
        found = _PERCENT_RUN.match(self.text, start)
        run = found.group() if found else ""
        plain = unquote_plus(run)
        inner = self.rules.inner(plain) if plain != run else run
        if inner != plain:
            self.edits.replace(start, start + len(run), quote_plus(inner))
            return start + len(run)
        return max(end, start + len(run) - len(_NO_WORD.split(run)[-1]))  # its last word may be a name

    def _mask_after(self, start: int, end: int, rule: str) -> Optional[int]:
        """Masks the value of the name from `start` to `end`; where the value ends, None where the name has none."""
        closed = mask_element(self.edits, start, end, rule, self.rules, self.style is MARKUP)
        if closed is not None:
            return closed
        if self.text[end : end + 1] == ":" and self.text[max(start - 2, 0) : start].endswith(("<", "</")):
            return None  # the prefix of an element
        assigned = _ASSIGNED.match(self.text, end) or self._called(start, end)
        if assigned is None:
            return self._mask_said(start, end, rule)
        begin = assigned.end()
        if assigned.group(2) in _COMPARISONS and _OPENING.match(self.text, begin) is None:
            return None  # token === null
        if self.style is MARKUP:
            tags = _TAGS.match(self.text, begin)
            if tags is not None:
                return self._mask_bare(tags.end(), rule, False, _TEXT_END)
        if self.style is GRAPHQL and self.text[start - 1 : start] == "$":
            variable = _VARIABLE.match(self.text, end)
            if variable is not None:
                if variable.group(1) is None:
                    return None
                begin = variable.end()
        return self._mask_value(begin, start, rule, assigned)

    def _mask_said(self, start: int, end: int, rule: str) -> Optional[int]:
        """`--api-key …` and `PASSWORD '…'`: nothing but space stands between."""
        if self.text.startswith((" -", "\t-", "\n-"), start - 1):
            found = _FLAG.match(self.text, end)
        elif rule == SECRET and self.style is not MARKUP:
            found = _SAID.match(self.text, end)
        else:
            return None
        if found is None:
            return None
        opening = _OPENING.match(self.text, found.end())
        if opening is not None:
            return self._mask_quoted(opening, rule, _CLOSED)
        return self._mask_bare(found.end(), rule, False, _SPACE)

    def _called(self, start: int, end: int) -> Optional[Match[str]]:
        """`setItem('token', '…')`: two quoted arguments."""
        return _CALLED.match(self.text, end) if _CALLS.search(self.text[max(start - 8, 0) : start]) else None

    def _mask_value(self, begin: int, name: int, rule: str, assigned: Match[str]) -> Optional[int]:
        text = self.text
        quoted_key = assigned.group(1) is not None
        closed = _CLOSED_JSON if quoted_key else _CLOSED
        if not quoted_key and self._begins_line(name):
            closed = _CLOSED_PAIR if _is_of_a_pair(assigned) else _CLOSED_LINE
        opening = _OPENING.match(text, begin)
        if opening is not None:
            return self._mask_quoted(opening, rule, closed)
        if text[begin : begin + 1] in ("{", "["):
            end = mask_value(self.edits, begin, rule, self.rules, loose=True)
            return end if closed.match(text, end) else self._replace(end, self._line_end(end), CONSTANT)
        exact = self._exact(begin) if quoted_key or self.style.exact else None
        if exact is not None:
            if not _KEPT.match(exact.group()):
                self.edits.replace(begin, exact.end(), "0")
            return exact.end()
        if assigned.group(2)[0] == ":" and not (self.style.colons or quoted_key):
            return self._mask_header(name, begin, rule)
        ends = self.style.paired if _is_of_a_pair(assigned) else self.style.bare
        if self.style is EMBEDDED:
            ends = self._embedded_ends(name)
        lines = None if quoted_key or self.style.exact else self._lines_end(name, assigned.end(2), ends)
        if lines is not None:
            if "\n" in assigned.group() and self._are_schema(begin, lines):
                return None
            return self._replace(begin, lines, CONSTANT)
        if rule == HELD_MAP and assigned.group(2) == "=":
            called = _TOKENIZED.match(text, begin)
            if called is not None and not looks_random(called.group("given").strip("\"' ")):
                return called.start("given")  # where other names may stand
        if assigned.group(2) == "=" and assigned.group()[:1].isspace():
            statement = _STATEMENT.match(text, begin)
            if statement is not None and (statement.group() != statement.group(1) or self._is_name(statement)):
                return self._replace(begin, statement.end(), self.rules.mask(rule, statement.group()))
        return self._mask_bare(begin, rule, quoted_key, _LINE_END if quoted_key else ends)

    def _exact(self, begin: int) -> Optional[Match[str]]:
        return (_EXACT_OR_VARIABLE if self.style is GRAPHQL else _EXACT).match(self.text, begin)

    def _mask_quoted(self, opening: Match[str], rule: str, closed: Pattern[str]) -> int:
        text, begin = self.text, opening.end()
        slashes, quote = opening.groups()
        end = _closing(text, begin, quote, len(slashes))
        after = min(end + len(opening.group()), len(text))
        new = escaped(self.rules.mask(rule, unescaped(text[begin:end])))
        # A quote inside the value: it goes on. Or the first opened nothing, and the last is in another value.
        if end < len(text) and (not closed.match(text, after) or self._names_another(begin, end)):
            return self._replace(begin, self._line_end(after), new + opening.group())
        self.edits.replace(begin, end, new)
        return after

    def _names_another(self, begin: int, end: int) -> bool:
        """Whether a secret name with a value stands between two places."""
        rule_of = self.rules.rule_of
        for word in _WORD.finditer(self.text, begin, end):
            if rule_of(word.group()) is not None and _ASSIGNED.match(self.text, word.end(), end) is not None:
                return True
        return False

    def _mask_header(self, name: int, begin: int, rule: str) -> Optional[int]:
        """`Authorization: Bearer …` within a value: where it is all of it, or stands between quotes."""
        before = self.text[name - 1 : name]
        if before in ("'", '"') and before:
            end = self.text.find(before, begin)
            end = len(self.text) if end < 0 else end
        elif not self.text[:name].strip() if name < _LONGEST_INDENT else False:
            end = self._line_end(begin)
        else:
            return None
        value = self.text[begin:end].strip()
        if not value or " " in value and rule != AUTHORIZATION and value.partition(" ")[0].lower() not in SCHEMES:
            return None  # password: too short
        return self._replace(begin, end, self.rules.mask(rule, value))

    def _embedded_ends(self, name: int) -> Pattern[str]:
        """Where a value ends that follows `name=` in something else."""
        text, start = self.text, max(0, name - _LONGEST_INDENT)
        if _SETTINGS.match(text):
            return _IN_SETTINGS
        before = text[start:name]
        if not before.strip():
            return _TO_NEXT_PAIR
        word = before.split()[-1] if not before[-1:].isspace() else ""
        return self.style.bare if _OF_A_URL.search(word) or "&" in word else _IN_PAIRS

    def _mask_bare(self, begin: int, rule: str, quoted_key: bool, ends: Pattern[str]) -> Optional[int]:
        found = ends.search(self.text, begin)
        end = found.start() if found else len(self.text)
        value = self.text[begin:end].strip()
        if rule == AUTHORIZATION and value.lower() in SCHEMES:  # the credential follows
            found = ends.search(self.text, end + 1)
            end = found.start() if found else len(self.text)
            value = self.text[begin:end].strip()
        if not value or rule == HELD and is_prose(value) and self.text[: begin].rstrip().endswith(":"):
            return None
        return self._replace(begin, end, '"' + CONSTANT + '"' if quoted_key else self.rules.mask(rule, value))

    def _lines_end(self, name: int, begin: int, ends: Pattern[str]) -> Optional[int]:
        """Where a value ends that goes on over lines indented deeper than its name, as in YAML; None if none does."""
        text = self.text
        found = ends.search(text, begin)
        first = end = at = found.start() if found else len(text)
        indent = self._indent(name)
        while True:
            line = _LINE.match(text, at)
            if line is None or line.group(1) is not None and len(line.group(1)) + bool(line.group(2)) <= indent:
                return end if end > first else None
            following = _NEWLINE.search(text, line.end())
            at = following.start() if following else len(text)
            if line.group(1) is not None:
                end = at

    def _is_name(self, statement: Match[str]) -> bool:
        return self.rules.rule_of(statement.group(1)) is not None

    def _are_schema(self, begin: int, end: int) -> bool:
        """Whether indented lines say how a value has to be, as in a document of OpenAPI."""
        lines = [line for line in self.text[begin:end].split("\n") if line.strip()]
        return bool(lines) and all(_is_of_schema(line) for line in lines)

    def _line_end(self, at: int) -> int:
        found = _LINE_END.search(self.text, at)
        return found.start() if found else len(self.text)

    def _begins_line(self, name: int) -> bool:
        """Whether the name at `name` is the first of a line of text: its value is then all that follows in it."""
        if self.style is not LINES:
            return False
        start = max(0, name - _LONGEST_INDENT)
        line = max(self.text.rfind("\n", start, name), self.text.rfind("\r", start, name)) + 1
        return not self.text[max(line, start) : name].strip(" \t-")

    def _indent(self, name: int) -> int:
        """How far the name at `name` is indented, or its line where something else stands before it."""
        line = max(self.text.rfind("\n", max(0, name - _LONGEST_INDENT), name) + 1, self.edits.done)
        before = self.text[line:name]
        return len(before) if not before.strip(" \t-\"'") else len(before) - len(before.lstrip(" \t"))

    def _replace(self, start: int, end: int, new: str) -> int:
        self.edits.replace(start, end, new)
        return end


def _is_of_schema(line: str) -> bool:
    name, colon, _ = line.strip(" \t\r-\"'").partition(":")
    return bool(colon) and letters_of(name.strip("\"'")) in SCHEMA_NAMES


def _is_of_a_pair(assigned: Match[str]) -> bool:
    """Whether `assigned` is the `=` of a query, which has no space around it."""
    return assigned.group(2) == "=" and not assigned.group()[-1:].isspace() and not assigned.group()[:1].isspace()


def _closing(text: str, at: int, quote: str, slashes: int) -> int:
    """Where the escapes and the quote begin that close a value opened by `slashes` backslashes and `quote`."""
    level = slashes.bit_length()
    while True:
        end = text.find(quote, at)
        if end < 0:
            return len(text)
        back = end
        while back > at and text[back - 1] == "\\":
            back -= 1
        if _closes(end - back, level):
            return max(end - slashes, back)
        at = end + 1


def _closes(slashes: int, level: int) -> bool:
    """Whether a quote after that many backslashes ends a string `level` strings deep, or one around it."""
    for _ in range(level):
        if slashes % 2 == 0:
            return True
        slashes //= 2
    return slashes % 2 == 0
