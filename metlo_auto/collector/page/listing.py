"""Which endpoints the table shows and in which order, read from the address; pure, knows no SQL."""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Optional, Sequence, TypeVar
from urllib.parse import urlencode

T = TypeVar("T")
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
    findings: int = 0
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


_KEYS: dict[str, tuple[Callable[[Row], Any], bool]] = {  # the key, and whether the largest comes first
    "method": (lambda row: row.method, False),
    "endpoint": (lambda row: (row.template, row.method), False),
    "service": (lambda row: row.service.lower(), False),
    "calls": (lambda row: row.calls, True),
    "errors": (lambda row: (row.errors / max(1, row.calls), row.client_errors / max(1, row.calls)), True),
    "p95": (lambda row: row.p95 or 0.0, True),
    "auth": (lambda row: row.authenticated / max(1, row.calls), False),
    "data": (lambda row: len(row.classes), True),
    "seen": (lambda row: row.last_seen, True),
}
LARGEST_FIRST = {name: largest_first for name, (_, largest_first) in _KEYS.items()}


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
        sort=sort if sort in _KEYS else "calls",
        reverse=arguments.get("reverse") == "1",
        service=arguments.get("service", ""),
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 7 and int(page) else 1,
    )


def choose(rows: Sequence[Row], wanted: Wanted, since: float) -> list[Row]:
    """The rows that `wanted` asks for, sorted; those that are equal stay as `rows` has them. `since` is where today
    begins.
    """
    words = wanted.q.lower().split()
    kept = [row for row in rows if _fits(row, wanted, since) and _says(row, words)] if wanted.filters else list(rows)
    key, largest_first = _KEYS[wanted.sort]
    kept.sort(key=key, reverse=largest_first != wanted.reverse)
    return kept


def _fits(row: Row, wanted: Wanted, since: float) -> bool:
    return (
        (not wanted.method or row.method == wanted.method)
        and (not wanted.auth or row.auth == wanted.auth)
        and (not wanted.data or wanted.data in row.classes or (wanted.data == "any" and bool(row.classes)))
        and (wanted.only != "new" or row.first_seen >= since)
        and (wanted.only != "errors" or row.errors > 0)
        and (wanted.only != "findings" or row.findings > 0)
    )


def _says(row: Row, words: Sequence[str]) -> bool:
    text = f"{row.method} {row.template} {row.service} {' '.join(row.hosts)}".lower()
    return all(word in text for word in words)


def pages(found: int) -> int:
    return max(1, -(-found // PAGE))


def cut(rows: Sequence[T], page: int) -> Sequence[T]:
    """The rows of one page."""
    return rows[(page - 1) * PAGE : page * PAGE]
