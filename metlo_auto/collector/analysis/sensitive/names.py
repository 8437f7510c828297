"""What a field's name says about its value: words of a name, and the names that matter; pure."""

from __future__ import annotations

import re
from functools import lru_cache

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GAP = re.compile(r"[^A-Za-z0-9]+")


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """`dateOfBirth`, `date-of-birth` and `DATE_OF_BIRTH` as `date of birth`."""
    return tuple(word.lower() for word in _GAP.split(_HUMP.sub(" ", name)) if word)


@lru_cache(maxsize=4096)
def says(name: str, *terms: str) -> bool:
    """True where one of `terms` (words with spaces between) stands in `name`, or is `name` written as one
    word.
    """
    text = " ".join(words(name))
    squeezed = text.replace(" ", "")
    return any(f" {term} " in f" {text} " or term.replace(" ", "") == squeezed for term in terms)


PHONE = ("phone", "mobile", "telephone", "tel", "cell", "cellphone", "fax", "msisdn", "phone number", "whatsapp")
SSN = ("ssn", "social security", "social security number", "tax id", "itin")
AADHAAR = ("aadhaar", "aadhar", "uid number", "uidai")
CPF = ("cpf",)
BIRTH = ("dob", "date of birth", "birth date", "birthdate", "birthday", "birth day", "born", "born on")
LATITUDE = ("lat", "latitude")
LONGITUDE = ("lng", "lon", "long", "longitude")
VERSION = ("version", "ver", "release", "build", "oid", "firmware")

# values under these names in a response are secrets that nobody should get back
SECRET = frozenset((
    "password", "passwd", "pwd", "passphrase", "secret", "clientsecret", "privatekey", "apikey", "secretkey",
    "apisecret", "accesskey", "pin", "otp", "cvv", "cvc", "securityanswer", "encryptionkey", "signingkey",
    "passwordhash", "mfasecret", "totpsecret",
))  # fmt: skip
# and under these in a URL they are credentials that end up in every log on the way
CREDENTIAL = SECRET | frozenset((
    "token", "accesstoken", "refreshtoken", "authtoken", "idtoken", "sessiontoken", "sessionid", "sid", "jwt", "auth",
    "authorization", "bearer", "signature",
))  # fmt: skip


def plain(name: str) -> str:
    """Without case and separators, as redaction compares names."""
    return "".join(words(name))
