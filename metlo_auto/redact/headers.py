"""How cookies are masked; names are compared folded."""

from typing import Callable

from .tables import COOKIE_ATTRIBUTES

Mask = Callable[[str, str], str]  # (cookie's name, value) → mask

COOKIES = frozenset(["cookie", "cookie2"])
SET_COOKIES = frozenset(["setcookie", "setcookie2"])


def cookie(value: str, mask: Mask) -> str:
    """A Cookie header with every value masked; the names stay."""
    return ";".join([_pair(pair, mask) for pair in value.split(";")])


def set_cookie(value: str, mask: Mask) -> str:
    """A Set-Cookie header with the value masked; the name and the standard attributes stay."""
    pair, *attributes = value.split(";")
    return ";".join([_pair(pair, mask)] + [_attribute(attribute, mask) for attribute in attributes])


def _attribute(text: str, mask: Mask) -> str:
    name = text.partition("=")[0].strip().lower()
    return text if name in COOKIE_ATTRIBUTES else _pair(text, mask)


def _pair(pair: str, mask: Mask) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    plain = value.strip()
    lead = value[: len(value) - len(value.lstrip())]
    quote = '"' if plain[:1] == '"' else ""
    plain = plain.strip('"')
    return name + equals + lead + quote + (mask(name, plain) if plain else "") + quote
