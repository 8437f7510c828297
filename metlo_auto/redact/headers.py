"""Which headers carry secrets and how cookies are masked; names are compared folded."""

from typing import Callable

from .tables import COOKIE_ATTRIBUTES

Mark = Callable[[str], str]

COOKIES = frozenset(["cookie", "cookie2"])
SET_COOKIES = frozenset(["setcookie", "setcookie2"])


def cookie(value: str, mark: Mark) -> str:
    """A Cookie header with every value marked; the names stay."""
    return ";".join(_cookie_pair(pair, mark) for pair in value.split(";"))


def set_cookie(value: str, mark: Mark) -> str:
    """A Set-Cookie header with the value marked; the name and the standard attributes stay."""
    pair, *attributes = value.split(";")
    kept = [_attribute(attribute, mark) for attribute in attributes]
    return ";".join([_cookie_pair(pair, mark)] + kept)


def _attribute(text: str, mark: Mark) -> str:
    name, equals, _ = text.partition("=")
    if name.strip().lower() in COOKIE_ATTRIBUTES:
        return text
    return _cookie_pair(text, mark)


def _cookie_pair(pair: str, mark: Mark) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    lead = value[: len(value) - len(value.lstrip())]
    plain = value.strip().strip('"')
    return name + equals + lead + (mark(plain) if plain else "")
