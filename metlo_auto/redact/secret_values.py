"""Credentials that their own form gives away, under any name: JWTs, keys of providers, private keys, passwords in URLs,
and codes of OAuth beside their state.

Must not know names. Every pattern is linear: what it has looked at without success it never looks at again.
"""

import base64
import re
from typing import Callable, List, Match, Tuple

from . import one_time_codes, protocol_lines
from .masks import CONSTANT, Masks
from .provider_keys import KEYS

_BEGIN = r"(?<![A-Za-z0-9_\-])"
_KEY = re.compile(_BEGIN + "(?:" + "|".join(re.escape(begin) + rest for begin, rest in KEYS) + ")")
_JOSE = re.compile(_BEGIN + r"(eyJ[A-Za-z0-9_\-]{5,})((?:\.[A-Za-z0-9_\-]*){1,4})")
_BASE64 = re.compile(_BEGIN + r"(?:eyJ|ewog|ew0K|W3si)[A-Za-z0-9+/_\-]{8,}={0,2}")
_BEARER = re.compile(r"(?i)(?<![A-Za-z0-9_\-])(bearer)([ +]|%20)([A-Za-z0-9._~+/\-]{8,}=*)(?![\w\"=])")
_SPACE = r"(?: |\+|%20)"
_PEM = re.compile(
    r"-----BEGIN@(?:[A-Z0-9]{1,20}@){0,4}PRIVATE@KEY(?:@BLOCK)?-----"
    r"|-----BEGIN@OpenVPN@Static@key@V[0-9]-----|Private-Lines:@[0-9]{1,4}(?=\s|\\)".replace("@", _SPACE)
)
_PEM_END = re.compile(
    r"-----END@(?:[A-Z0-9]{1,20}@){0,4}PRIVATE@KEY(?:@BLOCK)?-----|-----END@OpenVPN@Static@key@V[0-9]-----"
    r"|Private-MAC:|[\"'<`&]".replace("@", _SPACE)
)
_DN = r"(?:[A-Za-z]{1,10}=[^\s/?#\"'<>\\@:,;{}()\[\]|]{1,60},){0,8}"  # a user of LDAP
_USER = _DN + r"[^\s/?#\"'<>\\@:,;{}()\[\]|]{0,200}"
# Up to the last @ before the host.
_USERINFO = re.compile(r"((?:\\?/){2})(" + _USER + r")(?::([^\s/?#\"<>\\]{0,400}))?@(?=[\w\[%.\-])")
_USER_AT = re.compile(_USER + r"(?::[^\s/?#\"<>\\]{0,400})?@")
_USERS = frozenset(["git", "anonymous", "ftp", "hg", "svn", "guest"])  # that are no credentials

_CODE = re.compile(r"((?:^|[?&#;\s\"'])code=)([^&#\s\"'<>\\]+)")
_OF_CODES = re.compile(r"(?:^|[?&#;\s\"'])(?:state|grant_type|redirect_uri|session_state|code_verifier)=")

_MOST_CODES = 4  # of one URL: they are looked for in all of the exchange

# Hashes of passwords as crypt, passlib, Django and Werkzeug write them.
_CRYPT = re.compile(
    r"\$(?:2[abxy]?|1|5|6|7|y|gy|apr1|argon2(?:id|i|d)|scrypt|pbkdf2[\w\-]{0,12}|bcrypt-sha256)\$[\w./+=,$\-]{20,400}"
)
_DERIVED = re.compile(
    r"(?<![\w\-])(?:pbkdf2_sha(?:1|256|512)|pbkdf2:sha(?:1|256|512):[0-9]{1,9}|scrypt:[0-9]{1,9}:[0-9]{1,3}:[0-9]{1,3})"
    r"\$[\w./+=$\-]{20,400}"
)
_WIFI = re.compile(r"(\bWIFI:(?:[^\s\"]{0,100};)??P:)([^;\s\"]{1,100})")  # in a QR code
# URLs that need no more to be used, up to what is secret in them.
_HOOK = re.compile(
    r"(hooks\.slack\.com@(?:services|workflows|triggers)@|@api@(?:v[0-9]{1,2}@)?webhooks@[0-9]{5,25}@|api\.telegram\.org@(?:file@)?bot[0-9]{5,15}:"
    r"|@IncomingWebhook@|hooks\.zapier\.com@hooks@(?:catch|standard)@[0-9]{1,12}@|@open-apis@bot@v2@hook@"
    r"|qyapi\.weixin\.qq\.com@cgi-bin@webhook@send\?key=|maker\.ifttt\.com@trigger@[\w\-]{1,80}@with@key@)"
    r"([\w\-/\\]{8,200})".replace("@", r"\\?/")
)
_OTHER_DSN = re.compile(  # oracle:thin:user/password@host, user:password@tcp(host)
    r"(?i)(oracle:(?:thin|oci[0-9]?):[^/@\s\"']{1,100}/|(?<![\w@:/])[\w.\-]{1,64}:(?=[^\s\"'@(]{1,200}@(?:tcp|unix)\())([^/@\s\"']{1,200})(?=@)"
)

_OTHERWISE = ("sk-",)  # more words than keys begin like these


def _needle(begin: str) -> Tuple[str, bool, bool]:
    word, dot, _ = re.sub(r"[-_0-9]", "", begin).lower().partition(".")
    return word, True, bool(dot)


# What stands in every text with one of these, as `rules.needles` has it: the letters that begin, or are, a word.
NEEDLES = tuple(
    sorted(
        {_needle(begin) for begin, _ in KEYS if begin not in _OTHERWISE and "eyJ" not in begin}
        | {(word, True, False) for word in ("eyj", "opseyj", "ewog", "ewk", "wsi", "bearer")}
        | {("tblbkfj", False, False), ("privatelines", False, True)}
        | {(phrase, False, False) for phrase in ("private key", "static key", "oracle thin")}
        | {(word, True, True) for word in ("slack", "webhooks", "telegram", "incomingwebhook", "tcp", "wifi")}
        | {(word, True, True) for word in ("zapier", "hook", "qyapi", "ifttt")}
        | set(protocol_lines.NEEDLES)
        | set(one_time_codes.NEEDLES)
    )
)
# What stands in every text with one of the others, for a search that knows literals of which both stand in a text: a
# user in a URL, a hash of a password, a code of OAuth.
LITERAL_PAIRS = (
    ("@", "//"),
    *[("$", "$" + scheme + "$") for scheme in "2 2a 2b 2x 2y 1 5 6 7 y gy apr1 scrypt bcrypt-sha256".split()],  # noqa: SIM905
    *[("$", begin) for begin in ("$argon2", "$pbkdf2", "pbkdf2_sha", "pbkdf2:sha", "scrypt:")],
    *protocol_lines.LITERAL_PAIRS,
    *[("code=", name + "=") for name in ("state", "grant_type", "redirect_uri", "code_verifier")],
)
SHORTEST = 15  # characters of a text that holds nothing else

# What all of them have but private keys and bearers: so many characters without a space, comma or quote.
_RUN = b"1" * 11
_RUNS = bytes(49 if char in b"-./+=\\:~_" or char > 127 or chr(char).isalnum() else 48 for char in range(256))
_BEGINNING = 2000  # bytes that tell what the rows of a table are like


def may_stand_alone(data: bytes) -> bool:
    """False only where `masked_alone` changes nothing in UTF-8 without signs that part names from values."""
    if len(data) > _BEGINNING and _RUN in data[:_BEGINNING].translate(_RUNS) or _RUN in data.translate(_RUNS):
        return True
    # One character first: that is a quick look.
    return b"-" in data and b"-----BEGIN" in data or (b" " in data or b"+" in data) and b"bearer" in data.lower()


def found_otherwise(text: str) -> bool:
    """Whether there is one that holds none of `NEEDLES`: a user in a URL, a code of OAuth."""
    if "&" in text and "code=" in text and _OF_CODES.search(text):
        return True
    if "$" in text and (_CRYPT.search(text) or _says_derived(text) and _DERIVED.search(text)):
        return True
    # One character first, as each look at a longer piece costs more than all of those.
    if (
        "&" in text and "&s=" in text
        or "*" in text and ":*:" in text
        or "G" in text and " LOGIN " in text
        or "$" in text and ("\n$" in text or "\\n$" in text)
        or ":" in text and ("\n" in text or "\\" in text) and "432:" in text
    ) and protocol_lines.stands_in(text):  # fmt: skip
        return True
    if "@" not in text or "/" not in text:
        return False
    return _says_user(text, "//") or "\\" in text and _says_user(text, "\\/\\/")


def _says_derived(text: str) -> bool:
    return "pbkdf2" in text or "scrypt:" in text


def _says_user(text: str, slashes: str) -> bool:
    # Looked for one by one: a pattern would be tried at every character.
    at = text.find(slashes)
    while at >= 0:
        if _USER_AT.match(text, at + len(slashes)):
            return True
        at = text.find(slashes, at + len(slashes))
    return False


def codes_in(text: str) -> List[str]:
    """The first codes of OAuth in a query or URL, which are such beside a state and their like."""
    if "code=" not in text or not _OF_CODES.search(text):
        return []
    return [code for _, code in _CODE.findall(text)][:_MOST_CODES]


def without_codes(text: str) -> str:
    """A query or URL with them masked."""
    return _CODE.sub(r"\g<1>" + CONSTANT, text) if "code=" in text and _OF_CODES.search(text) else text


class SecretValues:
    """Masks them in any text, JSON or not; `inner` masks names in what base64 of JSON stands for."""

    def __init__(self, masks: Masks, inner: Callable[[str], str]) -> None:
        self._masks = masks
        self._inner = inner

    def masked(self, text: str) -> str:
        """The text with each of them masked; linear."""
        return one_time_codes.masked(self.masked_alone(text))

    def masked_alone(self, text: str) -> str:
        """The same but for codes that a sentence tells."""
        if "PRIVATE" in text or "OpenVPN Static" in text or "Private-Lines" in text:
            text = _without_private_keys(text)
        if "@" in text:
            text = _USERINFO.sub(self._user, text)
        text = without_codes(text)
        if "$" in text:
            if _says_derived(text):
                text = _DERIVED.sub(self._marked, text)
            text = _CRYPT.sub(self._marked, text)
        if "WIFI:" in text:
            text = _WIFI.sub(r"\g<1>" + CONSTANT, text)
        text = _HOOK.sub(self._last, _OTHER_DSN.sub(self._last, text))
        text = _JOSE.sub(self._jose, text)
        text = _KEY.sub(self._marked, text)
        text = protocol_lines.masked(text)
        text = _BEARER.sub(self._bearer, text)
        return _BASE64.sub(self._base64, text)

    def _last(self, found: Match[str]) -> str:
        return found.group(1) + self._masks.mark(found.group(2))

    def _marked(self, found: Match[str]) -> str:
        return self._masks.mark(found.group())

    def _jose(self, found: Match[str]) -> str:
        return self._masks.mark(found.group()) if b'"alg"' in _decoded(found.group(1)) else found.group()

    def _bearer(self, found: Match[str]) -> str:
        token = found.group(3)
        if token.startswith(CONSTANT) or token.isalpha() and token.islower() or token.isalpha() and token.istitle():
            return found.group()  # of bad news
        return found.group(1) + found.group(2) + self._masks.mark(token)

    def _user(self, found: Match[str]) -> str:
        lead, user, password = found.groups()
        if password is None:
            return (
                found.group()
                if user in _USERS or not user or user.startswith(CONSTANT)
                else lead + self._masks.mark(user) + "@"
            )
        if not password or password == CONSTANT:
            return found.group()
        return lead + user + ":" + CONSTANT + "@"

    def _base64(self, found: Match[str]) -> str:
        try:
            plain = _decoded(found.group()).decode()
        except UnicodeDecodeError:
            return found.group()
        inner = self._inner(plain)
        if inner == plain:
            return found.group()
        encode = base64.urlsafe_b64encode if set("-_").intersection(found.group()) else base64.b64encode
        encoded = encode(inner.encode("utf-8", "replace")).decode()
        return encoded if found.group().endswith("=") else encoded.rstrip("=")


def _decoded(text: str) -> bytes:
    """What base64 or base64url stands for, cut where its length is none."""
    text = text.rstrip("=").replace("-", "+").replace("_", "/")
    text = text[: len(text) - (len(text) % 4 == 1)]
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _without_private_keys(text: str) -> str:
    """A key ends with its last line, or where the string around it does."""
    pieces: List[str] = []
    at = 0
    while True:
        begin = _PEM.search(text, at)
        if begin is None:
            return "".join(pieces) + text[at:]
        end = _PEM_END.search(text, begin.end())
        stop = len(text) if end is None else end.end() if end.group()[:1] == "-" else end.start()
        if end is not None and end.group()[:1] != "-":
            stop -= len(text[begin.end() : stop]) - len(text[begin.end() : stop].rstrip("\\"))  # of an escaped quote
        pieces += (text[at : begin.start()], CONSTANT)
        at = stop
