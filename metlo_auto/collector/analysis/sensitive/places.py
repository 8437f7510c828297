"""Addresses of people and machines: e-mail, IP, coordinates, dates of birth; pure."""

# ruff: noqa: SIM905 - long lists of words read best as text

from __future__ import annotations

import ipaddress
import re
from datetime import date
from typing import Optional

from metlo_auto.collector.analysis.sensitive import names

_EMAIL = re.compile(
    r"(?<![\w.+%-])[^\W_][\w.%+'-]{0,63}@(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-]|\.\w)"
)
_NOT_MAIL = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|css|js|map|woff2?)$"  # logo@2x.png
    r"|@\d[\w-]*\.(?:\d[\w-]*\.)+[a-z]+$"  # versions
    r"|@\d+\.(?:final|release|ga|jar|war|pom|aar|alpha|beta|rc|snapshot)$",
    re.I,
)
_BEFORE_MAIL = re.compile(r"(?:sips?|xmpp|im|ssh|acct):$|[a-z][a-z0-9+.-]*://[^\s/?#@]*$|git\+ssh$", re.I)
_AFTER_MAIL = re.compile(r":(?:[\w.~-]*/|\S+\.git\b)")  # git@host:org/repo.git
_LOCAL_OF_MESSAGE = re.compile(r"<?(?=[\w.+%=$-]*\d)(?=[\w.+%=$-]*[A-Za-z])[\w.+%=$-]{20,}@[\w.-]+>?")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(
    rf"(?:{_OCTET}\.){{3}}{_OCTET}(?::\d{{1,5}})?", re.ASCII
)  # ASCII digits alone: ipaddress takes no others
_QUAD = re.compile(r"\d\.\d{1,3}\.\d{1,3}\.\d")
_IPV4_INSIDE = re.compile(rf"(?<![\w./:-])(?:{_OCTET}\.){{3}}{_OCTET}(?::\d{{1,5}})?(?![\w/-]|\.\d|:\w)", re.ASCII)
_VERSION_BEFORE = re.compile(
    r"\b(?:version|ver|release|build|firmware|v|update|upgrade|sdk|oid|section|driver|agent|package)[:=\s\"']*$", re.I
)
_PAIR = re.compile(r"\(?\[?(-?\d{1,3}\.\d{2,})\s?[,;]\s?(-?\d{1,3}\.\d{2,})\]?\)?")
_GEO = re.compile(r"geo:(-?\d{1,2}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)(?:[,;?].*)?", re.I)
_WKT = re.compile(
    r"(?:SRID=\d+;\s?)?(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s?(?:Z|M|ZM)?\s?"
    r"\(+\s*(-?\d{1,3}\.\d+)\s+(-?\d{1,3}\.\d+)[^A-Za-z]*",
    re.I,
)
_DEGREES = re.compile(r"\d{1,3}°\s?\d{1,2}['′’]\s?(?:\d{1,2}(?:\.\d+)?(?:\"|″|''|”)\s?)?[NSEWO]")
_DECIMALS = re.compile(r"-?\d{1,3}\.\d{2,}")
_ANY_DECIMAL = re.compile(r"-?\d{1,3}\.\d+(?:e-\d+)?")
_NAMED_PAIR = re.compile(r"(-?\d{1,3}\.\d{2,}) (-?\d{1,3}\.\d{2,})")  # where the name says that it is one
_DAY_IN_CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日?")
_DAY = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{2}:.*)?"
    r"|(\d{1,2})[-/. ]\s?(\d{1,2})[-/. ]\s?(\d{4}|\d{2})|(\d{4}|\d{2})(\d{2})(\d{2})"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN_DAY = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th|\.)?[ -]+([A-Za-z]{3,9})\.?,?[ -]+(\d{4}))"
    r"|(?:([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4}))"
)

_DATED = re.compile(
    r"\d(?:[-/.]\s?\d|\d{5}|[^\s\d]{0,3} (?:[^\W\d_]{3,9}\.?,? )?\d{4})"
)  # a day of a birth has one of these
_BIRTH_HINT = re.compile(r"born|birth|b-?day|dob|d\.o\.b|nacid|nacim|nascid|nascim|nat[oa] il|naiss|née? le|geb")
_BIRTH_HINT_OF_ANY = re.compile(_BIRTH_HINT.pattern, re.I)
_BIRTH_SAID = re.compile(
    r"(?<![\w-])(?:born(?: on)?|birth-?days?|birth ?date|date of birth|b-?day|dob|d\.o\.b\.?|nacid[oa](?: el)?"
    r"|(?:fecha de )?nacimiento|nascid[oa](?: em)?|(?:data de )?nascimento|nat[oa] il|née? le"
    r"|date de naissance|geboren(?: am)?|geburtsdatum|geburtstag|geb\.(?: am)?)(?: is| was| ist)?[\s:=,(\"'#-]{1,4}"
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?(?:\d{4}|\d{2})|\d{8}|\d{6}"
    r"|\d{1,2}(?:st|nd|rd|th|\.)? [A-Za-z]{3,9}\.?,? \d{4}|[A-Za-z]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4})"
    r"(?![\w/-]|\.\d)",
    re.I,
)


def has_email(name: str, text: str) -> bool:
    """An address of a person: not the user of a URL, of a repository or a call, and no id of a message."""
    if "@" not in text or names.says_message_id(name):
        return False
    return any(_is_mail(text, match) for match in _EMAIL.finditer(text))


# mailboxes of an office rather than of a person: RFC 2142, and what companies print on their pages
_OFFICES = frozenset(
    (
        "abuse accounting accounts admin administrator billing booking bookings bounce bounces careers compliance "
        "contact contacto contato customercare customerservice datenschutz donotreply dpo enquiries events feedback "
        "finance general hello help helpdesk hilfe hostmaster hr info inquiries investors ir jobs kontakt legal "
        "mailerdaemon marketing media newsletter news noc noreply notifications office orders partners payments "
        "postmaster presse press privacy reception reservations sales security service services shop soporte support "
        "suporte team usenet ventas webmaster welcome www"
    ).split()
)


def names_nobody(text: str) -> bool:
    """True where all e-mail addresses of `text` are mailboxes of offices, such as support@: public on purpose."""
    locals_ = [match.group().partition("@")[0].partition("+")[0] for match in _EMAIL.finditer(text)]
    return bool(locals_) and all(re.sub("[-_.]", "", each).lower() in _OFFICES for each in locals_)


def _is_mail(text: str, match: "re.Match[str]") -> bool:
    if _NOT_MAIL.search(match.group()) or ".." in match.group():
        return False
    if _BEFORE_MAIL.search(text, max(0, match.start() - 300), match.start()) or _AFTER_MAIL.match(text, match.end()):
        return False
    local = match.group().partition("@")[0]
    if local.lower() in ("git", "ssh", "hg") and ("ssh" in text or ".git" in text or text == match.group()):
        return False
    return not (len(local) >= 20 and text.startswith("<") and _LOCAL_OF_MESSAGE.fullmatch(text))


def has_ipv4(name: str, text: str) -> bool:
    """A value, items of a list, or in a text where nothing says that it is a version."""
    if names.says_version(name):
        return False
    if _IPV4.fullmatch(text):
        return _is_ipv4(text)
    if len(text) < 9 or _QUAD.search(text) is None:
        return False
    return any(
        _is_ipv4(match.group()) and not _VERSION_BEFORE.search(text, max(0, match.start() - 20), match.start())
        for match in _IPV4_INSIDE.finditer(text)
    )


def _is_ipv4(text: str) -> bool:
    address = ipaddress.IPv4Address(text.partition(":")[0])
    return not (address.is_unspecified or address.is_loopback or address == ipaddress.IPv4Address("255.255.255.255"))


_GAPS = re.compile(r"[\s,;|\"'<>()]+")


def has_ipv6(_name: str, text: str) -> bool:
    """A value or items of a list; bytes with colons between, such as serial numbers, are none."""
    if len(text) > 1_000 or "::" not in text and text.count(":") < 6:  # six where it ends as an IPv4 address
        return False
    if len(text) <= 45 and _is_ipv6(text):
        return True
    return any(
        9 <= len(item) <= 60 and any(c.isdigit() for c in item) and _is_ipv6(item) for item in _GAPS.split(text)[:50]
    )


def _is_ipv6(text: str) -> bool:
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::\d{1,5})?", text)
    plain = (bracketed.group(1) if bracketed else text).partition("%")[0]
    pieces = plain.partition("/")[0].split(":")
    if "::" not in plain and all(len(piece) == 2 for piece in pieces):
        return False
    if "." not in plain and sum(map(bool, pieces)) < 2:
        return False
    try:
        address = ipaddress.IPv6Address(plain.partition("/")[0])
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback)


def has_coordinates(name: str, text: str) -> bool:
    """A latitude or longitude by its name with two decimals or more (about 1 km); a pair, GeoJSON, WKT, `geo:`."""
    if "." not in text and "," not in text and "°" not in text:
        return False
    text = text.strip()
    kind = names.says_place(name)
    if kind in (90, 180):
        return bool(_DECIMALS.fullmatch(text)) and abs(float(text)) <= kind
    if kind == 360 and _ANY_DECIMAL.fullmatch(text):
        return abs(float(text)) <= 180 and not text.endswith(".0")
    pair = _PAIR.fullmatch(text) or (_NAMED_PAIR.fullmatch(text) if kind == 360 else None)
    if pair:
        first, second = pair.groups()
        precise = min(len(part.partition(".")[2]) for part in (first, second))
        return (
            (precise >= 4 or kind == 360) and abs(float(first)) <= (180 if kind else 90) and abs(float(second)) <= 180
        )
    for pattern in (_GEO, _WKT):
        found = pattern.fullmatch(text)
        if found:
            return abs(float(found.group(1))) <= 180 and abs(float(found.group(2))) <= 180
    return "°" in text and bool(_DEGREES.search(text))


def has_birth_date(name: str, text: str) -> bool:
    """A day that a living person may have been born on, where the field's name or the text before it says so; under
    such a name its parts apart, too.
    """
    if not names.says_birth(name):
        return says_birth_date(text)
    text = text.strip()
    last = names.words(name)[-1]
    if last in ("year", "month", "day") and text.isdigit():
        low, high = {"year": (1900, date.today().year), "month": (1, 12), "day": (1, 31)}[last]
        return low <= int(text) <= high
    return _is_birth_day(text) or says_birth_date(text)


def _is_birth_day(text: str) -> bool:
    day = _day(text)
    return day is not None and day.year >= 1900 and day <= date.today()


def says_birth_date(text: str) -> bool:
    """Whether a text says of a day that somebody was born on it."""
    if len(text) < 9 or _DATED.search(text) is None:
        return False
    hint = _BIRTH_HINT.search(text.lower()) if text.isascii() else _BIRTH_HINT_OF_ANY.search(text)
    return hint is not None and any(_is_birth_day(match.group(1)) for match in _BIRTH_SAID.finditer(text))


def _day(text: str) -> Optional[date]:
    written = _WRITTEN_DAY.fullmatch(text)
    if written:
        day, month, year, month2, day2, year2 = written.groups()
        name = (month or month2)[:3].lower()
        orders = [(year or year2, str(_MONTHS.index(name) + 1), day or day2)] if name in _MONTHS else []
    else:
        match = _DAY.fullmatch(_DAY_IN_CHINESE.sub(r"\1-\2-\3", text) if "年" in text else text)
        if not match:
            return None
        a, b, c, first, second, last, d, e, f = match.groups()
        orders = [(a, b, c)] if a else [(d, e, f)] if d else [(last, second, first), (last, first, second)]
    for order in orders:
        try:
            return date(*(int(_century(part) if place == 0 else part) for place, part in enumerate(order)))
        except ValueError:
            continue
    return None


def _century(year: str) -> str:
    """`80` as `1980`, `05` as `2005`."""
    if len(year) != 2:
        return year
    return ("20" if int(year) <= date.today().year % 100 else "19") + year
