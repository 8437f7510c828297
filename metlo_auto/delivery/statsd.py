"""The counts of a process as datagrams for statsd; knows the format and UDP, nothing of what is counted."""

import socket
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple
from urllib.parse import urlsplit

INTERVAL = 10.0  # seconds between two datagrams
PORT = 8125
PREFIX = "metlo"
LARGEST = 1400  # bytes of a datagram, so that it passes in one packet


class Statsd:
    """For the sender's thread: `step` sends what was counted since the last time, at most every INTERVAL seconds.

    `target`: statsd://host[:port][/prefix]. `read` gives numbers by name, a dict for those by reason. `trouble` is told
    why nothing can be sent, and None when it can again.
    """

    def __init__(
        self,
        target: str,
        read: Callable[[], Mapping[str, Any]],
        clock: Callable[[], float],
        trouble: Callable[[Optional[str]], None],
    ) -> None:
        parts = urlsplit(target)
        self._address = (parts.hostname or "127.0.0.1", parts.port or PORT)
        self._prefix = parts.path.strip("/").replace("/", ".") or PREFIX
        self._read = read
        self._clock = clock
        self._trouble = trouble
        self._found: Optional[Tuple[Any, ...]] = None  # how getaddrinfo described the address the last time
        self._sent: Dict[str, int] = {}
        self._due = clock() + INTERVAL

    def step(self) -> Optional[float]:
        """Seconds until something is due, None where nothing was counted since."""
        if not self._changes():
            return None
        now = self._clock()
        if now >= self._due:
            self.send()
        return max(self._due - now, 0.0)

    def send(self, is_last: bool = False) -> None:
        """Sends what was counted since the last time, now; at the end of the process without a name lookup."""
        self._due = self._clock() + INTERVAL
        changes = self._changes()
        if not changes:
            return
        lines = ["%s.%s:%d|c" % (self._prefix, name, number) for name, number in sorted(changes.items())]
        try:
            family, kind, protocol, _, address = self._look_up(is_last)
            # A socket for each time: an app that closes all its descriptors closes none that we still hold.
            with socket.socket(family, kind, protocol) as sock:
                for datagram in _datagrams(lines):
                    sock.sendto(datagram, socket.MSG_DONTWAIT, address)
        except OSError as error:  # socket.gaierror too
            self._trouble("%s: %s" % (type(error).__name__, error.strerror or error))
            return
        self._trouble(None)
        for name, number in changes.items():
            self._sent[name] = self._sent.get(name, 0) + number

    def _look_up(self, at_once: bool) -> Tuple[Any, ...]:
        if self._found is None or not at_once:
            flags = socket.AI_NUMERICHOST if at_once else 0
            self._found = socket.getaddrinfo(*self._address, type=socket.SOCK_DGRAM, flags=flags)[0]
        return self._found

    def _changes(self) -> Dict[str, int]:
        """What grew since it was last sent. The number of spooled traces falls when they are sent."""
        numbers = _flat(self._read())
        return {name: n - self._sent.get(name, 0) for name, n in numbers.items() if n > self._sent.get(name, 0)}


def _flat(numbers: Mapping[str, Any]) -> Dict[str, int]:
    found: Dict[str, int] = {}
    for name, value in numbers.items():
        if isinstance(value, dict):
            found.update({"%s.%s" % (name, reason): count for reason, count in value.items()})
        else:
            found[name] = value
    return found


def _datagrams(lines: List[str]) -> List[bytes]:
    datagrams = [b""]
    for line in lines:
        encoded = line.encode("utf-8")
        if datagrams[-1] and len(datagrams[-1]) + 1 + len(encoded) > LARGEST:
            datagrams.append(encoded)
        else:
            datagrams[-1] = datagrams[-1] + b"\n" + encoded if datagrams[-1] else encoded
    return datagrams
