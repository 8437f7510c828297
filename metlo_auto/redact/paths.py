"""URL parameters of routes that stand before a secret: where they stand in a path, by the rule as it is written."""

import re
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Pattern, Tuple
from urllib.parse import quote, unquote

RuleOf = Callable[[str], Optional[str]]
Mask = Callable[[str, str], str]  # (rule, secret) → mask

_ARGUMENT = re.compile(r"<(?:([a-zA-Z_]\w*)(?:\((?:[^()\"']|\"[^\"]*\"|'[^']*')*\))?:)?([a-zA-Z_]\w*)>")
_CONVERTERS = {
    "": r"[^/]+",
    "default": r"[^/]+",
    "string": r"[^/]+",
    "int": r"-?\d+",
    "float": r"-?\d+\.\d+",
    "path": r"[^/].*?",
    "uuid": r"[0-9A-Fa-f\-]{36}",
    "any": r"[^/]+",
}
_OTHER = r".+?"  # a converter of the app's own
_SLASHES = re.compile(r"/+")
_KEPT = 4000  # routes
_SHORTEST = 6  # characters of a secret that is looked for elsewhere


class _Route(NamedTuple):
    """`finds`: a path of the route. `secret`: its groups that are secrets, and their rules."""

    finds: Pattern[str]
    secret: Tuple[Tuple[int, str], ...]


class Secret(NamedTuple):
    """What stood in a path, decoded, and its mask."""

    text: str
    mask: str


class Paths:
    """Routes with secret arguments; `mask` of a part of a path."""

    def __init__(self, rule_of: RuleOf, mask: Mask) -> None:
        self._rule_of = rule_of
        self._mask = mask
        self._routes: Dict[str, Optional[_Route]] = {}

    def has_secrets(self, route: str) -> bool:
        """Whether an argument of the route stands before a secret."""
        return self._route(route) is not None

    def _route(self, route: str) -> Optional[_Route]:
        try:
            return self._routes[route]
        except KeyError:
            if len(self._routes) >= _KEPT:
                self._routes.clear()
            made = self._routes[route] = _made(route, self._rule_of) if "<" in route else None
            return made

    def masked(self, path: str, route: str) -> Optional[Tuple[str, List[Secret]]]:
        """The path with the secret arguments of the route masked, and those; None where it is no path of the route."""
        known = self._route(route)
        found = known.finds.match(path) if known is not None else None
        if known is None or found is None:
            return None
        out, done, secrets = [], 0, []
        for group, rule in known.secret:
            start, end = found.span(group)
            text = unquote(_utf8(found.group(group)))
            secrets.append(Secret(text, self._mask(rule, text)))
            out += [path[done:start], secrets[-1].mask]
            done = end
        return "".join(out) + path[done:], secrets

    def masked_by_any(self, path: str, routes: Iterable[str]) -> Tuple[str, List[Secret]]:
        """The same by the first route that it is a path of; itself where it is of none."""
        for route in routes:
            found = self.masked(path, route)
            if found is not None:
                return found
        return path, []


def without(secrets: Iterable[Secret], text: str) -> str:
    """The text with these secrets masked, plain or percent-encoded."""
    for secret, mask in secrets:
        if len(secret) < _SHORTEST:
            continue
        for spelt in {secret, quote(secret), quote(secret, safe="")}:
            text = text.replace(spelt, mask)
    return text


def _made(route: str, rule_of: RuleOf) -> Optional[_Route]:
    pattern, done = "", 0
    secret: List[Tuple[int, str]] = []
    for group, found in enumerate(_ARGUMENT.finditer(route), 1):
        converter = _CONVERTERS.get(found.group(1) or "", _OTHER)
        pattern += _literal(route[done : found.start()]) + "(" + converter + ")"
        rule = rule_of(found.group(2))
        if rule is not None:
            secret.append((group, rule))
        done = found.end()
    if not secret:
        return None
    return _Route(re.compile(pattern + _literal(route[done:].rstrip("/")) + r"/?\Z", re.DOTALL), tuple(secret))


def _literal(text: str) -> str:
    return _SLASHES.sub("/+", re.escape(text).replace("\\/", "/"))


def _utf8(text: str) -> str:
    """What a native string of WSGI stands for."""
    try:
        return text.encode("latin-1").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return text
