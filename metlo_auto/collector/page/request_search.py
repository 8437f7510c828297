"""Which kept requests an address asks for: service, host, status, method, time, and words in path, query and bodies."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Iterator, Mapping, NamedTuple, Optional
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis.observation import real_path
from metlo_auto.collector.ingest.transport import parse
from metlo_auto.collector.page.listing import METHODS
from metlo_auto.collector.store.schema import samples

MOST_BYTES = 200_000_000  # that one search reads
_AT_ONCE = 4_000_000
_STATUS = re.compile("[1-5](?:[0-9][0-9])?")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-.@:+")  # the same in JSON


class Asked(NamedTuple):
    """Every field has a value that asks for nothing. Times are this machine's, `2026-11-29T21:10`."""

    q: str = ""
    service: str = ""
    host: str = ""
    status: str = ""  # a class, `5` for 500 to 599, or a whole status
    method: str = ""
    since: str = ""
    until: str = ""

    @property
    def filters(self) -> bool:
        return any(self._replace(service=""))

    def link(self, **more: Any) -> str:
        """The query string that asks for the same."""
        pairs = [(name, value) for name, value in {**self._asdict(), **more}.items() if value]
        return "?" + urlencode(pairs) if pairs else ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """All but the words, as SQL."""
        s, found = samples.c, []
        if self.service:
            found.append(s.service == self.service)
        if self.host:
            found.append(func.lower(s.host) == self.host.lower())
        if self.method:
            found.append(s.method == self.method)
        if self.status:
            first, size = (int(self.status), 1) if len(self.status) == 3 else (int(self.status) * 100, 100)
            found += [s.status >= first, s.status < first + size]
        since, until = _seconds(self.since), _seconds(self.until)
        if since is not None:
            found.append(s.at >= since)
        if until is not None:
            found.append(s.at < until + 60)  # the minute itself too
        return found


def read(arguments: Mapping[str, str], service: Optional[str]) -> Asked:
    """What `arguments` ask for; values that mean nothing ask for nothing."""
    status, method = arguments.get("status", ""), arguments.get("method", "")
    times = {name: arguments.get(name, "") for name in ("since", "until")}
    return Asked(
        q=arguments.get("q", "").strip()[:200],
        service=service or "",
        host=arguments.get("host", "").strip()[:300],
        status=status if _STATUS.fullmatch(status) else "",
        method=method if method in METHODS else "",
        **{name: value if _seconds(value) is not None else "" for name, value in times.items()},
    )


def _seconds(text: str) -> Optional[float]:
    try:
        return datetime.fromisoformat(text).timestamp() if 16 <= len(text) <= 25 else None
    except (ValueError, OverflowError):
        return None


def matching(connection: Connection, asked: Asked, before: Optional[int], limit: int) -> tuple[list[int], bool]:
    """The numbers of the newest requests that have the words, and whether all that are kept were looked at."""
    where = [samples.c.id < before] if before is not None else []
    found, stopped_at = _look(connection, asked, where, limit, oldest_first=False)
    return found, stopped_at is None


def _look(
    connection: Connection, asked: Asked, where: list[ColumnElement[bool]], limit: int, oldest_first: bool
) -> tuple[list[int], Optional[int]]:
    """The first `limit` numbers that have the words, and where the look ended that was not at all of them."""
    found: list[int] = []
    left = MOST_BYTES
    for number, body in _bodies(connection, [*asked.conditions(), *where], oldest_first):
        left -= len(body)
        if _has(body, asked.q):
            found.append(number)
            if len(found) == limit:
                break
        if left < 0:
            return found, number
    return found, None


def _bodies(
    connection: Connection, conditions: list[ColumnElement[bool]], oldest_first: bool
) -> Iterator[tuple[int, bytes]]:
    """In order, a few megabytes at a time."""
    order = samples.c.id.asc() if oldest_first else samples.c.id.desc()
    sizes = select(samples.c.id, samples.c.size).where(*conditions).order_by(order)
    group: list[int] = []
    total = 0
    for row in [*connection.execute(sizes), None]:
        if group and (row is None or total + row.size > _AT_ONCE or len(group) == 500):
            chosen = select(samples.c.id, samples.c.body).where(samples.c.id.in_(group)).order_by(order)
            for number, body in connection.execute(chosen).all():
                yield number, bytes(body)
            group, total = [], 0
        if row is not None:
            group.append(row.id)
            total += row.size


def _has(body: bytes, words: str) -> bool:
    if _PLAIN.issuperset(words) and words.lower().encode() not in body.lower():
        return False  # without taking the trace apart
    trace = parse(body)
    return any(words.casefold() in text.casefold() for text in _texts(trace))


def _texts(trace: dict[str, Any]) -> Iterator[str]:
    """Path, query and bodies."""
    yield real_path(trace)
    listed = trace["request"]["url"].get("parameters")
    for pair in listed if isinstance(listed, list) else ():
        if isinstance(pair, dict):
            yield f"{pair.get('name', '')}={pair.get('value', '')}"
    for side in ("request", "response"):
        text = trace[side].get("body")
        if isinstance(text, str):
            yield text


def start_of_newer(connection: Connection, asked: Asked, newest: int, length: int) -> Optional[int]:
    """What the next newer page of `length` requests begins before, None where it is the newest."""
    if asked.q:
        found, stopped_at = _look(connection, asked, [samples.c.id > newest], length + 1, oldest_first=True)
        last = found[length - 1] if len(found) > length else stopped_at
        return last + 1 if last is not None else None
    ids = select(samples.c.id).where(samples.c.id > newest, *asked.conditions()).order_by(samples.c.id)
    newer = list(connection.execute(ids.limit(length + 1)).scalars())
    return newer[length - 1] + 1 if len(newer) > length else None


class Neighbours(NamedTuple):
    """The numbers of the requests beside one, None at either end."""

    newer: Optional[int]
    older: Optional[int]


def neighbours(connection: Connection, asked: Asked, number: int) -> Neighbours:
    """Among those that `asked` asks for; of words, as far as one search looks."""
    if asked.q:
        newer_ones, _ = _look(connection, asked, [samples.c.id > number], 1, oldest_first=True)
        older_ones, _ = _look(connection, asked, [samples.c.id < number], 1, oldest_first=False)
        return Neighbours(next(iter(newer_ones), None), next(iter(older_ones), None))
    mine = asked.conditions()
    newer = select(func.min(samples.c.id)).where(samples.c.id > number, *mine)
    older = select(func.max(samples.c.id)).where(samples.c.id < number, *mine)
    return Neighbours(connection.scalar(newer), connection.scalar(older))
