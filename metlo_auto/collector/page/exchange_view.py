"""One kept trace as it is shown: parts, bodies laid out, what was left out and what was redacted; pure.

Everything in a trace is somebody else's text: nothing here trusts its shape, and nothing is markup.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, NamedTuple, Optional, Sequence

from metlo_auto.collector.inventory.masked_trace import mask_json
from metlo_auto.collector.page import labels

MOST = 100_000  # characters of a body that are shown
_MOST_PAIRS = 300  # headers, or parameters
_MOST_VALUE = 10_000  # characters of one
_ENCODER = json.JSONEncoder(indent=2, ensure_ascii=False)
_REDACTED = re.compile(r"redacted(?:-[a-p]{12})?")
_TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d[\d.eE+-]*)|(?P<word>true|false|null)'
)
_WHY = {
    "binary": "Binary content is left out",
    "file": "File contents are left out",
    "unread": "The app did not read all of it",
    "cut": "Cut at the agent's limit",
    "aborted": "The connection broke off",
    "undecodable": "It could not be decoded",
}
Shown = Callable[[str, str], str]  # a field's name and its text → the text to show


class Piece(NamedTuple):
    """A stretch of a body: `kind` is key, text, number, word, redacted, or "" for all between."""

    kind: str
    text: str


class Part(NamedTuple):
    """Request or response."""

    headers: Sequence[tuple[str, str]]
    parameters: Sequence[tuple[str, str]]
    body: Sequence[Piece]
    media: str
    note: str  # why the body is not whole, "" where it is
    cut: bool  # too large for the screen
    redacted: Sequence[str]  # where secrets stood


def part(message: Any, kept: Any, show: Shown) -> Part:
    """`message` is the trace's request or response, `kept` what its meta says of the body."""
    message = message if isinstance(message, dict) else {}
    headers = _pairs(message.get("headers"))
    url = message.get("url")
    parameters = _pairs(url.get("parameters")) if isinstance(url, dict) else []
    text = message.get("body")
    text = text if isinstance(text, str) else ""
    body = lay_out(text, show) if len(text) <= MOST else [Piece("", show("", text[:MOST]))]
    media = next((value for name, value in headers if name.lower() == "content-type"), "")
    return Part(
        headers=[(name, show(name, value)) for name, value in headers],
        parameters=[(name, show(name, value)) for name, value in parameters],
        body=body,
        media=media.partition(";")[0],
        note=note(kept),
        cut=len(text) > MOST or bool(body) and body[-1].text.endswith("\n\u2026"),
        redacted=_redacted_places(headers, parameters, text),
    )


def _pairs(listed: Any) -> list[tuple[str, str]]:
    if not isinstance(listed, list):
        return []
    pairs = [(str(item.get("name", "")), str(item.get("value", ""))) for item in listed if isinstance(item, dict)]
    return [(name[:_MOST_VALUE], value[:_MOST_VALUE]) for name, value in pairs[:_MOST_PAIRS]]


def note(kept: Any) -> str:
    """What `meta.requestBody` or `meta.responseBody` says, as a sentence; "" where the body is whole."""
    if not isinstance(kept, dict):
        return ""
    why = _WHY.get(str(kept.get("omitted", "")), "Not whole")
    size, captured = _natural(kept.get("size")), _natural(kept.get("captured"))
    if size is None:
        return f"{why}."
    if captured:
        return f"{why}: {labels.size(captured)} of {labels.size(size)} kept."
    return f"{why}: {labels.size(size)}."


def _natural(value: Any) -> Optional[int]:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def lay_out(text: str, show: Shown) -> list[Piece]:
    """A body: JSON indented and in pieces, anything else as it is, sensitive values as `show` has them."""
    if text[:1] not in ("{", "["):
        return [Piece("", show("", text))] if text else []
    try:
        value = mask_json(json.loads(text), "", show)
        return pieces(_indented(value))
    except (ValueError, RecursionError):
        return [Piece("", show("", text))]


def _indented(value: Any) -> str:
    """JSON with a line for each member, up to `MOST` characters: indentation makes a nested value large."""
    result: list[str] = []
    size = 0
    for chunk in _ENCODER.iterencode(value):
        size += len(chunk)
        if size > MOST:
            return "".join(result) + "\n\u2026"
        result.append(chunk)
    return "".join(result)


def pieces(pretty: str) -> list[Piece]:
    """JSON text cut where its colour changes."""
    result, done = [], 0
    for match in _TOKEN.finditer(pretty):
        if match.start() > done:
            result.append(Piece("", pretty[done : match.start()]))
        kind = match.lastgroup or ""
        if kind == "text" and _REDACTED.fullmatch(match.group()[1:-1]):
            kind = "redacted"
        result.append(Piece(kind, match.group()))
        done = match.end()
    if done < len(pretty):
        result.append(Piece("", pretty[done:]))
    return result


def _redacted_places(headers: list[tuple[str, str]], parameters: list[tuple[str, str]], text: str) -> list[str]:
    places = [f"header {name}" for name, value in headers if _REDACTED.search(value)]
    places += [f"parameter {name}" for name, value in parameters if _REDACTED.search(value)]
    n = len(_REDACTED.findall(text))
    return places + ([labels.plural(n, "value") + " in the body"] if n else [])
