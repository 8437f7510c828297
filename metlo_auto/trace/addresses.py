"""Addresses of a trace: who sent it, which server took it; pure functions of what WSGI says."""

import ipaddress
import re
from typing import Dict, Optional, Tuple, Union

_JUNK = ("", "0.0.0.0", "::", "waitress.invalid", "unix")
_NAME = re.compile(r"[\w.:\[\]%-]+$")  # cheroot gives its product's name and version
_PORT = re.compile(r"0*[1-9][0-9]{0,4}$")
# Where proxies live. Not ipaddress.is_private: that takes the documentation's example addresses for private too.
_INSIDE = [ipaddress.ip_network(text) for text in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "::/127", "fc00::/7", "fe80::/10")]
_CACHED = 1024
Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


class _Private(dict):  # type: ignore[type-arg]
    """Whether an address is private, loopback or none at all; bounded, since clients choose what is asked."""

    def __missing__(self, address: str) -> bool:
        parsed = parse(address)
        private = parsed is None or _is_inside(parsed)
        if len(self) < _CACHED:
            self[address] = private
        return private


_PRIVATE: Dict[str, bool] = _Private()


def parse(text: str) -> Optional[Address]:
    """The address in `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::1` or `[2001:db8::1]:4711`, None where there is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _is_inside(address: Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in _INSIDE)


def client_address(remote: str) -> str:
    """The address in REMOTE_ADDR, "" where there is none: over a Unix socket servers write what they like there."""
    address = parse(remote)
    return "" if address is None or address.is_unspecified else str(address)


def source_address(remote: str, forwarded: str) -> str:
    """The client as the app sees it; behind a proxy of its own network the right-most public address it names.

    The left-most address of X-Forwarded-For is whatever the client wrote there. Over a Unix socket the peer is the
    proxy itself, so the right-most address is the client's, be it a private one.
    """
    known = client_address(remote)
    if not forwarded or (known and not _PRIVATE[remote]):
        return known
    for part in reversed(forwarded.split(",")):
        address = parse(part)
        if address is not None and not (known and _is_inside(address)):
            return str(address)
    return known


def port_of(text: str) -> str:
    """A TCP port, "" for what servers write where there is none."""
    return text if _PORT.match(text) else ""


def server_address(name: str, port: str, host: str) -> Tuple[str, str]:
    """The server's address and port; where its own name is junk, the name that the client used."""
    if name in _JUNK or not _NAME.match(name):
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name, port_of(port)
