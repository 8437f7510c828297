"""The OpenAPI format of a text, where it has one; pure."""

from __future__ import annotations

import re
from typing import Optional

from metlo_auto.collector.analysis.body_reading import FILE

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
_MONTH_DAY = r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_DATE = re.compile(r"\d{4}-" + _MONTH_DAY)
_DATE_TIME = re.compile(
    r"\d{4}-" + _MONTH_DAY + r"[Tt ](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})"
)
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_URI = re.compile(r"(?:https?|ftp|wss?)://[^\s/?#]+[^\s]*|urn:[a-z0-9-]+:\S+|mailto:\S+@\S+", re.I)
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")


def format_of(text: str) -> Optional[str]:
    """`uuid`, `date`, `date-time`, `time`, `email`, `uri`, `ipv4`, `binary` for an uploaded file, or None."""
    if text == FILE:
        return "binary"
    if not 7 <= len(text) <= 2048:
        return None
    if text[0].isdigit():
        if _DATE_TIME.fullmatch(text):
            return "date-time"
        if _DATE.fullmatch(text):
            return "date"
        if _TIME.fullmatch(text):
            return "time"
        if _IPV4.fullmatch(text):
            return "ipv4"
    if len(text) == 36 and _UUID.fullmatch(text):
        return "uuid"
    if "@" in text and _EMAIL.fullmatch(text):
        return "email"
    if ":" in text and _URI.fullmatch(text):
        return "uri"
    return None


_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})\.\d{1,17}")


def text_type(text: str) -> Optional[str]:
    """`text integer`, `text number` or `text boolean` for a text that reads as one, for parts that know only text."""
    if _INTEGER.fullmatch(text):
        return "text integer"
    if _NUMBER.fullmatch(text):
        return "text number"
    return "text boolean" if text in ("true", "false") else None
