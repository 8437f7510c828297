"""Which classes of sensitive data a value holds, how sure that is, and how it is masked; pure, knows no
store.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import Any, Callable, NamedTuple, Union

MOST = 10_000  # characters of a value that are looked at


class Class(NamedTuple):
    """A class of sensitive data. `share` of all observations of a field have to be hits before it is claimed.

    A text with fewer than `digits` digits or `length` characters or without `needs` is never of the class, which spares
    asking `found`.
    """

    name: str
    title: str
    found: str  # module and function of (name, text): imported at first use, since pages only need the titles
    share: float
    personal: bool = False  # of a person rather than of a machine
    secret: bool = False  # nobody should get it back from an API
    numeric: bool = False  # JSON numbers can be of this class
    digits: int = 0
    needs: str = ""
    length: int = 0


CLASSES = (
    Class("email", "E-mail address", "places.has_email", 0.0, needs="@", personal=True),
    Class("phone", "Phone number", "numbers.has_phone", 0.3, numeric=True, digits=6, personal=True),
    Class("card", "Payment card number", "numbers.has_card", 0.3, numeric=True, digits=12, personal=True),
    Class("ssn", "US social security number", "numbers.has_ssn", 0.3, numeric=True, digits=7, personal=True),
    Class("iban", "IBAN", "numbers.has_iban", 0.0, digits=2, length=15, personal=True),
    Class("aadhaar", "Aadhaar number", "numbers.has_aadhaar", 0.5, numeric=True, digits=12, personal=True),
    Class("cpf", "CPF number", "numbers.has_cpf", 0.1, numeric=True, digits=9, personal=True),
    Class("nhs", "NHS number", "numbers.has_nhs", 0.3, numeric=True, digits=10, personal=True),
    Class("dni", "Spanish DNI or NIE", "numbers.has_dni", 0.3, digits=7, length=8, personal=True),
    Class("ipv4", "IPv4 address", "places.has_ipv4", 0.5, digits=4, needs="."),
    Class("ipv6", "IPv6 address", "places.has_ipv6", 0.5, needs=":"),
    Class("jwt", "JSON web token", "secrets.has_jwt", 0.0, needs="eyJ"),
    Class("private_key", "Private key", "secrets.has_private_key", 0.0, secret=True, needs="PRIVATE KEY"),
    Class("cloud_key", "Provider's API key", "secrets.has_cloud_key", 0.0, secret=True, length=15),
    Class("coordinates", "Coordinates", "places.has_coordinates", 0.5, numeric=True, digits=2, personal=True),
    Class("birth_date", "Date of birth", "places.has_birth_date", 0.5, numeric=True, digits=1, personal=True),
)
BY_NAME = {item.name: item for item in CLASSES}
_PLAIN = re.compile(r"[A-Za-z_ ,.!?'()\-]{0,15}")  # too short for a key, and neither digit, @ nor :
_DIGIT = re.compile(r"\d")
_MOST_DIGITS = max(item.digits for item in CLASSES)
_SECRET = tuple(item for item in CLASSES if item.secret)
Asked = tuple[int, str, str, Callable[[str, str], bool]]  # least length, needs, name, function


@lru_cache(maxsize=50_000)
def detect(name: str, value: Union[str, int, float]) -> tuple[str, ...]:
    """The classes that `value` of the field `name` holds."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) or value.startswith("redacted"):
            return ()
        text, is_number = value[:MOST], False
    else:
        text, is_number = repr(value), True
    digits, length = len(_DIGIT.findall(text)), len(text)
    found: tuple[str, ...] = ()
    for least, needs, each, holds in _asked(is_number, digits if digits < _MOST_DIGITS else _MOST_DIGITS):
        if length >= least and needs in text and holds(name, text):
            found += (each,)
    return found


@lru_cache(maxsize=None)
def _asked(is_number: bool, digits: int) -> tuple[Asked, ...]:
    """The classes that a value with so many digits may be of."""
    return tuple(
        (item.length, item.needs, item.name, _function(item.found))
        for item in CLASSES
        if item.digits <= digits and (item.numeric or not is_number)
    )


@lru_cache(maxsize=50_000)
def has_secret(name: str, value: str) -> bool:
    """Whether `detect` would find a class that nobody should get back from an API; asks for no other."""
    if _PLAIN.fullmatch(value) or value.startswith("redacted"):
        return False
    text = value[:MOST]
    return any(
        len(text) >= item.length and item.needs in text and _function(item.found)(name, text) for item in _SECRET
    )


def is_nobodys(name: str, value: Union[str, int, float]) -> bool:
    """Whether a value of class `name` says nothing about a person: an office's e-mail address."""
    return name == "email" and isinstance(value, str) and bool(_module("places").names_nobody(value[:MOST]))


def _module(name: str) -> Any:
    return import_module(f"{__name__}.{name}")


@lru_cache(maxsize=None)
def _function(name: str) -> Callable[[str, str], bool]:
    module, _, function = name.partition(".")
    found: Callable[[str, str], bool] = getattr(_module(module), function)
    return found


def is_claimed(name: str, hits: int, observations: int) -> bool:
    """True where the evidence carries the claim that a field holds class `name`."""
    return hits > 0 and hits >= BY_NAME[name].share * observations


def mask(text: str) -> str:
    """`text` so that a person recognises its kind and nobody its value: `a•••@e•••.com`, `••••1111`."""
    if len(text) <= 3:
        return "•••"
    user, at, host = text.partition("@")
    end = host.rpartition(".")[2]
    if at and " " not in text and end.isalpha() and len(end) <= 24:
        return f"{user[:1]}•••@{host[:1]}•••.{end}"
    if len(text) >= 12 and sum(c.isdigit() for c in text) >= 9 and len(text) <= 40:
        return "•" * (len(text) - 4) + text[-4:]
    if len(text) > 40:
        return text[:4] + "•" * 12
    return text[:1] + "•" * max(1, len(text) - 1)
