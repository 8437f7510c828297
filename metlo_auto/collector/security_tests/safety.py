"""What may be sent at all: which methods, to which host; pure."""

from __future__ import annotations

import ipaddress
import re

from metlo_auto.collector.security_tests.values import Origin

READING = frozenset(("GET", "HEAD", "OPTIONS"))
_ENDS_SESSION = re.compile(r"log[-_]?out|log[-_]?off|sign[-_]?out|sign[-_]?off|revoke|end[-_]?session", re.IGNORECASE)


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


def refusal(method: str, path: str, writes: str) -> str:
    """Why a request of this kind is not sent, "" where it may be. `writes`: "", "some" or "all"."""
    if method == "DELETE" and writes != "all":
        return "DELETE is sent with --allow-writes=all only"
    if method not in READING and not writes:
        return f"{method} is sent with --allow-writes only"
    if _ENDS_SESSION.search(path):
        return "would end the session"
    return ""
