"""Where observed traffic and a kept OpenAPI document differ; pure, works on JSON values.

The walk follows the observed document, which ends; the kept one may refer to itself. Names of path parameters and
sets of values are no difference. An export that nobody has changed since is what traffic showed once: a field that is
missing for the first time, or a number after whole numbers, is then a note and no difference.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, NamedTuple, Optional
from urllib.parse import urlsplit

from metlo_auto.collector.openapi.document import is_unchanged
from metlo_auto.collector.openapi.operations import shape
from metlo_auto.collector.openapi.resolved import Resolver, Schema, types_of

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_FORMATS = frozenset(("date", "date-time", "email", "ipv4", "time", "uri", "uuid"))
Found = Iterator["Difference"]


class Difference(NamedTuple):
    """`observed`: traffic shows what the document does not allow; else the document has what was not seen."""

    where: str
    what: str
    observed: bool


def differences(document: dict[str, Any], observed: dict[str, Any]) -> list[Difference]:
    """Everything under `paths` that differs, in the order of the paths."""
    comparison = _Comparison(document)
    return list(dict.fromkeys(comparison.paths(_object(observed.get("paths")))))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


class _Comparison:
    def __init__(self, document: dict[str, Any]) -> None:
        self._resolver = Resolver(document)
        self._is_own = is_unchanged(document)
        self._kept = self._operations(document)
        self._security = document.get("security")

    def _operations(self, document: dict[str, Any]) -> dict[tuple[str, str], tuple[str, dict[str, Any], list[Any]]]:
        """Path, operation and the path's own parameters by method and shape, below each server's path too."""
        result: dict[tuple[str, str], tuple[str, dict[str, Any], list[Any]]] = {}
        for path, item in _object(document.get("paths")).items():
            item = _object(self._resolver.follow(item))
            common = item.get("parameters")
            for method in _METHODS:
                if isinstance(item.get(method), dict):
                    entry = (path, item[method], common if isinstance(common, list) else [])
                    for base in ("", *_bases(document)):
                        result.setdefault((method, shape(base + path)), entry)
        return result

    def paths(self, observed: dict[str, Any]) -> Found:
        used: set[tuple[str, str]] = set()
        for path in sorted(observed):
            for method in sorted(observed[path]):
                where = f"{method.upper()} {path}"
                entry = self._kept.get((method, shape(path)))
                if entry is None:
                    yield Difference(where, "the operation is not in the document", True)
                    continue
                used.add((method, entry[0]))
                yield from self._operation(where, entry, observed[path][method])
        for (method, _), (path, _, _) in sorted(self._kept.items()):
            if (method, path) not in used:
                used.add((method, path))
                yield Difference(f"{method.upper()} {path}", "not observed", False)

    def _operation(self, where: str, entry: tuple[str, dict[str, Any], list[Any]], found: dict[str, Any]) -> Found:
        path, kept, common = entry
        yield from self._parameters(where, path, [*common, *(kept.get("parameters") or ())], found)
        if "requestBody" in found:
            body = _object(self._resolver.follow(kept.get("requestBody")))
            if not body:
                yield Difference(f"{where} request", "a body is not in the document", True)
            else:
                yield from self._content(f"{where} request", body, found["requestBody"])
        yield from self._responses(where, _object(kept.get("responses")), found["responses"])
        yield from self._allows_anonymous(where, kept, found)

    def _parameters(self, where: str, path: str, kept: list[Any], found: dict[str, Any]) -> Found:
        known: dict[tuple[str, str], dict[str, Any]] = {}
        order = re.findall(r"\{([^{}]*)\}", path)
        for item in kept:
            parameter = _object(self._resolver.follow(item))
            place, name = str(parameter.get("in")), str(parameter.get("name"))
            key = (
                str(order.index(name))
                if place == "path" and name in order
                else name.lower()
                if place == "header"
                else name
            )
            known[place, key] = parameter
        position = 0
        for item in found.get("parameters", ()):
            place, name = item["in"], item["name"]
            key, position = (str(position), position + 1) if place == "path" else (name, position)
            parameter = known.pop((place, key.lower() if place == "header" else key), {})
            label = f"{where} {place} parameter {name}"
            if not parameter:
                if place != "path":
                    yield Difference(label, "not in the document", place == "query" and not self._is_own)
                continue
            if parameter.get("required") and not item.get("required"):
                yield Difference(label, "required in the document, traffic came without", not self._is_own)
            yield from self._schema(label, parameter.get("schema", {}), item["schema"], self._is_own)
        for (place, _), parameter in sorted(known.items()):
            if place in ("query", "header"):
                wanted = bool(parameter.get("required")) and place == "query"
                what = "required in the document, traffic came without" if wanted else "not observed"
                yield Difference(
                    f"{where} {place} parameter {parameter.get('name')}", what, wanted and not self._is_own
                )

    def _responses(self, where: str, kept: dict[str, Any], found: dict[str, Any]) -> Found:
        for status in sorted(found):
            label = f"{where} response {status}"
            entry = next(
                (kept[name] for name in (status, f"{status[0]}XX", f"{status[0]}xx", "default") if name in kept), None
            )
            if entry is None:
                yield Difference(label, "the status is not in the document", not (self._is_own and status[0] in "345"))
            elif "content" in found[status]:
                yield from self._content(label, _object(self._resolver.follow(entry)), found[status])
        for status in sorted(set(kept) - set(found)):
            if not status.startswith("x-") and status != "default":
                yield Difference(f"{where} response {status}", "not observed", False)

    def _content(self, where: str, kept: dict[str, Any], found: dict[str, Any]) -> Found:
        offered = {
            str(name).partition(";")[0].strip().lower(): media for name, media in _object(kept.get("content")).items()
        }
        for kind, media in sorted(found["content"].items()):
            entry = next(
                (offered[name] for name in (kind, kind.partition("/")[0] + "/*", "*/*") if name in offered), None
            )
            if entry is None:
                yield Difference(where, f"a body of {kind} is not in the document", not self._is_own)
            else:
                yield from self._schema(f"{where} {kind}", _object(entry).get("schema", {}), media["schema"], False)

    def _allows_anonymous(self, where: str, kept: dict[str, Any], found: dict[str, Any]) -> Found:
        wanted = kept.get("security", self._security)
        demands = isinstance(wanted, list) and bool(wanted) and all(isinstance(item, dict) and item for item in wanted)
        if demands and found.get("security") and {} in found["security"]:
            what = "the document requires credentials, calls without were accepted"
            yield Difference(where, what, not self._is_own)

    def _schema(self, where: str, kept: Any, found: Schema, lenient: bool, path: str = "") -> Found:
        """`lenient`: other types are notes, as for the texts of a URL."""
        schema = self._resolver.schema(kept) if isinstance(kept, dict) else {}
        options = self._resolver.alternatives(schema)
        if options is not None:
            tried = [list(self._plain(where, option, found, lenient, path)) for option in options]
            yield from min(tried, key=lambda several: sum(difference.observed for difference in several))
        else:
            yield from self._plain(where, schema, found, lenient, path)

    def _plain(self, where: str, kept: Schema, found: Schema, lenient: bool, path: str) -> Found:
        label = f"{where} field {path}" if path else where
        yield from self._types(label, kept, found, lenient)
        if found.get("format") in _FORMATS and kept.get("format") in _FORMATS and found["format"] != kept["format"]:
            yield Difference(
                label, f"format is {kept['format']} in the document, {found['format']} in traffic", not self._is_own
            )
        if "items" in found and found["items"]:
            yield from self._schema(where, kept.get("items", {}), found["items"], lenient, path + "[]")
        yield from self._members(where, kept, found, lenient, path)

    def _types(self, label: str, kept: Schema, found: Schema, lenient: bool) -> Found:
        allowed, said = types_of(kept), found.get("type")
        if allowed is None or said is None:
            return
        more = [name for name in ([said] if isinstance(said, str) else said) if name not in allowed]
        if more:
            usual = (
                self._is_own and set(more) <= {"null", "number", "integer"} and ("null" in more or "integer" in allowed)
            )
            wanted = " or ".join(sorted(allowed - {"integer"} if "number" in allowed else allowed))
            yield Difference(
                label, f"type is {wanted} in the document, {' or '.join(more)} in traffic", not (lenient or usual)
            )

    def _members(self, where: str, kept: Schema, found: Schema, lenient: bool, path: str) -> Found:
        members = found.get("properties")
        others = found.get("additionalProperties")
        if members is None and others is None:
            return
        known = _object(kept.get("properties"))
        more = kept.get("additionalProperties")
        is_open = (
            more is True
            or isinstance(more, dict)
            or not (known or "properties" in kept or more is False or types_of(kept))
        )
        for name, inner in sorted((members or {}).items()):
            below = f"{path}.{name}" if path else name
            if name in known:
                yield from self._schema(where, known[name], inner, lenient, below)
            elif isinstance(more, dict):
                yield from self._schema(where, more, inner, lenient, below)
            elif not is_open:
                yield Difference(f"{where} field {below}", "not in the document", True)
        if isinstance(others, dict) and isinstance(more, dict):
            yield from self._schema(where, more, others, lenient, path + ".*" if path else "*")
        yield from self._missing(where, kept, found, path)

    def _missing(self, where: str, kept: Schema, found: Schema, path: str) -> Found:
        members = _object(found.get("properties"))
        required = kept.get("required")
        wanted = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
        for name in sorted(set(wanted) - set(found.get("required", ()))):
            label = f"{where} field {path}.{name}" if path else f"{where} field {name}"
            yield Difference(label, "required in the document, traffic came without", not self._is_own)
        for name in sorted(set(_object(kept.get("properties"))) - set(members) - set(wanted)):
            yield Difference(f"{where} field {path}.{name}" if path else f"{where} field {name}", "not observed", False)


def _bases(document: dict[str, Any]) -> list[str]:
    """The paths of the servers, without variables."""
    servers = document.get("servers")
    urls = [item.get("url") for item in servers if isinstance(item, dict)] if isinstance(servers, list) else []
    paths = (_path(url) for url in urls[:20] if isinstance(url, str) and "{" not in url)
    return [path for path in paths if path is not None]


def _path(url: str) -> Optional[str]:
    try:
        return urlsplit(url).path.rstrip("/") or None
    except ValueError:
        return None
