"""What stands in the place of a secret: keyed marks, constants and masked credentials of the HTTP schemes."""

import base64
import binascii
import hmac

from .names import AUTHORIZATION, CREDENTIAL
from .tables import SCHEMES

CONSTANT = "redacted"

_LETTERS = bytes.maketrans(b"0123456789abcdef", b"abcdefghijklmnop")
_LONGEST_CODE = 8
_NO_PASSWORDS = (b"x", b"x-oauth-basic", b"api_token")  # what services want there if the user is the key
_MARK_BYTES = 6
_MARK_LETTERS = 2 * _MARK_BYTES


def is_mask(text: str) -> bool:
    """Whether a value is one of ours already, so that two rules may meet on it."""
    if text == CONSTANT:
        return True
    head, _, mark = text.partition("-")
    return head == CONSTANT and len(mark) == _MARK_LETTERS and not mark.strip("abcdefghijklmnop")


class Masks:
    """Masks of one API key: the same secret gives the same mark, and nobody without the key can try guesses."""

    def __init__(self, key: str) -> None:
        # Copied for each mark, since the key costs half of one.
        self._keyed = hmac.new(key.encode("utf-8", "replace"), digestmod="sha256")

    def mark(self, secret: str) -> str:
        """`redacted-` and 12 letters a to p: no digits and no dots, which the collector would take for something."""
        digest = self._keyed.copy()
        digest.update(secret.encode("utf-8", "replace"))
        return CONSTANT + "-" + binascii.hexlify(digest.digest()[:_MARK_BYTES]).translate(_LETTERS).decode()

    def value(self, rule: str, secret: str) -> str:
        """The mask of a secret under one of the rules of `names`; empty stays empty."""
        if not secret or is_mask(secret):
            return secret
        if rule == CREDENTIAL:
            return CONSTANT if _is_code(secret) else self.mark(secret)
        if rule == AUTHORIZATION:
            return self.authorization(secret)
        return CONSTANT

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


def _is_code(secret: str) -> bool:
    """Whether a credential is one to type, as the six digits that some call a token: few enough to be guessed."""
    return len(secret) <= _LONGEST_CODE and secret.isdigit()
