"""The collector's URL: whether it names this machine, and how it is shown without secrets. No I/O, no name lookup."""

import re
import socket
from urllib.parse import quote, unquote, urlsplit

_NAMES = ("localhost", "localhost.localdomain", "localhost6", "localhost6.localdomain6", "ip6-localhost",
          "ip6-loopback")
_SHORTEST_KEY = 6  # characters; a shorter one stands in many words by chance
_LONGEST = 80
_LONGEST_WORD = 15  # characters; a longer one without a dot in it, in place of a URL, may be a key
_LONGEST_LABEL = 24  # the same between two dots


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine, in any spelling that a connection understands."""
    try:
        host = unquote(urlsplit(url.strip()).hostname or "").rstrip(".").lower()
    except ValueError:
        return False
    return host in _NAMES or host.endswith(".localhost") or _is_loopback_4(host) or _is_loopback_6(host)


def _is_loopback_4(host: str) -> bool:
    """127.0.0.1, 127.1, 2130706433, 0x7f.1; 0.0.0.0 too, which connects to this machine."""
    try:
        packed = socket.inet_aton(host) if re.match(r"[0-9a-fx.]+$", host) else b""
    except OSError:
        return False
    return packed[:1] == b"\x7f" or packed == bytes(4)


def _is_loopback_6(host: str) -> bool:
    """::1 however it is written, ::, and 127.0.0.0/8 mapped into IPv6."""
    try:
        packed = socket.inet_pton(socket.AF_INET6, host.split("%")[0]) if ":" in host else b""
    except (OSError, AttributeError):
        return False
    mapped = packed[:12] == bytes(10) + b"\xff\xff" and _is_loopback_4(".".join(map(str, packed[12:])))
    return packed in (bytes(16), bytes(15) + b"\x01") or mapped


def shown(text: str, key: str = "") -> str:
    """`text`, given as the collector's URL, with `***` for what may be secret in it; at most 80 characters."""
    for secret in {key.strip(), quote(key.strip(), safe="")} if len(key.strip()) >= _SHORTEST_KEY else ():
        text = text.replace(secret, "***")
    place, mark, _ = re.match(r"([^?#]*)([?#]?)(.*)", text.strip(), re.DOTALL).groups()  # type: ignore[union-attr]
    scheme, slashes, rest = place.partition("//")
    if not slashes:
        scheme, rest = "", place
    credentials, at, rest = rest.rpartition("@")
    if not slashes and _may_be_a_key(rest):
        rest = "***"
    text = scheme + slashes + ("***@" if at else "") + rest + (mark + "***" if mark else "")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _may_be_a_key(text: str) -> bool:
    host = text.split("/")[0].split(":")[0]
    return max(map(len, host.split("."))) > (_LONGEST_LABEL if "." in host else _LONGEST_WORD)
