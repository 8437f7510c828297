"""Signed texts: one-time tokens in printed addresses, session cookies, CSRF tokens; pure, the clock is passed
in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Optional

TOKEN_LIFE = 3_600.0  # seconds in which a printed address may be opened for the first time
SESSION_LIFE = 30 * 86_400.0


def make(secret: bytes, purpose: str, now: float) -> str:
    """A text `time.nonce.signature` that `check` accepts for the same purpose."""
    head = f"{int(now):x}.{secrets.token_urlsafe(12)}"
    return f"{head}.{_sign(secret, purpose, head)}"


def check(secret: bytes, purpose: str, text: Optional[str], now: float, life: float) -> bool:
    """True for a text that `make` made with this secret and purpose at most `life` seconds ago."""
    head, _, signature = (text or "").rpartition(".")
    if not head or not hmac.compare_digest(signature.encode(), _sign(secret, purpose, head).encode()):
        return False
    return -60 <= now - int(head.partition(".")[0], 16) <= life


def derive(secret: bytes, purpose: str, text: str) -> str:
    """A token that belongs to `text`, such as the CSRF token of a session."""
    return _sign(secret, purpose, text)


def _sign(secret: bytes, purpose: str, head: str) -> str:
    return hmac.new(secret, f"{purpose}\n{head}".encode(), hashlib.sha256).hexdigest()[:40]
