"""What stands in the place of a secret: keyed marks, constants and masked credentials of the HTTP schemes."""

import base64
import binascii
import hashlib
import importlib
import re
import sys
from typing import Any, Callable

from .rules import (
    AUTHORIZATION,
    CREDENTIAL,
    HELD,
    HELD_MAP,
    KEPT_NUMBERS,
    LIKELY,
    PIN,
    PIN_CODE,
    SESSION_ID,
    SIGNATURE,
    TOKEN,
    UNSURE,
)
from .tables import PUBLIC_VALUES, SCHEMES

CONSTANT = "redacted"
_MARK = CONSTANT + "-"

_LETTERS = bytes.maketrans(b"0123456789abcdef", b"abcdefghijklmnop")
_LONGEST_CODE = 8
_NO_PASSWORDS = (b"x", b"x-oauth-basic", b"api_token")  # what services want there if the user is the key
_MARK_BYTES = 6
_BLOCK = 64  # bytes that SHA-256 takes at a time
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))  # of HMAC, RFC 2104
_MARK_LETTERS = 2 * _MARK_BYTES
MARKED = frozenset([CREDENTIAL, TOKEN, HELD, HELD_MAP, SIGNATURE, SESSION_ID, LIKELY, UNSURE])
_SPACE = re.compile(r"\s")
_PIN = re.compile(r"[0-9]{4,12}\Z")
_POSTCODE = re.compile(r"[1-9][0-9]{2} ?[0-9]{3}\Z")
_SHORT_NUMBER = re.compile(r"[0-9]{1,3}\Z")
_PUBLIC_ID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}\Z")  # of Twilio
_RANDOM = re.compile(r"(?=.{0,400}[0-9])(?=.{0,400}[A-Za-z])[A-Za-z0-9+/=_.~$:\-]{16,}\Z")
_MAYBE_RANDOM = re.compile(
    r"(?!https?:)(?:(?=.{0,400}[0-9])(?=.{0,400}[A-Za-z])|(?=.{16})(?=(?:[A-Z]{0,40}[^A-Z]{1,40}){2}[A-Z]))"
    r"[A-Za-z0-9+/=_.~$:\-]{10,}\Z"
)
_NOT_RANDOM = re.compile(
    r"(?:0x)?[0-9a-fA-F]{40}\Z|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z|[0-9]{4}-[0-9]{2}-|https?:|[a-z]+(?:[-_.:][a-z0-9]+)+\Z"
)


def is_mask(text: str) -> bool:
    """Whether a value is one of ours already, so that two rules may meet on it."""
    if text == CONSTANT:
        return True
    head, _, mark = text.partition("-")
    return head == CONSTANT and len(mark) == _MARK_LETTERS and not mark.strip("abcdefghijklmnop")


class Masks:
    """Masks of one API key: the same secret gives the same mark, and nobody without the key can try guesses."""

    def __init__(self, key: str) -> None:
        self.key = key.encode("utf-8", "replace")
        # Both states of HMAC after its key: a mark copies them, and hashes nothing but the secret and one digest.
        sha256 = _fastest_sha256()
        padded = (self.key if len(self.key) <= _BLOCK else sha256(self.key).digest()).ljust(_BLOCK, b"\0")
        self._inner = sha256(padded.translate(_INNER))
        self._outer = sha256(padded.translate(_OUTER))

    def mark(self, secret: str) -> str:
        """`redacted-` and 12 letters a to p: no digits and no dots, which the collector would take for something."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(secret.encode("utf-8", "replace"))
        outer.update(inner.digest())
        return _MARK + binascii.hexlify(outer.digest()[:_MARK_BYTES]).translate(_LETTERS).decode()

    def value(self, rule: str, secret: str) -> str:
        """The mask of a secret under one of the rules of `rules`; empty stays empty."""
        if not secret or is_mask(secret) or _is_public(rule, secret):
            return secret
        if rule in MARKED:
            return CONSTANT if _is_code(secret) else self.mark(secret)
        if rule == AUTHORIZATION:
            return self.authorization(secret)
        return CONSTANT

    def argument(self, rule: str, secret: str) -> str:
        """The mask of a part of a path, which is no data whatever it looks like."""
        return self.mark(secret) if rule in MARKED and not _is_code(secret) else CONSTANT

    def authorization(self, value: str) -> str:
        """`Bearer redacted-…`; a user name in Basic stays; a scheme that nobody knows does not."""
        scheme, space, credential = value.strip().partition(" ")
        if scheme.lower() not in SCHEMES:
            return self.mark(value) if value.strip() else value
        credential = credential.strip()
        if not credential or is_mask(credential):
            return value
        masked = self.mark(credential) if scheme.lower() != "basic" else self._basic(credential)
        return scheme + space + masked

    def _basic(self, credential: str) -> str:
        """The user stays; unless nothing stands after the colon, since then the user is the key."""
        try:
            user, _, password = base64.b64decode(credential.encode("latin-1"), validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return self.mark(credential)
        if is_mask(password.decode("latin-1")):
            return credential
        if not password or password.lower() in _NO_PASSWORDS:
            user = b""
        return base64.b64encode(user + b":" + self.mark(credential).encode("ascii")).decode("ascii")


def masks_number(rule: str, number: str) -> bool:
    """Whether a number under a rule is a secret: what holds data too has numbers that are data."""
    if rule in (PIN, PIN_CODE):
        return _PIN.match(number) is not None and not (rule == PIN_CODE and _POSTCODE.match(number))
    return rule not in KEPT_NUMBERS


def _is_public(rule: str, value: str) -> bool:
    """Whether a text under a rule is none of the secrets that are looked for there."""
    if value.lower() in PUBLIC_VALUES:
        return True
    if rule == SIGNATURE:
        return _SPACE.search(value.strip()) is not None
    if rule in (PIN, PIN_CODE):
        return (_SHORT_NUMBER if rule == PIN else _POSTCODE).match(value) is not None
    if rule == SESSION_ID:
        return _PUBLIC_ID.match(value) is not None
    if rule == UNSURE:
        return not looks_random(value)
    return rule == LIKELY and (_RANDOM.match(value) is None or _NOT_RANDOM.match(value) is not None)


def looks_random(value: str) -> bool:
    """Whether a text looks like a credential where its name does not say so for sure."""
    return _MAYBE_RANDOM.match(value) is not None


def _is_code(secret: str) -> bool:
    """Whether a credential is one to type, as the six digits that some call a token: few enough to be guessed."""
    return len(secret) <= _LONGEST_CODE and secret.isdigit()


def _fastest_sha256() -> Callable[[bytes], Any]:
    """The interpreter's own where it has one: between requests a copy of its state costs half of one of OpenSSL's."""
    names = ("_sha2", "_sha256") if sys.implementation.name == "cpython" else ()
    for name in names:
        try:
            own: Callable[[bytes], Any] = importlib.import_module(name).sha256
            return own
        except (ImportError, AttributeError):
            pass
    return hashlib.sha256
