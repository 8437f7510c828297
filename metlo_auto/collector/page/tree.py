"""Fields of an endpoint in the order of a tree, section by section; pure."""

from __future__ import annotations

from typing import Iterable, Mapping, NamedTuple, Sequence

from metlo_auto.collector.inventory.fields import Field

_ORDER = ("path", "query", "body", "response")
_TITLES = {"path": "Path", "query": "Query", "body": "Request body", "response": "Response"}
MOST_LEAVES = 300  # of one page
LEAST_LEAVES = 10  # of one section
DEEPEST = 9  # steps that are drawn; what lies deeper stands in line with them


class Leaf(NamedTuple):
    """One row of the tree."""

    field: Field
    name: str
    depth: int
    optional: bool
    types: Sequence[tuple[str, int]]  # the most frequent first


class Section(NamedTuple):
    """`kind` is path, query, body or response; `what` the rest of its name, e.g. `2xx application/json`."""

    kind: str
    what: str
    seen: int
    leaves: Sequence[Leaf]
    hidden: int = 0  # further leaves, which a page of their own shows

    @property
    def name(self) -> str:
        return f"{self.kind} {self.what}".strip()

    @property
    def title(self) -> str:
        return _TITLES.get(self.kind, self.kind.capitalize())


def sections(fields: Iterable[Field], left_out: Mapping[str, int]) -> list[Section]:
    """What is asked first, then what is answered, by status; `left_out`: how many fields a section has besides."""
    found: dict[str, list[Field]] = {}
    for field in fields:
        found.setdefault(field.section, []).append(field)
    made = [_section(name, members)._replace(hidden=left_out.get(name, 0)) for name, members in found.items()]
    return sorted(made, key=lambda section: (_rank(section.kind), section.what))


def bounded(listed: Sequence[Section], wanted: str) -> list[Section]:
    """`listed` with as many leaves as a page shows; all of the section `wanted` alone where there is one so named."""
    alone = [section for section in listed if section.name == wanted]
    if alone:
        return alone
    each = max(LEAST_LEAVES, MOST_LEAVES // max(1, len(listed)))
    return [
        section._replace(leaves=section.leaves[:each], hidden=section.hidden + max(0, len(section.leaves) - each))
        for section in listed
    ]


def _rank(kind: str) -> int:
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _section(name: str, fields: list[Field]) -> Section:
    kind, _, what = name.partition(" ")
    root = next((field for field in fields if not field.path), None)
    plain = root is None or set(root.types) == {"object"}  # then the root says nothing that its keys do not
    ordered = sorted(fields, key=lambda field: field.path.split("/"))
    leaves = [_leaf(field, plain) for field in ordered if field.path or not plain]
    return Section(kind, what, root.present if root else max(field.present for field in fields), leaves)


def _leaf(field: Field, plain: bool) -> Leaf:
    step = field.path.rpartition("/")[2]
    names = {"": "whole body", "[]": "each item", "{}": "each key"}
    item = not field.path or step in ("[]", "{}")
    return Leaf(
        field,
        names[step] if item else field.name,
        max(0, min(DEEPEST, field.depth - (1 if plain else 0))),
        not item and not field.required,
        sorted(field.types.items(), key=lambda pair: (-pair[1], pair[0])),
    )
