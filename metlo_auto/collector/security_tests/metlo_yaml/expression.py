"""The expressions of Metlo's assertions: a subset of JavaScript's, read and evaluated here; nothing is ever executed.

`resp.status < 300 && resp.headers['x-a'].includes('b')`: literals, paths from `resp`, comparisons, `!`, `&&`, `||`,
and a few methods of texts and lists. Everything else is an error.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Mapping, Optional

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<name>[A-Za-z_$][\w$]*)|"
    r"(?P<sign>===|!==|==|!=|<=|>=|&&|\|\||[<>!().,\[\]-]))"
)
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "undefined": None}
MOST = 4_000  # characters
DEEPEST = 50


class BadExpression(ValueError):
    """The text is no expression of this subset; the message says where."""


def _contains(value: Any, item: Any) -> bool:
    return _text(item) in value if isinstance(value, str) else item in value if isinstance(value, list) else False


def _index(value: Any, item: Any) -> int:
    if isinstance(value, str):
        return value.find(_text(item))
    return value.index(item) if isinstance(value, list) and item in value else -1


_METHODS: dict[str, tuple[int, Callable[..., Any]]] = {
    "includes": (1, _contains),
    "indexOf": (1, _index),
    "startsWith": (1, lambda value, item: isinstance(value, str) and value.startswith(_text(item))),
    "endsWith": (1, lambda value, item: isinstance(value, str) and value.endswith(_text(item))),
    "toLowerCase": (0, lambda value: _text(value).lower()),
    "toUpperCase": (0, lambda value: _text(value).upper()),
    "trim": (0, lambda value: _text(value).strip()),
    "toString": (0, lambda value: _text(value)),
}


def evaluate(text: str, names: Mapping[str, Any]) -> Any:
    """The value of `text`, with `names` as what it may begin its paths with. Raises BadExpression."""
    if len(text) > MOST:
        raise BadExpression(f"an expression has {MOST} characters at most")
    reader = _Reader(_tokens(text), names)
    value = reader.either()
    if reader.kind:
        raise BadExpression(f"{reader.shown} is not understood here")
    return value


def is_true(value: Any) -> bool:
    """As JavaScript sees it: empty lists and objects are true."""
    return value is not None and value is not False and value != 0 and value != "" or isinstance(value, (list, dict))


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadExpression(f"{text[at:].strip()[:20]!r} is not understood")
        kind = match.lastgroup or ""
        found.append((kind, match.group(kind)))
        at = match.end()
    return found


class _Reader:
    """Reads and evaluates in one pass: nothing has effects, so that both sides may always be evaluated."""

    def __init__(self, tokens: list[tuple[str, str]], names: Mapping[str, Any]) -> None:
        self._tokens = tokens
        self._names = names
        self._at = 0
        self._depth = 0

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    @property
    def shown(self) -> str:
        return repr(self._tokens[self._at][1]) if self.kind else "the end"

    def _next(self, *signs: str) -> Optional[str]:
        """The sign that comes next, if it is one of `signs`."""
        if self.kind == "sign" and self._tokens[self._at][1] in signs:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return None

    def _wanted(self, sign: str) -> None:
        if self._next(sign) is None:
            raise BadExpression(f"{sign} is wanted, not {self.shown}")

    def either(self) -> Any:
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadExpression("nested too deep")
        value = self._both()
        while self._next("||"):
            other = self._both()
            value = value if is_true(value) else other
        self._depth -= 1
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._next("&&"):
            other = self._compared()
            value = other if is_true(value) else value
        return value

    def _compared(self) -> Any:
        value = self._single()
        while True:
            sign = self._next("===", "!==", "==", "!=", "<=", ">=", "<", ">")
            if sign is None:
                return value
            value = _compare(sign, value, self._single())

    def _single(self) -> Any:
        if self._next("!"):
            self._depth += 1
            if self._depth > DEEPEST:
                raise BadExpression("nested too deep")
            return not is_true(self._single())
        if self._next("-"):
            value = self._single()
            return -value if isinstance(value, (int, float)) else None
        return self._steps(self._atom())

    def _atom(self) -> Any:
        if self._next("("):
            value = self.either()
            self._wanted(")")
            return value
        kind, text = self.kind, self._tokens[self._at][1] if self.kind else ""
        self._at += 1
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "text":
            return _unquoted(text)
        if kind == "name" and text in _WORDS:
            return _WORDS[text]
        if kind == "name" and text in self._names:
            return self._names[text]
        self._at -= 1
        raise BadExpression(f"{self.shown} is not known; known are {', '.join(self._names)}")

    def _steps(self, value: Any) -> Any:
        """`.name`, `['name']`, `[0]` and calls of methods, as many as follow."""
        while True:
            if self._next("["):
                value = _step(value, self.either())
                self._wanted("]")
            elif self._next("."):
                if self.kind != "name":
                    raise BadExpression(f"a name is wanted behind the point, not {self.shown}")
                name = self._tokens[self._at][1]
                self._at += 1
                value = self._call(value, name) if self._next("(") else _step(value, name)
            else:
                return value

    def _call(self, value: Any, name: str) -> Any:
        given = []
        while not self._next(")"):
            given.append(self.either())
            if not self._next(","):
                self._wanted(")")
                break
        if name not in _METHODS or len(given) != _METHODS[name][0]:
            raise BadExpression(f"{name}() is not known with {len(given)} values; known are {', '.join(_METHODS)}")
        return _METHODS[name][1](value, *given)


def _step(value: Any, name: Any) -> Any:
    """None for what is not there, as for what stands below it."""
    if isinstance(value, dict):
        return value.get(str(name))
    if isinstance(value, (list, str)):
        if name == "length":
            return len(value)
        is_place = isinstance(name, int) and not isinstance(name, bool) and 0 <= name < len(value)
        return value[name] if is_place else None
    return None


def _compare(sign: str, one: Any, other: Any) -> bool:
    if sign in ("==", "!=", "===", "!=="):
        is_strict = len(sign) == 3
        same = isinstance(one, bool) == isinstance(other, bool) and one == other
        if not is_strict and not same and {type(one), type(other)} & {int, float}:
            same = _number(one) is not None and _number(one) == _number(other)
        return same == (sign[0] == "=")
    if isinstance(one, str) and isinstance(other, str):
        left: Any = one
        right: Any = other
    else:
        left, right = _number(one), _number(other)
        if left is None or right is None:
            return False
    return bool({"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[sign])


def _number(value: Any) -> Optional[float]:
    try:
        return float(value) if isinstance(value, (int, float, str)) else None
    except ValueError:
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _unquoted(text: str) -> str:
    escapes = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda found: escapes.get(found.group(1), found.group(1)), text[1:-1])
