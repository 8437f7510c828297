"""The OpenAPI document of a service as text in pieces: what one takes does not grow with the service.

The text is that of `make_document`. `Reading` is a connection for a while: between two pieces none is held.
"""

from __future__ import annotations

import json
from typing import Any, Callable, ContextManager, Iterator, Mapping, NamedTuple, Optional, Sequence

from sqlalchemy.engine import Connection

from metlo_auto.collector.inventory import endpoint_facts as noted
from metlo_auto.collector.inventory import fields, queries, routes
from metlo_auto.collector.inventory.queries import Endpoint
from metlo_auto.collector.inventory.routes import Located
from metlo_auto.collector.openapi import document as documents
from metlo_auto.collector.openapi.document import Group, Names
from metlo_auto.collector.openapi.operations import Observed, parameter_names, shape, tag

MOST_AT_ONCE = 40  # operations that are read together
FIELDS_AT_ONCE = 3_000  # after which fewer operations are read together
ALL = 10**9
FIRST = 100  # operations that a preview may begin with
ROWS_OF_A_WHOLE = 10_000  # facts of a document that is made at once
MOST_FIELDS = 300  # of a section in a preview


Reading = Callable[[], ContextManager[Connection]]


class Outline(NamedTuple):
    """What has to be known of all operations before one can be written."""

    groups: list[Group]
    located: Located
    names: Names

    def group_of(self) -> dict[str, Group]:
        """Groups by their operationId."""
        return {self.names.ids[f"{g[0].method} {shape(g[0].template)}"]: g for g in self.groups}


def outline(connection: Connection, listed: Sequence[Endpoint]) -> Outline:
    groups = documents.grouped(listed)
    known = routes.read_for(connection, listed)
    located = routes.locate(known, listed if known else ())
    nothing = noted.empty()
    bare = [documents.observed(group, located, [], nothing) for group in groups]
    return Outline(groups, located, documents.named(bare))


def document_pieces(reading: Reading, service: str, title: str) -> Iterator[str]:
    """The whole document of a service."""
    yield _head(title)
    with reading() as connection:
        made = outline(connection, queries.list_endpoints(connection, service=service))
    yield from _written(reading, made, ALL)


def beginning(reading: Reading, service: str, title: str, most: int) -> str:
    """The first `most` characters, and some more, of a document of the first operations alone."""
    with reading() as connection:
        made = outline(connection, queries.first_endpoints(connection, service, FIRST))
    text = _head(title)
    for piece in _written(reading, made, MOST_FIELDS):
        text += piece
        if len(text) >= most:
            break
    return text


def is_small(connection: Connection, service: str) -> bool:
    """Whether the whole document is made in less time than a page may take."""
    if queries.number_of_endpoints(connection, service) > FIRST:
        return False
    owners = queries.members(connection, [found.id for found in queries.list_endpoints(connection, service=service)])
    return not fields.are_more_rows_than(connection, list(owners), ROWS_OF_A_WHOLE)


def _head(title: str) -> str:
    return "{" + _members(documents.head(title), "\n")


def _written(reading: Reading, made: Outline, most: int) -> Iterator[str]:
    """What follows the head: the operations of `made` with no more than `most` fields of each section."""
    servers = documents.servers({host for group in made.groups for endpoint in group for host in endpoint.hosts})
    yield ("," + _members({"servers": servers}, "\n") if servers else "") + ',\n  "paths": {'
    schemes: set[str] = set()
    tags: set[str] = set()
    digests: list[str] = []
    for paths, seen in _parts(reading, made, most):
        schemes.update(scheme for each in seen for scheme in each.notes.schemes)
        tags.update(map(tag, seen))
        for path, item in paths.items():
            yield ("," if digests else "") + f"\n    {json.dumps(path)}: " + _indented(item, 4)
            digests.append(documents.digest_of_path((path, item)))
    yield "\n  }" if digests else "}"
    last = {**documents.end(schemes, tags), documents.DIGEST: documents.digest(digests)}
    yield "," + _members(last, "\n") + "\n}"


def _members(value: Mapping[str, Any], before: str) -> str:
    return ",".join(f"{before}  {json.dumps(key)}: {_indented(inner, 2)}" for key, inner in value.items() if inner)


def _indented(value: Any, by: int) -> str:
    return json.dumps(value, indent=2).replace("\n", "\n" + " " * by)


def _parts(reading: Reading, made: Outline, most: int) -> Iterator[tuple[dict[str, Any], list[Observed]]]:
    """Path Items and the operations in them, as many together as have few fields."""
    by_id: Optional[dict[str, Group]] = None
    first, at_once = 0, MOST_AT_ONCE
    while first < len(made.groups):
        last = _end(made.groups, first + at_once)
        with reading() as connection:
            seen = documents.read_some(connection, made.groups[first:last], made.located, most)
            paths = documents.paths_of(seen, made.names)
            by_id = made.group_of() if by_id is None else by_id
            documents.drop_links_without_target(paths, _Targets(connection, made.names, by_id))
        yield paths, seen
        number = sum(len(each.fields) for each in seen)
        at_once = max(1, min(MOST_AT_ONCE, (last - first) * FIELDS_AT_ONCE // max(1, number)))
        first = last


def _end(groups: list[Group], wanted: int) -> int:
    """Where a part ends: all methods of a path are in one."""
    while wanted < len(groups) and shape(groups[wanted][0].template) == shape(groups[wanted - 1][0].template):
        wanted += 1
    return min(wanted, len(groups))


class _Targets:
    """The parameters of operations that links lead to, which may be in another part."""

    def __init__(self, connection: Connection, names: Names, by_id: Mapping[str, Group]) -> None:
        self._connection = connection
        self._names = names
        self._by_id = by_id

    def __call__(self, wanted: set[str]) -> dict[str, set[str]]:
        groups = {name: self._by_id[name] for name in sorted(wanted)}
        owners = {endpoint.id: name for name, group in groups.items() for endpoint in group}
        found = {name: self._in_path(group) for name, group in groups.items()}
        members = queries.members(self._connection, list(owners)) if owners else {}
        for member, name in fields.query_parameters(self._connection, list(members)) if members else ():
            found[owners[members[member]]].add(f"query.{name}")
        return found

    def _in_path(self, group: Group) -> set[str]:
        return {f"path.{name}" for name in parameter_names(self._names.templates[shape(group[0].template)])}
