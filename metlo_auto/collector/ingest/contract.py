"""What the wire contract answers to parsed traces, v1 and v2; pure, knows nothing of HTTP or storage."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Optional

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"))
_FORBIDDEN = re.compile(r"[\\?<>&=]")


class Verdict(NamedTuple):
    """The response to an upload: `status` and `text`, and how many of its leading traces are taken."""

    status: int
    text: str
    taken: int


class Shape(Exception):
    """A trace lacks what v1 requires; the whole upload is refused."""


def path_is_valid(path: str) -> bool:
    """The collector's path rules: leading slash, none of ``\\ ? < > & =``, at most two empty segments."""
    return path.startswith("/") and not _FORBIDDEN.search(path) and path.split("/").count("") <= 2


def judge(version: int, value: Any, single: bool) -> Verdict:
    """The verdict on a parsed post. v1 stops at the first trace that it cannot take; v2 takes any list or
    object.
    """
    traces = _as_list(value, single)
    if version == 2:
        return Verdict(200, "OK", len(traces or ()))
    if traces is None:
        return Verdict(500, "Internal Server Error", 0)
    try:
        bad = _first_bad_path(traces)
    except Shape:
        return Verdict(500, "Internal Server Error", 0)
    if bad is None:
        return Verdict(200, "OK", len(traces))
    path = traces[bad]["request"]["url"]["path"]
    return Verdict(400, f"Invalid path encountered: {path}", bad)


def _as_list(value: Any, single: bool) -> Optional[list[Any]]:
    if single:
        return [value] if isinstance(value, dict) else None
    return value if isinstance(value, list) else None


def _first_bad_path(traces: list[Any]) -> Optional[int]:
    """The first trace with an invalid path, by index. Raises Shape where one before it is no trace."""
    for index, trace in enumerate(traces):
        try:
            request, response = trace["request"], trace["response"]
            path = request["url"]["path"]
            _check_headers(request.get("headers"))
            _check_headers(response.get("headers"))
        except (TypeError, KeyError, AttributeError) as error:
            raise Shape from error
        if not isinstance(path, str):
            raise Shape
        if not path_is_valid(path):
            return index
    return None


def _check_headers(headers: Any) -> None:
    for header in headers or ():
        if not isinstance(header["name"], str):
            raise Shape


def complaint(trace: Any) -> Optional[str]:
    """Why a trace that was responded with 200 cannot be analysed, None where it can."""
    try:
        request, response = trace["request"], trace["response"]
        method, status = request["method"], response["status"]
        path, host = request["url"]["path"], request["url"]["host"]
        _check_headers(request.get("headers"))
        _check_headers(response.get("headers"))
    except (TypeError, KeyError, AttributeError, Shape):
        return "no request, response, url, method or status, or a header without a name"
    if not isinstance(method, str) or method not in METHODS:
        return "method is not one of {}".format(" ".join(sorted(METHODS)))
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 999:
        return "status is not an integer from 100 to 999"
    if not isinstance(host, str):
        return "host is not a string"
    if not isinstance(path, str) or not path_is_valid(path):
        return "path breaks the collector's path rules"
    return None
