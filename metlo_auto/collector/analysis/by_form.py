"""Classes of sensitive data of values whose form tells them, which is less work than to look for each class; pure.

What is said here follows from `sensitive.detect`, which finds the same without it; a test holds both together.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Optional, Union

from metlo_auto.collector.analysis.sensitive import names, places

_MOST = 10**11  # a card has twelve digits at least
# Every class that does not go by the field's name needs one of these: phone, IPv6, coordinates; groups of digits, IPv4,
# CPF; card, SSN; DNI; IBAN; token, private key. An address needs @, and a provider's key fifteen characters; what
# is said to be a day of birth is asked for itself.
_SIGNS = r"[+:,;(°]|00|\d(?:[-. ]\d|\d{8}|\d{6}[ -]?[A-Z](?!\w))|[A-Za-z]{2}\d{2}|eyJ|PRIVATE|FlyV1"
_SIGN = re.compile(rf"@|{_SIGNS}|\S{{15}}")
_SIGN_BESIDE_MAIL = re.compile(rf"{_SIGNS}|[^\s@]{{15}}")
_UUID_WITHOUT_IBAN = re.compile(r"(?:(?![A-Za-z]{2}\d{2})[0-9A-Fa-f]+-?){5}")


@lru_cache(maxsize=8192)
def says_nothing(name: str) -> bool:
    """True for a field whose name says of no class that its values are of it."""
    return not (
        names.says_phone(name)
        or names.says_place(name)
        or names.says_birth(name)
        or names.says_ssn(name)
        or names.says_aadhaar(name)
        or names.says_cpf(name)
        or names.says_nhs(name)
        or names.says_dni(name)
    )


def classes(name: str, value: Union[str, int, float], form: Optional[str]) -> Optional[tuple[str, ...]]:
    """Those of a field whose name `says_nothing`, None where they have to be looked for.

    `form` is what `format_of` gives a text.
    """
    if not isinstance(value, str):
        return () if isinstance(value, float) or -_MOST < value < _MOST else None
    if form is None:
        return () if _SIGN.search(value) is None and not places.says_birth_date(value) else None
    if form in ("date-time", "date"):
        return () if value[0] in "12" else None  # 00 begins a phone number
    if form == "uuid":
        return () if _UUID_WITHOUT_IBAN.fullmatch(value) else None
    if form == "email" and _SIGN_BESIDE_MAIL.search(value) is None and not places.says_birth_date(value):
        return ("email",) if places.has_email(name, value) and value[:8] != "redacted" else ()
    return None
