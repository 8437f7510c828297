"""Masks by pattern what stands after a secret name in text that no parser takes: logs, broken JSON, XML, GraphQL.

Fails closed: where the end of a value is in doubt, more is masked. Every pattern is linear.
"""

import re
from typing import List, NamedTuple, Optional, Pattern
from urllib.parse import quote_plus, unquote_plus

from . import markup
from .json_text import LOOSE, Inner, Mask, RuleOf, escaped, masked_value, unescaped
from .masks import CONSTANT
from .pairs import rule_of_encoded


class Style(NamedTuple):
    """How values end in one sort of text."""

    bare: Pattern[str]  # where a value without quotes ends
    bare_colon: bool  # whether `name: value` counts without quotes
    markup: bool  # whether <name>value</name> does


_NEXT_PAIR = r"&[^\s&=]{1,200}="
LINES = Style(re.compile(r"[\r\n]|" + _NEXT_PAIR), True, False)
MARKUP = Style(re.compile(r"[\r\n<>\"']|" + _NEXT_PAIR), True, True)
GRAPHQL = Style(re.compile(r"[\r\n,(){}\]]"), True, False)
EMBEDDED = Style(re.compile(r"[\s&#\"'<>]"), False, True)  # in a string of something else: a URL, a message, code

_WORD = re.compile(r"[\w.%\-]+")
_ASSIGNED = re.compile(r"""(?:\]|%5[dD])*(\\*["'`])?(?:\]|%5[dD])*\s*(=>?|:=?)\s*""")
_OPENING = re.compile(r"""(\\*)(\"\"\"|["'`])""")
_CLOSED = re.compile(r"""\\*["'`]?\s*(?:[,;)}\]<>\r\n&]|\\[nr]|\Z)|\s""")
_EXACT = re.compile(r"(-?[0-9][0-9.eE+-]*|true|false|null|\$\w+)(?=\s*(?:[,)}\]\r\n]|\Z))")
_LITERALS = frozenset(["true", "false", "null"])
_VARIABLE = re.compile(r"\s*:\s*[\w\[\]!]+(?:\s*=\s*)?")  # of GraphQL, with its type and before its default
_ESCAPED_LETTER = re.compile(r"\\+u00(2[dD]|3[0-9]|[467][0-9a-fA-F]|5[0-9abdefABDEF])")
_ESCAPE_LETTERS = "nrtbf"
_PERCENT_RUN = re.compile(r"[\w.%\-~!*'()+@$/?:;,]*")
_UNWORDLY = re.compile(r"[^\w.%\-]+")


def masked(text: str, rule_of: RuleOf, mask: Mask, inner: Inner, style: Style) -> str:
    """The text with every value that follows a secret name masked to its end; `inner` sees percent-encoded values."""
    if "\\u00" in text:
        text = _ESCAPED_LETTER.sub(lambda found: chr(int(found.group(1), 16)), text)
    out: List[str] = []
    done = at = 0
    while True:
        word = _WORD.search(text, at)
        if word is None:
            break
        at = word.end()
        rule = _rule(text, word.start(), word.group(), rule_of)
        if rule is not None:
            here = len(out)
            end = _after_name(text, word.start(), at, done, rule, mask, style, out)
            if len(out) > here:
                at = done = end
                continue
        if "%" in word.group():
            run = _PERCENT_RUN.match(text, word.start()).group()
            at = word.start() + len(run)
            plain = unquote_plus(run)
            found = inner(plain)
            if found != plain:
                out += (text[done : word.start()], quote_plus(found))
                done = at
            elif run != word.group():
                at -= len(_UNWORDLY.split(run)[-1])  # that may be a name
    out.append(text[done:])
    return "".join(out)


def _rule(text: str, start: int, word: str, rule_of: RuleOf) -> Optional[str]:
    rule = rule_of_encoded(word, rule_of)
    if rule is None and text[start - 1 : start] == "\\" and word[0] in _ESCAPE_LETTERS:
        rule = rule_of_encoded(word[1:], rule_of)  # the letter belongs to an escape, as in \npassword
    return rule


def _after_name(text: str, start: int, at: int, done: int, rule: str, mask: Mask, style: Style, out: List[str]) -> int:
    """Masks what the name at `start` to `at` stands before; `out` grows only if there is something."""
    if style.markup:
        end = markup.masked_element(text, start, at, done, rule, mask, out)
        if end is not None:
            return end
    variable = _VARIABLE.match(text, at) if style is GRAPHQL and text[start - 1 : start] == "$" else None
    assigned = _ASSIGNED.match(text, at)
    if assigned is None or variable is not None and not variable.group().rstrip().endswith("="):
        return at
    begin = assigned.end() if variable is None else variable.end()
    opening = _OPENING.match(text, begin)
    if opening is not None:
        return _quoted(text, opening, done, rule, mask, style, out)
    if text[begin : begin + 1] in ("{", "["):
        out.append(text[done:begin])
        return masked_value(text, begin, rule, mask, out, LOOSE)
    exact = _EXACT.match(text, begin)
    quoted_key = assigned.group(1) is not None
    if exact is not None and (quoted_key or style is GRAPHQL or style is EMBEDDED):
        kept = exact.group() in _LITERALS or exact.group()[0] == "$"
        out += (text[done:begin], exact.group() if kept else "0")
        return exact.end()
    if assigned.group(2)[0] == ":" and not (style.bare_colon or quoted_key):
        return at
    return _bare(text, begin, done, rule, mask, style, quoted_key, out)


def _quoted(text: str, opening: "re.Match[str]", done: int, rule: str, mask: Mask, style: Style, out: List[str]) -> int:
    begin = opening.end()
    end = _closing(text, begin, opening.group(2), len(opening.group(1)))
    plain = unescaped(text[begin:end])
    out += (text[done:begin], escaped(mask(rule, plain)))
    after = end + len(opening.group())
    if end < len(text) and not _CLOSED.match(text, after):  # a quote inside the value: it goes on
        rest = style.bare.search(text, after)
        after = rest.start() if rest else len(text)
        out.append(opening.group())
        return after
    out.append(text[end:after])
    return min(after, len(text))


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


def _bare(
    text: str, begin: int, done: int, rule: str, mask: Mask, style: Style, quoted_key: bool, out: List[str]
) -> int:
    ending = (LINES if quoted_key else style).bare.search(text, begin)
    end = ending.start() if ending else len(text)
    value = text[begin:end].strip()
    if not value:
        return begin
    replacement = mask(rule, value)
    out += (text[done:begin], '"' + CONSTANT + '"' if quoted_key else replacement)
    return end
