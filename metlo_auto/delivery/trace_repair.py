"""The one place of delivery that looks into a trace: when a collector refuses it, to shrink, find or name it."""

import json
from typing import Any, Dict, Optional, Sequence

TEMPLATED = b'{"request":{"url":{"path":'  # so begins a trace whose path is its route; others begin with the host
REAL_PATH = b',"path":"'  # and so the last member of meta; in a string of JSON the quotes would be escaped


def without_bodies(trace: bytes) -> Optional[bytes]:
    """The trace with empty bodies that are marked as cut; None where it has none left to lose."""
    document = json.loads(trace.decode("utf-8", "replace"))
    lost = [side for side in ("request", "response") if document.get(side, {}).get("body")]
    for side in lost:
        size = len(document[side]["body"].encode("utf-8", "replace"))
        document[side]["body"] = ""
        meta = document.setdefault("meta", {})
        meta.setdefault(side + "Body", {"size": size}).update(captured=0, omitted="cut")
        if "path" in meta:
            meta["path"] = meta.pop("path")  # the last one, where `with_real_path` looks for it
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") if lost else None


def with_real_path(trace: bytes) -> bytes:
    """The trace with the path that was asked for, where it has its route there and the path in `meta.path`."""
    start = trace.rfind(REAL_PATH) if trace.startswith(TEMPLATED) else -1
    if start < 0:
        return trace
    path = trace[start + len(REAL_PATH) - 1 : -2]
    return b"".join((TEMPLATED, path, trace[trace.index(b',"host":') : start], b"}}"))


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
