"""What stands in the place of a secret: keyed marks, constants and masked credentials of the HTTP schemes."""

import base64
import binascii
import hmac
from typing import Optional

from .names import AUTHORIZATION, CREDENTIAL
from .tables import SCHEMES

CONSTANT = "redacted"

_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_MARK_LETTERS = 12  # of 4 bits each


def is_mask(text: str) -> bool:
    """Whether a value is one of ours already, so that two rules may meet on it."""
    if text == CONSTANT:
        return True
    head, _, mark = text.partition("-")
    return head == CONSTANT and len(mark) == _MARK_LETTERS and not mark.strip("abcdefghijklmnop")


class Masks:
    """Masks of one API key: the same secret gives the same mark, and nobody without the key can try guesses."""

    def __init__(self, key: str) -> None:
        self._key = key.encode("utf-8", "replace")

    def mark(self, secret: str) -> str:
        """`redacted-` and 12 letters a to p: no digits and no dots, which the collector would take for something."""
        digest = hmac.new(self._key, secret.encode("utf-8", "replace"), "sha256").hexdigest()
        return CONSTANT + "-" + digest[:_MARK_LETTERS].translate(_LETTERS)

    def value(self, rule: str, secret: str) -> str:
        """The mask of a secret under one of the rules of `names`; empty stays empty."""
        if not secret or is_mask(secret):
            return secret
        if rule == CREDENTIAL:
            return self.mark(secret)
        if rule == AUTHORIZATION:
            return self.authorization(secret)
        return CONSTANT

    def authorization(self, value: str) -> str:
        """`Bearer redacted-…`; a user name in Basic stays; a scheme that nobody knows does not."""
        scheme, space, credential = value.strip().partition(" ")
        if scheme.lower() not in SCHEMES:
            return self.mark(value) if value.strip() else value
        credential = credential.strip()
        if not credential:
            return value
        user = _basic_user(credential) if scheme.lower() == "basic" else None
        if user is None:
            return scheme + space + self.value(CREDENTIAL, credential)
        masked = user + b":" + self.mark(credential).encode("ascii")
        return scheme + space + base64.b64encode(masked).decode("ascii")


def _basic_user(credential: str) -> Optional[bytes]:
    try:
        user, colon, _ = base64.b64decode(credential.encode("latin-1"), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return user if colon else None
