"""A collector that takes and loses traces as Metlo's own does: replies 200 to all, and keeps what its queue has room for.

It makes an endpoint of each announcement, and guesses one from each path that is no endpoint yet, by segments that look
like words.
"""

import collections
import re
import time
from typing import Any, Counter, Dict, List, Set, Tuple

from tests.support.faulty_collector import Answer, FaultyCollector, Post

_WORD = re.compile(r"[A-Za-z_-]+$")


class MetloSink(FaultyCollector):
    """`size`: traces that its queue holds. `speed`: how many of them it handles a second."""

    def __init__(self, size: int = 1000, speed: float = 250.0, **options: Any) -> None:
        super().__init__(v2=True, **options)
        self.size, self.speed = size, speed
        self.stored: Counter[str] = collections.Counter()
        self.lost: List[str] = []
        self.most_queued = 0.0
        self.largest = 0
        self.endpoints: Set[Tuple[str, str]] = set()
        self.calls: Counter[Tuple[str, str]] = collections.Counter()
        self.traces: List[Dict[str, Any]] = []
        self.announcements: List[Dict[str, Any]] = []
        self._queued, self._at = 0.0, time.monotonic()

    def _judge(self, post: Post) -> Answer:
        answer = super()._judge(post)
        if answer.stored:
            self.largest = max(self.largest, len(post.traces))
            self._drain()
            for trace in post.traces:
                self._offer(trace, "/v2/" in post.path)
        return answer

    def _drain(self) -> None:
        now = time.monotonic()
        self._queued = max(self._queued - (now - self._at) * self.speed, 0.0)
        self._at = now

    def _offer(self, trace: Dict[str, Any], announced: bool) -> None:
        name = trace["meta"]["traceId"]
        if self._queued >= self.size:
            self.lost.append(name)
            return
        self._queued += 1
        self.most_queued = max(self.most_queued, self._queued)
        self.stored[name] += 1
        url, method = trace["request"]["url"], trace["request"]["method"]
        if not announced:
            self.traces.append(trace)
            self.calls[self._endpoint(method, url["path"])] += 1
        elif trace["response"]["status"] not in (404, 405):
            self.announcements.append(trace)
            self.endpoints.add((method, url["endpointPath"]))
            self.calls[method, url["endpointPath"]] += 1

    def _endpoint(self, method: str, path: str) -> Tuple[str, str]:
        if (method, path) in self.endpoints:
            return method, path
        for known, template in sorted(self.endpoints):
            if known == method and _fits(template.split("/"), path.split("/")):
                return known, template
        guessed = "/".join(part if _WORD.match(part) or not part else "{param}" for part in path.split("/"))
        self.endpoints.add((method, guessed))
        return method, guessed


def _fits(template: List[str], path: List[str]) -> bool:
    """Whether a path is taken for a call of an endpoint: a value that looks like a word is none."""
    if len(template) != len(path):
        return False
    return all(
        mine == part or (mine.startswith("{") and not _WORD.match(part)) for mine, part in zip(template, path)
    )
