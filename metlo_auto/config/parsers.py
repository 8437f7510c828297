"""From what a setting says to its value; each function takes text, or an argument of MetloFlask; raises ValueError."""

import re
from typing import Any, Callable, Tuple
from urllib.parse import urlsplit

from metlo_auto.config.booleans import FALSE, TRUE

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$", re.IGNORECASE)
_UNITS = {"": 1, "k": 1024, "m": 1024 ** 2, "g": 1024 ** 3}
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def switch(value: Any) -> bool:
    text = str(value).strip().lower()
    if text not in TRUE + FALSE:
        raise ValueError
    return text in TRUE


def url(value: Any) -> str:
    text = str(value).strip()
    parts = urlsplit(text)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or re.search(r"\s", text):
        raise ValueError
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError
    parts.port  # noqa: B018 - raises ValueError where it is no port
    return text.rstrip("/")


def statsd(value: Any) -> str:
    text = str(value).strip()
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme.lower() != "statsd" or not parts.hostname or not re.match(r"[\w./-]*$", parts.path):
        raise ValueError
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError
    parts.port  # noqa: B018 - raises ValueError where it is no port
    return text


def api_key(value: Any) -> str:
    text = str(value).strip()
    if not text or not re.match(r"[\x20-\x7e\xa0-\xff]+$", text):
        raise ValueError
    return text


def plain(value: Any) -> str:
    return str(value).strip()


def names(value: Any) -> Tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else list(value)
    if not all(isinstance(part, str) for part in parts):
        raise ValueError
    return tuple(part.strip() for part in parts if part.strip())


def count(value: Any) -> int:
    number = int(str(value).strip())
    if not 1 <= number <= 64:
        raise ValueError
    return number


def size(value: Any) -> int:
    match = _SIZE.match(str(value).strip())
    if isinstance(value, bool) or not match:
        raise ValueError
    return int(float(match.group(1)) * _UNITS[match.group(2).lower()])


def seconds(value: Any) -> float:
    number = float(str(value).strip())
    if not 0 < number <= 3600:
        raise ValueError
    return number


def rate(value: Any) -> float:
    number = float(str(value).strip())
    if isinstance(value, bool) or not 0 <= number <= 1e6:
        raise ValueError
    return number


def patience(value: Any) -> float:
    return 0.0 if str(value).strip() in ("0", "0.0") else seconds(value)


def share(value: Any) -> float:
    number = float(str(value).strip())
    if not 0 <= number <= 1:
        raise ValueError
    return number


def one_of(*choices: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        text = str(value).strip().lower()
        if text not in choices:
            raise ValueError
        return text

    return parse


def compress(value: Any) -> str:
    text = str(value).strip().lower()
    return "auto" if text == "auto" else str(switch(text)).lower()


def level(value: Any) -> str:
    text = str(value).strip().upper()
    if text not in LEVELS:
        raise ValueError
    return text
