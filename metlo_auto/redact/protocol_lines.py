"""Credentials by their place in a line or URL, where no name says so: logins of mail, .pgpass, Subsonic, OpenWeather.

Must not know names. Every pattern is linear.
"""

import re
from typing import Match

from .masks import CONSTANT

_END = r"(?=[\s\"'<\\.,;)]|\Z)"
_BASE64 = r"[A-Za-z0-9+/]"
_AUTH = re.compile(  # of SMTP and IMAP, in one line, or after the question for a password in base64
    r"(\bAUTH(?:ENTICATE)? (?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER|NTLM) (?=[^\s\"]{0,400}[a-z])(?=[^\s\"]{0,400}[A-Z])"
    r"(?=@{12}|@{4,10}=)|\bAUTH(?:ENTICATE)? PLAIN(?:[\r\n]|\\[rn]){1,4}"
    r"(?:\+|334) ?(?:[\r\n]|\\[rn]){1,4}|334 UGFzc3dvcmQ6(?:[\r\n]|\\[rn]){1,4}(?:[A-Za-z0-9.]{0,12}[:>] ?)?)"
    r"(@{4,}={0,2})".replace("@", _BASE64) + _END
)
# What follows a string of JSON.
_STRUCTURE = r"[,:}\]]{1,40}(?:[\s\"\[{]|\Z|(?:-?[0-9][0-9.eE+\-]{0,30}|true|false|null)[\s,\]}])"
_IMAP = re.compile(
    r"(\b[A-Za-z]{1,4}[0-9]{1,6} LOGIN (?:\\?\"[^\"\r\n\\]{1,200}\\?\"|[^\s\"\\]{1,200}) "
    r"(?:\\\"|\"(?!" + _STRUCTURE + "))?)"
    r"([^\s\"\\<]{1,200})" + _END
)
_PGPASS = re.compile(  # host:port:database:user:password, where one of the first three is any
    r"(?<![\w.*:/\-])([\w.*\-]{1,255}:(?:[0-9]{1,5}|\*):[^:\s\\\"'/]{1,64}:[^:\s\\\"'/]{1,64}:)"
    r"([^\s\"'\\<:]{1,200})" + _END
)
# The same with the port of PostgreSQL or PgBouncer, where a line is nothing else. Neither a database nor a user is a
# number, as columns are in a linter's `a.py:12:3:E501:too long`.
_PGPASS_LINE = re.compile(
    r"((?:(?m:^)[ \t]{0,20}|(?P<within>(?<=[\"'=>])|(?<=\\n)|(?<=\\r)))(?:[\w.\-/]|\\:){1,255}:[1-6]?[56]432:"
    r"[A-Za-z_][\w.\-]{0,63}:[A-Za-z_][\w.@\-]{0,63}:)"
    r"(?(within)(?:\\{1,16}:|[^\s\"'\\<&]){1,400}(?=[\r\n\"'<&\\]|\Z)|[^\r\n]{1,400})"
)
_MAYBE_PGPASS_LINE = re.compile(r"[56]432:[A-Za-z_][\w.\-]{0,63}:[A-Za-z_]")
_OPEN_WEATHER = re.compile(r"(?<!\w)(appid(?:=|\"\s{0,4}:\s{0,4}\"))([0-9a-f]{32})(?![0-9a-zA-Z])")
_BEGIN = r"((?:^|[?&\s\"';])"
_SUBSONIC = re.compile(_BEGIN + r"p=enc(?::|%3[aA]))([0-9a-fA-F]{2,200})")
_SALTED = re.compile(_BEGIN + r"t=)([0-9a-f]{32})(?=&s=[\w\-]{2,64})")
_OTP_EXPORT = re.compile(r"(otpauth-migration:@@offline\?data=)([^\s\"'<>&\\]+)".replace("@", r"\\?/"))

_LINE = r"(?:\r?\n|\\r\\n|\\n)"
_RESP = re.compile(  # of Redis on the wire: `AUTH`, a user where there is one, and the password, each after its length
    r"(?i)(\b(?:AUTH|requirepass|masterauth)@\$[0-9]{1,4}@(?:[\w.\-]{1,60}@\$[0-9]{1,4}@)?)"
    r"([^\s\"\\]{1,400})(?=[\s\"\\]|\Z)".replace("@", _LINE)
)
_FORMS = re.compile(  # of PostgreSQL: hashes of passwords; of SIMs: a code that fetches one
    r"(?<![\w\-])(?:md5[0-9a-f]{32}(?!\w)|(SCRAM-SHA-(?:1|256)\$[0-9]{1,8}:[A-Za-z0-9+/=]{1,100}\$|LPA:1\$[\w.\-]{1,100}\$)[\w+/=:\-]{4,200})"
)

_MANDRILL = re.compile(r"(?<=[\"'=])md-(?=[\w\-]{0,21}[0-9])(?=[\w\-]{0,21}[A-Z])[\w\-]{22}(?![\w\-])")

# What stands in every text with one of these, as `rules.needles` has it.
NEEDLES = (
    ("md", True, False),
    ("auth", False, True),
    ("authenticate", True, True),
    ("ugfzcdvcmq", True, True),
    ("appid", True, True),
    ("enc", True, True),
    ("otpauthmigration", True, True),
    ("scramsha", True, True),
    ("lpa", True, True),
)
# For a search that knows literals, of which both stand in a text; one that stands alone is a pair with itself.
LITERAL_PAIRS = (
    ("&s=", "t="),
    (" LOGIN ", " LOGIN "),
    (":*:", ":*:"),
    ("\n$", "$"),
    ("\\n$", "$"),
    ("432:", "432:"),
)


def stands_in(text: str) -> bool:
    """Whether there is one that holds none of `NEEDLES`; asked where one of `LITERAL_PAIRS` is in the text."""
    return (
        "&s=" in text
        and _SALTED.search(text) is not None
        or ":*:" in text
        and _PGPASS.search(text) is not None
        or _is_resp(text)
        or " LOGIN " in text
        and _IMAP.search(text) is not None
        or _has_lines(text)
        and _MAYBE_PGPASS_LINE.search(text) is not None
    )


def _is_resp(text: str) -> bool:
    """Whether there is a password for Redis as it goes over the wire."""
    return "$" in text and ("\n$" in text or "\\n$" in text) and _RESP.search(text) is not None


def _has_lines(text: str) -> bool:
    """Whether there may be lines of .pgpass in a text; not in one line of JSON, where looking would cost most."""
    return ("\n" in text or "\\" in text) and "432:" in text


def masked(text: str) -> str:
    """The text with each of them masked."""
    if "AUTH" in text or "334 UG" in text:
        text = _AUTH.sub(r"\g<1>" + CONSTANT, text)
    if " LOGIN " in text:
        text = _IMAP.sub(r"\g<1>" + CONSTANT, text)
    if ":*:" in text:
        text = _PGPASS.sub(_one_is_any, text)
    if _has_lines(text):
        text = _PGPASS_LINE.sub(lambda found: found.group(1) + CONSTANT, text)
    if "appid" in text:
        text = _OPEN_WEATHER.sub(r"\g<1>" + CONSTANT, text)
    if "p=enc" in text:
        text = _SUBSONIC.sub(r"\g<1>" + CONSTANT, text)
    if "&s=" in text:
        text = _SALTED.sub(r"\g<1>" + CONSTANT, text)
    if "md-" in text:
        text = _MANDRILL.sub(CONSTANT, text)
    if _is_resp(text):
        text = _RESP.sub(r"\g<1>" + CONSTANT, text)
    if "md5" in text or "SCRAM-SHA" in text or "LPA:" in text:
        text = _FORMS.sub(lambda found: (found.group(1) or "") + CONSTANT, text)
    if "otpauth-migration" in text:
        text = _OTP_EXPORT.sub(r"\g<1>" + CONSTANT, text)
    return text


def _one_is_any(found: Match[str]) -> str:
    return found.group(1) + CONSTANT if ":*:" in found.group(1) else found.group()
