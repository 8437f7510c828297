"""What may be sent at all: which methods, to which host; pure."""

from __future__ import annotations

import ipaddress
import re

from metlo_auto.collector.security_tests.values import Origin

READING = frozenset(("GET", "HEAD", "OPTIONS"))
_ENDS_SESSION = re.compile(
    r"log(out|off)|sign(out|off)|(?<![a-z])(log|sign)[-_](out|off)(?![a-z])|revoke|end[-_]?session", re.IGNORECASE
)


def is_loopback(host: str) -> bool:
    """True for localhost and for addresses of this machine that no other machine reaches."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_ask(origin: Origin, allowed: "list[str]") -> bool:
    """Loopback, or a host that was named."""
    return is_loopback(origin.host) or origin.host.lower() in {host.lower() for host in allowed}


def ends_session(path: str) -> bool:
    """Whether a request of this path signs its caller out."""
    return _ENDS_SESSION.search(path) is not None


def refusal(method: str, path: str, writes: str) -> str:
    """Why a request of this kind is not sent, "" where it may be. `writes`: "", "some" or "all"."""
    if method == "DELETE" and writes != "all":
        return "DELETE is sent with --allow-writes=all only"
    if method not in READING and not writes:
        return f"{method} is sent with --allow-writes only"
    if ends_session(path):
        return "would end the session"
    return ""
