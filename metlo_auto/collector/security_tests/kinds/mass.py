"""Mass assignment: fields that answers have and requests never had, added to a write, read back, and put back."""

from __future__ import annotations

import json
import re
from typing import Any, Iterator

from metlo_auto.collector.security_tests.content import parsed_json
from metlo_auto.collector.security_tests.probe import Probe
from metlo_auto.collector.security_tests.results import Claim, Kind
from metlo_auto.collector.security_tests.values import Answer, Request

KIND = Kind(
    "mass", "Mass assignment", "API3:2023 Broken Object Property Level Authorization", "CWE-915",
    "Take the fields that a caller may set from a list, and leave all others out.", is_alone=True,
)  # fmt: skip
_NO_FIELD = re.compile(
    r"(^|_)(id|uuid|created|updated|modified|at|url|href|links?|self|etag|version|token)$", re.IGNORECASE
)
_TELLING = re.compile(
    r"role|admin|staff|super|owner|balance|credit|price|verified|active|permission|plan|tier|level|limit|discount|points|"
    r"score|approved|status|enabled",
    re.IGNORECASE,
)
MOST_FIELDS = 3


def run(probe: Probe) -> Iterator[Claim]:
    base = probe.base
    if base is None or not probe.world.writes or probe.target.method not in ("PUT", "PATCH", "POST"):
        return
    sent = parsed_json(base.request.body.lstrip())
    reader = probe.reader(base.request.path)
    if not isinstance(sent, dict) or reader is None or not base.answer.is_success:
        return
    before = probe.send(reader)
    for name, value in _fields(sent, before.answer):
        wanted = _other(value)
        test = probe.send(_with(base.request, {**sent, name: wanted}))
        after = probe.send(reader)
        if _value(after.answer, name) == wanted and _follows(probe, sent, name, (value, wanted), reader):
            probe.send(_with(base.request, {**sent, name: value}))
            restored = _value(probe.send(reader).answer, name) == value
            note = "; it was put back" if restored else "; it could NOT be put back"
            evidence = f"The field {name}, which no request had, was set and read back{note}."
            yield Claim(f"A caller can set {name}", "high", evidence, test, before, name)
            return


def _follows(probe: Probe, sent: dict[str, Any], name: str, values: tuple[Any, ...], reader: Request) -> bool:
    """Whether the field takes each of the values in turn: another test may have changed it once meanwhile."""
    assert probe.base is not None
    for value in values:
        probe.send(_with(probe.base.request, {**sent, name: value}))
        if _value(probe.send(reader).answer, name) != value:
            return False
    return True


def _fields(sent: dict[str, Any], before: Answer) -> list[tuple[str, Any]]:
    """Fields of the response that the request does not have, and whose names say rights, owners or amounts."""
    value = parsed_json(before.body.lstrip())
    if not isinstance(value, dict):
        return []
    found = [
        (name, item) for name, item in value.items()
        if name not in sent and isinstance(item, (str, int, float))
        and _TELLING.search(name) and not _NO_FIELD.search(name)
    ]  # fmt: skip
    return found[:MOST_FIELDS]


def _other(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    return "admin" if value != "admin" else "user"


def _with(request: Request, body: Any) -> Request:
    return request._replace(body=json.dumps(body))


def _value(answer: Answer, name: str) -> Any:
    value = parsed_json(answer.body.lstrip())
    return value.get(name) if isinstance(value, dict) else None
