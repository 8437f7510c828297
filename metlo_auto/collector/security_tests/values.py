"""A request to send, what came back, and both together; plain values, no I/O."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, Optional
from urllib.parse import quote, urlsplit

Pairs = tuple[tuple[str, str], ...]
ANONYMOUS = ""  # the identity that sends no credentials


class Request(NamedTuple):
    """A request without credentials. `path` is percent-encoded and begins with /; `query` is decoded, in order."""

    method: str
    path: str
    query: Pairs = ()
    headers: Pairs = ()
    body: str = ""

    @property
    def target(self) -> str:
        """Path and query as they stand in the request line."""
        return _target(self.path, self.query) if self.query else self.path

    def header(self, name: str) -> str:
        return first_header(self.headers, name)

    def with_header(self, name: str, value: str) -> Request:
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return self._replace(headers=(*kept, (name, value)))


class Answer(NamedTuple):
    """A response. `status` 0: none came within the time, or the connection broke; `body` then says how."""

    status: int
    headers: Pairs = ()
    body: str = ""
    seconds: float = 0.0

    @property
    def media_type(self) -> str:
        return _media_type(self.headers)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def header(self, name: str) -> str:
        """The first header of this name, "" where there is none."""
        return first_header(self.headers, name)

    def all_headers(self, name: str) -> list[str]:
        return [value for given, value in self.headers if given.lower() == name.lower()]


class Exchange(NamedTuple):
    """One request of the run. `number` is what stands behind the run's name in X-Metlo-Test."""

    number: int
    identity: str
    request: Request
    answer: Answer


class Origin(NamedTuple):
    """Where the tested app listens; nothing else is ever asked."""

    scheme: str
    host: str
    port: int
    prefix: str = ""  # of all paths, without a slash at its end

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.prefix}"


_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_origin(url: str) -> Optional[Origin]:
    """The origin of `url`, None where it is no http or https URL."""
    try:
        parts = urlsplit(url if "://" in url else "http://" + url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    return Origin(parts.scheme, parts.hostname, port or _DEFAULT_PORTS[parts.scheme], parts.path.rstrip("/"))


def first_header(headers: Pairs, name: str) -> str:
    wanted = name.lower()
    for given, value in headers:
        if given == wanted or given.lower() == wanted:
            return value
    return ""


@lru_cache(maxsize=256)  # responses within a second have the same headers
def _media_type(headers: Pairs) -> str:
    return first_header(headers, "content-type").partition(";")[0].strip().lower()


@lru_cache(maxsize=4096)  # asked for each time that two requests are compared
def _target(path: str, query: Pairs) -> str:
    return path + "?" + "&".join(f"{_quoted(name, '[]$.')}={_quoted(value, '')}" for name, value in query)


@lru_cache(maxsize=4096)  # a run sends the same inputs many times
def _quoted(text: str, safe: str) -> str:
    return quoted(text, safe)


def quoted(text: str, safe: str) -> str:
    """As `urllib.parse.quote`, which takes ten times as long for what is ASCII."""
    return text.translate(_escapes(safe)) if text.isascii() else quote(text, safe=safe, errors="replace")


@lru_cache(maxsize=64)
def _escapes(safe: str) -> "dict[int, str]":
    return {octet: quote(chr(octet), safe=safe) for octet in range(128)}
