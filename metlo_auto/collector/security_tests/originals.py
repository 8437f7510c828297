"""What PUT and PATCH change is read before the first of them, and written back when the run ends."""

from __future__ import annotations

import json
import threading
from typing import Any, Iterator, NamedTuple, Optional

from metlo_auto.collector.security_tests.content import parsed_json
from metlo_auto.collector.security_tests.http_client import TargetDown
from metlo_auto.collector.security_tests.rate import Exhausted
from metlo_auto.collector.security_tests.results import Skip
from metlo_auto.collector.security_tests.sessions import Sessions
from metlo_auto.collector.security_tests.values import Answer, Request

WRITING = frozenset(("PUT", "PATCH"))
MOST_PATHS = 12  # of one endpoint, each as one identity: further ones are payloads


class Original(NamedTuple):
    """What `identity` read at a path before it wrote there. `write`: the first request that it wrote with."""

    route: str
    identity: str
    write: Request
    before: Optional[Answer]  # None: no GET of that path is declared


class Originals:
    """Threads share it."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._kept: dict[tuple[str, str], Original] = {}
        self._lock = threading.Lock()

    def keep(self, route: str, request: Request, identity: str, can_be_read: bool) -> None:
        """To be called before `request` is sent."""
        key = (identity, request.path)
        with self._lock:
            is_known = key in self._kept or sum(it.route == route for it in self._kept.values()) >= MOST_PATHS
        if is_known or not identity:
            return
        before = self._read(request.path, identity) if can_be_read else None
        with self._lock:
            self._kept.setdefault(key, Original(route, identity, request, before))

    def put_back(self) -> list[Skip]:
        """Write everything back, the last first. What is returned says where that was not possible."""
        left = {}
        for original in reversed(list(self._kept.values())):
            reason = self._restored(original)
            if reason:
                left[original.write.method, original.route] = reason
        return [Skip(method, route, "restore", reason) for (method, route), reason in left.items()]

    def _restored(self, original: Original) -> str:
        """Why an object is not as it was, "" where it is."""
        if original.before is None:
            return "may be changed: the run has no GET of the same path"
        if not original.before.is_success:
            return ""
        try:
            now = self._read(original.write.path, original.identity)
            if now.body == original.before.body:
                return ""
            changed = dict(_changed(original, now))
            if not changed:
                return "" if _is_shown(original) else "may be changed: no GET shows what was written"
            self._sessions.send(_with(original.write, changed), original.identity, is_wanted=True)
            after = self._read(original.write.path, original.identity)
        except (TargetDown, Exhausted):
            return "may be changed: the run could send no more requests"
        left = sorted(name for name, _ in _changed(original, after))
        return f"could not be put back: {', '.join(left)}" if left else ""

    def _read(self, path: str, identity: str) -> Answer:
        return self._sessions.send(Request("GET", path), identity, is_wanted=True).answer


def _changed(original: Original, now: Answer) -> Iterator[tuple[str, Any]]:
    """The fields of the write that read otherwise than before, with the values of before."""
    names = set(_object(original.write.body, None))
    before, after = _object(_body(original.before), names), _object(now.body, names)
    for name in sorted(names & set(before)):
        if after.get(name) != before[name]:
            yield name, before[name]


def _is_shown(original: Original) -> bool:
    """Whether what is read has a field that is written."""
    return bool(_object(_body(original.before), set(_object(original.write.body, None))))


def _body(answer: Optional[Answer]) -> str:
    return answer.body if answer is not None else ""


def _object(body: str, names: "Optional[set[str]]") -> dict[str, Any]:
    """The object of a JSON body, be it one step within it, that has any of `names`; {} for none."""
    value = parsed_json(body.lstrip())
    if not isinstance(value, dict):
        return {}
    inner = [item for item in value.values() if isinstance(item, dict)]
    return value if names is None else next((item for item in [value, *inner] if names & set(item)), {})


def _with(write: Request, changed: dict[str, Any]) -> Request:
    """The write with the values of before: whole for PUT, with nothing else for PATCH."""
    kept = _object(write.body, None) if write.method == "PUT" else {}
    return write._replace(body=json.dumps({**kept, **changed}))
