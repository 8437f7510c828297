"""Which endpoints the table shows and in which order, read from the address; pure, knows no SQL."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional
from urllib.parse import urlencode

PAGE = 100  # rows
ALWAYS, SOMETIMES, NEVER = "always", "sometimes", "never"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")


class Row(NamedTuple):
    """One endpoint of the table. `p95` in milliseconds, times in seconds since the epoch."""

    id: str
    host: str
    method: str
    template: str
    calls: int
    errors: int
    client_errors: int
    authenticated: int
    first_seen: float
    last_seen: float
    classes: tuple[str, ...] = ()
    p95: Optional[float] = None
    service: str = ""
    hosts: tuple[str, ...] = ()

    @property
    def auth(self) -> str:
        """Whether calls carried credentials: always, sometimes, never."""
        if not self.authenticated:
            return NEVER
        return ALWAYS if self.authenticated >= self.calls else SOMETIMES


class Wanted(NamedTuple):
    """What the address asks for; every field has a value that asks for nothing."""

    q: str = ""
    method: str = ""
    auth: str = ""
    data: str = ""
    only: str = ""  # `new` today, `errors`, `findings`
    sort: str = "calls"
    reverse: bool = False
    page: int = 1
    service: str = ""

    @property
    def filters(self) -> bool:
        return any((self.q, self.method, self.auth, self.data, self.only))

    def link(self, **changes: Any) -> str:
        """The query string of this view with `changes`; what asks for nothing is left out."""
        wanted, plain = self._replace(**changes), Wanted()
        pairs = [
            (name, int(value) if isinstance(value, bool) else value)
            for name, value, default in zip(self._fields, wanted, plain)
            if value != default
        ]
        return "?" + urlencode(pairs)


LARGEST_FIRST = {  # columns, and whether the largest comes first
    "method": False,
    "endpoint": False,
    "service": False,
    "calls": True,
    "errors": True,
    "p95": True,
    "auth": False,
    "data": True,
    "seen": True,
}


def read(arguments: Mapping[str, str]) -> Wanted:
    """What `arguments` ask for; values that mean nothing ask for nothing."""
    page = arguments.get("page", "1")
    sort = arguments.get("sort", "calls")
    return Wanted(
        q=arguments.get("q", "").strip()[:200],
        method=arguments.get("method", "") if arguments.get("method", "") in METHODS else "",
        auth=arguments.get("auth", "") if arguments.get("auth") in (ALWAYS, SOMETIMES, NEVER) else "",
        data=arguments.get("data", "")[:80],
        only=arguments.get("only", "") if arguments.get("only") in ("new", "errors", "findings") else "",
        sort=sort if sort in LARGEST_FIRST else "calls",
        reverse=arguments.get("reverse") == "1",
        service=arguments.get("service", ""),
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 7 and int(page) else 1,
    )


def pages(found: int) -> int:
    return max(1, -(-found // PAGE))
