"""Addresses of people and machines: e-mail, IP, coordinates, dates of birth; pure."""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from typing import Optional

from metlo_auto.collector.analysis.sensitive import names

_EMAIL = re.compile(
    r"(?<![\w.+%-])[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
    r"(?![\w-]|\.\w)"
)
_NOT_MAIL = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|css|js|map|woff2?)$", re.I)  # logo@2x.png
_IPV4 = re.compile(  # ASCII digits alone: ipaddress takes no others
    r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?::\d{1,5})?", re.ASCII
)
_PAIR = re.compile(r"\(?(-?\d{1,2}\.\d{4,}),\s?(-?\d{1,3}\.\d{4,})\)?")
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:T00:00.*)?|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")


def has_email(_name: str, text: str) -> bool:
    return "@" in text and any(not _NOT_MAIL.search(match.group()) for match in _EMAIL.finditer(text))


def has_ipv4(name: str, text: str) -> bool:
    """A whole value only: inside text four numbers are as often a version."""
    if not _IPV4.fullmatch(text) or names.says(name, *names.VERSION):
        return False
    address = ipaddress.IPv4Address(text.partition(":")[0])
    return not (address.is_unspecified or address.is_loopback or address == ipaddress.IPv4Address("255.255.255.255"))


def has_ipv6(_name: str, text: str) -> bool:
    if text.count(":") < 2 or len(text) > 45:
        return False
    try:
        address = ipaddress.IPv6Address(text.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback)


def has_coordinates(name: str, text: str) -> bool:
    """A latitude or longitude by its name with three decimals or more (about 100 m), or a pair of them."""
    pair = _PAIR.fullmatch(text.strip())
    if pair:
        return abs(float(pair.group(1))) <= 90 and abs(float(pair.group(2))) <= 180
    limit = 90 if names.says(name, *names.LATITUDE) else 180 if names.says(name, *names.LONGITUDE) else None
    if limit is None or not re.fullmatch(r"-?\d{1,3}\.\d{3,}", text):
        return False
    return abs(float(text)) <= limit


def has_birth_date(name: str, text: str) -> bool:
    """A day that a living person may have been born on, under a name that says so."""
    if not names.says(name, *names.BIRTH):
        return False
    day = _day(text.strip())
    return day is not None and day.year >= 1900 and day <= date.today()


def _day(text: str) -> Optional[date]:
    match = _DAY.fullmatch(text)
    if not match:
        return None
    year, month, day, first, second, last = match.groups()
    orders = [(year, month, day)] if year else [(last, second, first), (last, first, second)]
    for order in orders:
        try:
            return date(*(int(part) for part in order))
        except ValueError:
            continue
    return None
