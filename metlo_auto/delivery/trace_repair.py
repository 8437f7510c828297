"""The one place of delivery that looks into a trace: when a collector refuses it, to shrink, find or name it."""

import json
from typing import Any, Dict, Optional, Sequence


def without_bodies(trace: bytes) -> Optional[bytes]:
    """The trace with empty bodies that are marked as cut; None where it has none left to lose."""
    document = json.loads(trace.decode("utf-8", "replace"))
    lost = [side for side in ("request", "response") if document.get(side, {}).get("body")]
    for side in lost:
        size = len(document[side]["body"].encode("utf-8", "replace"))
        document[side]["body"] = ""
        note = document.setdefault("meta", {}).setdefault(side + "Body", {"size": size})
        note.update(captured=0, omitted="cut")
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace") if lost else None


def find_path(traces: Sequence[bytes], refusal: str) -> Optional[int]:
    """The index of the trace whose path a refusal names: `refusal` is the path, perhaps with ": reason" after it."""
    best, length = None, -1
    for index, trace in enumerate(traces):
        path = _url(trace).get("path")
        if isinstance(path, str) and len(path) > length and (refusal.strip() + ":").startswith(path.strip() + ":"):
            best, length = index, len(path)
    return best


def describe(trace: bytes) -> str:
    """Method and route for the log."""
    url, method = _url(trace), _parsed(trace).get("request", {}).get("method", "?")
    return "%s %s" % (method, url.get("endpointPath") or url.get("path") or "?")


def _url(trace: bytes) -> Dict[str, Any]:
    url = _parsed(trace).get("request", {}).get("url", {})
    return url if isinstance(url, dict) else {}


def _parsed(trace: bytes) -> Dict[str, Any]:
    try:
        document = json.loads(trace.decode("utf-8", "replace"))
    except ValueError:
        return {}
    return document if isinstance(document, dict) and isinstance(document.get("request", {}), dict) else {}
