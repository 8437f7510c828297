"""Whether a response holds what only somebody should see: secrets, personal data, values of one identity; pure."""
# ruff: noqa: SIM905 - long lists of words read best as text

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Iterator

from metlo_auto.collector.analysis.sensitive import detect, has_secret
from metlo_auto.collector.analysis.sensitive.names import SECRET, plain, words
from metlo_auto.collector.security_tests.content import content_of
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.values import ANONYMOUS, Answer

PERSONAL = frozenset(
    ("email", "phone", "card", "ssn", "iban", "aadhaar", "cpf", "nhs", "dni", "birth_date", "national_id")
)
SHORTEST_HASH = 16  # characters: those behind its sign alone
MOST_LOOKED_AT = 3_000  # leaves of one answer

_HASH = re.compile(
    r"\$(2[abxy]|argon2(id?|d)|[156]|scrypt|pbkdf2[\w-]*)\$[\w./$,=+-]{16,}|(pbkdf2(:|_)sha\d+|scrypt)[:$][\w:.$/+=-]{16,}"
)
_PASSWORD_IN_URL = re.compile(r"\b[a-z][\w+.-]*://[^/\s:@]*:[^/\s@]+@[\w.-]", re.IGNORECASE)
_KEY_ID = re.compile(r"A[A-Z]{2}A[A-Z2-7]{16}")  # of AWS: it names a key, and stands in logs and URLs
_HEX_HASH = re.compile(r"[0-9a-fA-F]{32,128}")
_HIDDEN = re.compile(
    r"[*•·…]{2,}|^.{0,6}[xX]{4,}.{0,6}$|\.\.\.$|^(redacted|hidden|masked)|^<[^<>]{1,40}>$", re.IGNORECASE | re.DOTALL
)
_TOKEN = frozenset(
    """
    token tokens accesstoken refreshtoken sessiontoken apitoken authtoken resettoken jwt sessionid
    passwordresettoken invitetoken bearertoken
    """.split()
)  # fmt: skip
_OTHER_TOKEN = frozenset(
    """
    next page cursor continuation csrf xsrf sync public publishable pagination prev previous count limit
    type expires expiry device push
    """.split()
)  # fmt: skip
_HASH_NAME = frozenset(
    """
    passwordhash passwordhashed hashedpassword pwhash passhash passworddigest pwdhash pwdigest
    """.split()
)
_MORE_SECRETS = frozenset(
    """
    dbpassword databaseurl databasepassword secretkeybase privatetoken totp recoverycodes backupcodes
    totpseed otpsecret totpsecret webhooksecret secretaccesskey awssecretaccesskey
    """.split()
)  # fmt: skip


def secrets(answer: Answer) -> Iterator[tuple[str, str, str]]:
    """Path, value and what it is, of everything that an API should give to nobody."""
    for path, leaf in content_of(answer).leaves[:MOST_LOOKED_AT]:
        if not isinstance(leaf, (str, int)) or isinstance(leaf, bool):
            continue
        text = str(leaf)
        what = _what(_name(path), text)
        if what:
            yield path, text, what


@lru_cache(maxsize=8192)  # columns of one value, and the same rows in several responses
def _what(name: str, text: str) -> str:
    if len(text) < 4 or _HIDDEN.search(text) or text.lower() in ("none", "null", "true", "false"):
        return ""
    return _secret(plain(name), words(name), text)


def _secret(name: str, parts: "tuple[str, ...]", text: str) -> str:
    if len(text) > SHORTEST_HASH and _HASH.search(text) or name in _HASH_NAME:
        return "the hash of a password"
    if name.startswith("password") and _HEX_HASH.fullmatch(text):
        return "the hash of a password"
    if "PRIVATE KEY" in text:
        return "a private key"
    if "://" in text and _PASSWORD_IN_URL.search(text):
        return "a password within a URL"
    if name in SECRET or name in _MORE_SECRETS:
        return "a secret by its name"
    if name in _TOKEN and not set(parts) & _OTHER_TOKEN and len(text) >= 12:
        return "a token"
    if _KEY_ID.fullmatch(text):
        return ""
    return "a provider's key" if has_secret(name, text) else ""


def personal_classes(answer: Answer) -> "set[str]":
    """Classes of personal data in a response."""
    found: set[str] = set()
    for path, leaf in content_of(answer).leaves[:MOST_LOOKED_AT]:
        if isinstance(leaf, (str, int, float)) and not isinstance(leaf, bool):
            found |= PERSONAL & set(detect(_name(path), leaf))
    return found


@lru_cache(maxsize=4096)
def _name(path: str) -> str:
    return path.rpartition(".")[2].replace("[]", "")


def is_sensitive(answer: Answer) -> bool:
    return bool(personal_classes(answer)) or any(True for _ in secrets(answer))


def is_personal(probe: Probe, answer: Answer) -> bool:
    """Whether a response is sensitive, or differs from identity to identity."""
    if is_sensitive(answer):
        return True
    base = probe.base
    assert base is not None
    mine = content_of(base.answer).values
    for name in probe.world.sessions.names:
        if name not in (base.identity, ANONYMOUS):
            other = probe.view(name)
            if other is not None and other.answer.is_success and not mine <= content_of(other.answer).values:
                return bool(mine & content_of(answer).values)
    return False


def shown(value: Any) -> str:
    """A secret as reports show it."""
    text = str(value)
    return text[:3] + "…" if len(text) > 6 else "…"
