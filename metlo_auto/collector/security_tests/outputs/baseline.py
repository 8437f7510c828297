"""Findings that are known and accepted: a file with their ids, a reason for each, and a date for some."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Mapping, NamedTuple

from metlo_auto.collector.security_tests.results import Finding, Result


class BadBaseline(ValueError):
    """The file cannot be used; the message says where and what is wanted."""


class Accepted(NamedTuple):
    reason: str
    until: "date | None"


def read_baseline(path: Path) -> dict[str, Accepted]:
    """Accepted findings by id. Raises BadBaseline."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadBaseline(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise BadBaseline(f"{path} is not JSON: {error}") from error
    items = data.get("accepted") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise BadBaseline(f"{path} has no list under accepted; --write-baseline writes one")
    return dict(_item(item, f"{path}, item {number}") for number, item in enumerate(items, 1))


def _item(item: object, where: str) -> "tuple[str, Accepted]":
    if not isinstance(item, dict) or not isinstance(item.get("id"), str) or not item.get("reason"):
        raise BadBaseline(f"{where}: an object with id and reason is wanted")
    until = item.get("until")
    try:
        return item["id"], Accepted(str(item["reason"]), date.fromisoformat(until) if until else None)
    except (TypeError, ValueError):
        raise BadBaseline(f"{where}: until is a date like 2027-01-31, not {until!r}") from None


def apply_baseline(result: Result, accepted: Mapping[str, Accepted], today: date) -> Result:
    """`result` with accepted findings taken apart; those whose date has passed count again."""
    kept, known = [], list(result.accepted)
    for finding in result.findings:
        entry = accepted.get(finding.id)
        if entry is None or entry.until is not None and entry.until < today:
            kept.append(finding)
        else:
            known.append((finding, entry.reason))
    return result._replace(findings=tuple(kept), accepted=tuple(known))


def as_baseline(findings: "tuple[Finding, ...]", today: date) -> str:
    """A file that accepts `findings`; somebody should write better reasons into it."""
    items = [
        {
            "id": finding.id, "reason": f"known on {today.isoformat()}", "kind": finding.kind,
            "endpoint": f"{finding.method} {finding.route}", "title": finding.title,
        }
        for finding in findings
    ]  # fmt: skip
    return json.dumps({"accepted": items}, indent=2, ensure_ascii=False) + "\n"
