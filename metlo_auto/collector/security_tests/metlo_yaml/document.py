"""A Metlo test file as values; unknown keys and wrong types are errors with file and line. Sends nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from metlo_auto.collector.security_tests.metlo_yaml.payloads import PAYLOADS

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT")


class BadFile(ValueError):
    """The file is no test file; the message begins with file and line."""


class Check(NamedTuple):
    """`type`: EQ, REGEXP or JS; `key`: what is looked at, an expression; `value`: what it is compared with."""

    type: str
    key: str
    value: Any
    description: str
    line: int


class Extract(NamedTuple):
    name: str
    type: str  # VALUE, JS, REGEXP or HTML
    value: str
    line: int


class Step(NamedTuple):
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...]
    form: tuple[tuple[str, str], ...]
    data: str
    graphql: str
    extract: tuple[Extract, ...]
    checks: tuple[Check, ...]
    payloads: tuple[tuple[str, str], ...]
    line: int


class Document(NamedTuple):
    path: Path
    id: str
    name: str
    severity: str
    stops_on_failure: bool
    env: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]


# The keys of each kind of object, with what stands under them: another kind, a list of one in [], or any value.
_KEYS = {
    "file": {"id": "", "meta": "meta", "options": "options", "env": "[pair]", "test": "[step]"},
    "meta": {"name": "", "severity": "", "tags": ""},
    "options": {"stopOnFailure": ""},
    "pair": {"name": "", "value": ""},
    "step": {"request": "request", "extract": "[extract]", "assert": "[assert]", "payload": "[payload]"},
    "request": {
        "method": "",
        "url": "",
        "headers": "[pair]",
        "query": "[pair]",
        "form": "[pair]",
        "data": "",
        "graphql": "",
    },
    "extract": {"name": "", "type": "", "value": ""},
    "assert": {"type": "", "key": "", "value": "", "description": ""},
    "payload": {"key": "", "value": ""},
}
_NEEDED = {
    "file": ("id", "test"),
    "step": ("request",),
    "request": ("method", "url"),
    "extract": ("name", "type", "value"),
    "payload": ("key", "value"),
    "pair": ("name",),
}


def read_document(path: Path) -> Document:
    """Raises BadFile."""
    try:
        root = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise BadFile(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadFile(f"{path}: is not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadFile(f"{path}:{line}: {error.problem}") from error
    if root is None:
        raise BadFile(f"{path}:1: the file is empty")
    value = _Reader(path).read(root, "file")
    return _document(path, value)


class _Reader:
    """Turns nodes into values, with the line of each object under the name `line `."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, node: yaml.Node, kind: str) -> Any:
        if kind.startswith("["):
            if not isinstance(node, yaml.SequenceNode):
                raise self._bad(node, "a list is wanted")
            return [self.read(item, kind[1:-1]) for item in node.value]
        if not kind:
            return self._plain(node)
        if kind == "assert" and isinstance(node, yaml.ScalarNode):
            return {"type": "JS", "value": str(self._plain(node)), "line ": node.start_mark.line + 1}
        if not isinstance(node, yaml.MappingNode):
            raise self._bad(node, f"a mapping is wanted with {', '.join(_KEYS[kind])}")
        found: dict[str, Any] = {"line ": node.start_mark.line + 1}
        for key, value in node.value:
            name = str(key.value)
            if name not in _KEYS[kind]:
                raise self._bad(key, f"unknown key {name}; known are {', '.join(_KEYS[kind])}")
            found[name] = self.read(value, _KEYS[kind][name])
        for name in _NEEDED.get(kind, ()):
            if name not in found:
                raise self._bad(node, f"{name} is missing")
        self._check(node, kind, found)
        return found

    def _check(self, node: yaml.Node, kind: str, found: "dict[str, Any]") -> None:
        """Values that have to be one of a few."""
        for where, name, known in (
            ("request", "method", METHODS),
            ("extract", "type", ("VALUE", "JS", "REGEXP", "HTML")),
            ("assert", "type", ("EQ", "REGEXP", "JS")),
            ("payload", "value", tuple(PAYLOADS)),
        ):
            value = str(found.get(name, known[0]))
            if kind == where and (value.upper() if name == "method" else value) not in known:
                raise self._bad(node, f"{name} {value} is not known; known are {', '.join(known)}")

    def _plain(self, node: yaml.Node) -> Any:
        try:
            return yaml.safe_load(yaml.serialize(node))
        except yaml.YAMLError as error:
            raise self._bad(node, f"is not understood: {error}") from error

    def _bad(self, node: yaml.Node, text: str) -> BadFile:
        return BadFile(f"{self._path}:{node.start_mark.line + 1}: {text}")


def _document(path: Path, value: "dict[str, Any]") -> Document:
    meta, options = value.get("meta") or {}, value.get("options") or {}
    steps = tuple(_step(item) for item in value["test"])
    return Document(
        path, str(value["id"]), str(meta.get("name") or value["id"]), str(meta.get("severity") or "HIGH"),
        bool(options.get("stopOnFailure", True)), _pairs(value.get("env")), steps,
    )  # fmt: skip


def _step(value: "dict[str, Any]") -> Step:
    request = value["request"]
    return Step(
        method=str(request["method"]).upper(),
        url=str(request["url"]),
        headers=_pairs(request.get("headers")),
        query=_pairs(request.get("query")),
        form=_pairs(request.get("form")),
        data=str(request["data"]) if request.get("data") is not None else "",
        graphql=str(request.get("graphql") or ""),
        extract=tuple(
            Extract(str(e["name"]), e["type"], str(e["value"]), e["line "]) for e in value.get("extract") or ()
        ),
        checks=tuple(_check(item) for item in value.get("assert") or ()),
        payloads=tuple((str(item["key"]), str(item["value"])) for item in value.get("payload") or ()),
        line=value["line "],
    )


def _check(value: "dict[str, Any]") -> Check:
    return Check(str(value.get("type", "EQ")), str(value.get("key", "")), value.get("value"),
                 str(value.get("description", "")), value["line "])  # fmt: skip


def _pairs(listed: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(item["name"]), _text(item.get("value"))) for item in listed or ())


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
