"""The fields of an endpoint, read back from its facts: presence, types, formats, classes, small sets; pure."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Optional, Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.engine import Connection

from metlo_auto.collector.analysis import sensitive
from metlo_auto.collector.analysis.codes import is_code, may_be_member, may_have_example, names_person
from metlo_auto.collector.analysis.facts import MOST_VALUES
from metlo_auto.collector.analysis.shapes import unescape
from metlo_auto.collector.store.schema import facts

ENOUGH_FOR_ENUM = 8  # observations for each member in the mean before a set counts as small on purpose
LEAST_OF_EACH = 3


class Claim(NamedTuple):
    """A class of sensitive data that a field holds, with the evidence: `hits` of `observations`."""

    name: str
    hits: int
    observations: int
    example: str  # masked

    @property
    def title(self) -> str:
        return sensitive.BY_NAME[self.name].title


class Field(NamedTuple):
    """What was seen at one place of a section."""

    section: str
    path: str  # `/items/[]/price`, "" for the root
    present: int
    of: int  # how often it could have been there
    types: dict[str, int]
    formats: dict[str, int]
    claims: tuple[Claim, ...]
    enum: tuple[str, ...]  # empty where the values are no small set
    first_seen: float
    example: str = ""  # of a parameter that is not sensitive

    @property
    def name(self) -> str:
        """The last step as a person writes it."""
        return unescape(self.path.rpartition("/")[2])

    @property
    def depth(self) -> int:
        return self.path.count("/")

    @property
    def required(self) -> bool:
        return self.present == self.of

    @property
    def nullable(self) -> bool:
        return "null" in self.types

    @property
    def format(self) -> Optional[str]:
        """The format that every string had."""
        strings = self.types.get("string", 0)
        return next((name for name, n in self.formats.items() if n == strings), None)


class _Facts:
    """The facts of one place, by kind."""

    def __init__(self) -> None:
        self.kinds: dict[str, dict[str, int]] = {}
        self.first_seen = float("inf")

    def add(self, kind: str, value: str, n: int, first_seen: float) -> None:
        values = self.kinds.setdefault(kind, {})
        values[value] = values.get(value, 0) + n
        self.first_seen = min(self.first_seen, first_seen)

    def of(self, kind: str) -> dict[str, int]:
        return self.kinds.get(kind, {})


def read_fields(connection: Connection, endpoint_ids: Iterable[str]) -> list[Field]:
    """All fields of endpoints that are shown as one, by section and path."""
    f = facts.c
    columns = (f.section, f.path, f.kind, f.value, func.sum(f.n).label("n"), func.min(f.first_seen).label("first"))
    query = (
        select(*columns)
        .where(f.endpoint_id.in_(list(endpoint_ids)), f.section != "")
        .group_by(f.section, f.path, f.kind, f.value)
    )
    return build(connection.execute(query))


class Some(NamedTuple):
    """Fields of an endpoint, and how many more each section has."""

    fields: list[Field]
    left_out: dict[str, int]


def read_some(connection: Connection, endpoint_ids: Sequence[str], most: int, most_of: Mapping[str, int]) -> Some:
    """As `read_fields`, but of each section no more places than `most`, or than `most_of` it: the first ones."""
    f = facts.c
    ours = (f.endpoint_id.in_(endpoint_ids), f.section != "")
    counted = select(f.section, func.count(f.path.distinct())).where(*ours).group_by(f.section)
    counts = {row[0]: int(row[1]) for row in connection.execute(counted)}
    large = {section: n for section, n in counts.items() if n > most_of.get(section, most)}
    if not large:
        return Some(read_fields(connection, endpoint_ids), {})
    bounds: list[ColumnElement[bool]] = [f.section.not_in(list(large))]
    for section in large:  # an object's path is the beginning of its fields' paths: it comes before them
        paths = select(f.path).where(f.endpoint_id.in_(endpoint_ids), f.section == section).distinct()
        last = connection.scalar(paths.order_by(f.path).limit(1).offset(most_of.get(section, most)))
        bounds.append(and_(f.section == section, f.path < last))
    columns = (f.section, f.path, f.kind, f.value, func.sum(f.n), func.min(f.first_seen))
    query = select(*columns).where(*ours, or_(*bounds)).group_by(f.section, f.path, f.kind, f.value)
    left_out = {section: n - most_of.get(section, most) for section, n in large.items()}
    return Some(build(connection.execute(query)), left_out)


Row = tuple[str, str, str, str, int, float]  # section, path, kind, value, n, first seen


def read_rows(connection: Connection, endpoint_ids: Optional[Sequence[str]] = None) -> dict[str, list[Row]]:
    """What `build` takes, of every endpoint by its id, or of some, in one query."""
    f = facts.c
    query = select(f.endpoint_id, f.section, f.path, f.kind, f.value, f.n, f.first_seen).where(f.section != "")
    if endpoint_ids is not None:
        query = query.where(f.endpoint_id.in_(endpoint_ids))
    found: dict[str, list[Row]] = {}
    for row in connection.execute(query).all():
        found.setdefault(row[0], []).append(row[1:])
    return found


def are_more_rows_than(connection: Connection, endpoint_ids: Sequence[str], most: int) -> bool:
    """Whether `read_rows` would read more than `most`."""
    asked = select(facts.c.n).where(facts.c.endpoint_id.in_(endpoint_ids)).limit(most + 1)
    return len(connection.execute(asked).all()) > most


def query_parameters(connection: Connection, endpoint_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Endpoint and name of each parameter of their queries."""
    f = facts.c
    asked = select(f.endpoint_id, f.path).where(f.endpoint_id.in_(endpoint_ids), f.section == "query").distinct()
    for name, path in connection.execute(asked):
        if path.count("/") == 1:
            yield name, unescape(path[1:])


def build(rows: Iterable[Any]) -> list[Field]:
    """Fields from rows (section, path, kind, value, n, first seen)."""
    found: dict[tuple[str, str], _Facts] = {}
    for section, path, kind, value, n, first in rows:
        found.setdefault((section, path), _Facts()).add(kind, value, int(n), first)
    inhabited = {section for section, path in found if path}
    for place in [place for place in found if place[0] not in inhabited and _is_list_of_pairs(place[0])]:
        del found[place]  # counted, but nobody ever sent a parameter
    return [_field(section, path, found) for section, path in sorted(found)]


def _is_list_of_pairs(section: str) -> bool:
    return section in ("query", "header") or section.endswith(" header")


def _field(section: str, path: str, found: dict[tuple[str, str], _Facts]) -> Field:
    own = found[section, path]
    types = own.of("type")
    present = sum(types.values())
    return Field(
        section=section,
        path=path,
        present=present,
        of=_could_be(section, path, found, present),
        types=types,
        formats=own.of("format"),
        claims=_claims(own, types),
        enum=_enum(_name(path), own, types),
        first_seen=own.first_seen,
        example=next((value for value in sorted(own.of("example")) if may_have_example(_name(path), value)), ""),
    )


def _could_be(section: str, path: str, found: dict[tuple[str, str], _Facts], present: int) -> int:
    """How often the place could have held something: once for each object around it."""
    parent, _, step = path.rpartition("/")
    if not step or step in ("[]", "{}"):
        return present
    around = found.get((section, parent))
    return max(present, around.of("type").get("object", 0)) if around else present


def _claims(own: _Facts, types: dict[str, int]) -> tuple[Claim, ...]:
    observations = sum(types.get(kind, 0) for kind in ("string", "integer", "number"))
    claims = []
    for name, hits in sorted(own.of("class").items()):
        if name in sensitive.BY_NAME and sensitive.is_claimed(name, hits, observations):
            example = next(iter(sorted(own.of(f"example {name}"))), "")
            claims.append(Claim(name, hits, observations, example))
    return tuple(claims)


def _name(path: str) -> str:
    """The nearest key, which says more than the `[]` of a list in it."""
    return next((unescape(step) for step in reversed(path.split("/")) if step not in ("[]", "{}")), "")


def _enum(name: str, own: _Facts, types: dict[str, int]) -> tuple[str, ...]:
    """The members of a small set of codes, each of which was seen so often that it looks like a choice."""
    if names_person(name):
        return ()
    values = own.of("value")
    if own.of("many") or not 2 <= len(values) <= MOST_VALUES or set(types) - {"string", "null"}:
        return ()
    if min(values.values()) < LEAST_OF_EACH:
        return ()
    if not all(is_code(value) and may_be_member(name, value) for value in values):
        return ()
    return tuple(sorted(values)) if types["string"] >= ENOUGH_FOR_ENUM * len(values) else ()
