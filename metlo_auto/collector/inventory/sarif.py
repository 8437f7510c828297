"""What both SARIF reports share: places in the repository, and what has none; pure.

Code scanning refuses a whole file for one result without a place in the repository: such a finding is a notification.
"""

from __future__ import annotations

from typing import Any, Optional, Sequence
from urllib.parse import quote

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_INSTALLED = "site-packages/"


def locations(file: str, line: int, logical: Optional[str] = None) -> list[dict[str, Any]]:
    """Where a view stands; [] where its file is not known, installed, or outside of the repository."""
    file = file.replace("\\", "/")
    if not file or file.startswith(("/", "..", _INSTALLED)) or ":" in file:
        return []
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(file), "uriBaseId": "%SRCROOT%"}}
    place["region"] = {"startLine": max(1, line)}
    location: dict[str, Any] = {"physicalLocation": place}
    if logical:
        location["logicalLocations"] = [{"name": logical}]
    return [location]


def run(
    driver: dict[str, Any], name: str, found: Sequence[dict[str, Any]], is_complete: bool = True
) -> dict[str, Any]:
    """A whole document of one run; `found`: results with their `locations`."""
    notifications = [_notification(item) for item in found if not item["locations"]]
    said = {
        "tool": {"driver": driver},
        "automationDetails": {"id": name},
        "invocations": [{"executionSuccessful": is_complete, "toolExecutionNotifications": notifications}],
        "results": [item for item in found if item["locations"]],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [said]}


def _notification(found: dict[str, Any]) -> dict[str, Any]:
    return {"level": found["level"], "message": found["message"], "associatedRule": {"id": found["ruleId"]}}
