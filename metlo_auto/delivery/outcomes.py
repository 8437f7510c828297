"""What a verdict does to its batch: delivered, cut, given up or kept; knows the store, nothing of threads."""

from . import trace_repair
from .announcements import Announcements
from .bad_trace_search import DROP, LATER, SPLIT, BadTraceSearch
from .batch import Batch
from .outage_log import say
from .spool.store import Store
from .transport.verdict import BAD_PATH, DELIVERED, NO_V2, REJECTED, TOO_LARGE, Verdict

WELL = "well"  # the collector took something
AWAY = "away"  # wait before the next upload
UNKNOWN = "unknown"


class Outcomes:
    """`settle` acts on the store and says what the verdict tells of the collector: WELL, AWAY or UNKNOWN."""

    def __init__(self, store: Store, announcements: Announcements) -> None:
        self._store = store
        self._announcements = announcements
        self._bad_traces = BadTraceSearch()

    def settle(self, batch: Batch, verdict: Verdict, now: float) -> str:
        """Times are seconds of the sender's clock."""
        if verdict.outcome == DELIVERED:
            return self._delivered(batch, now)
        if verdict.outcome == NO_V2:
            return self._no_v2(batch, verdict)
        if verdict.outcome == TOO_LARGE:
            return self._too_large(batch)
        bad = trace_repair.find_path(batch.traces, verdict.detail) if verdict.outcome == BAD_PATH else None
        if bad is not None:
            return self._bad_path(batch, bad, now)
        if verdict.outcome in (BAD_PATH, REJECTED):
            return self._rejected(batch, verdict.status, now)
        self._store.keep(batch)
        return AWAY

    def _delivered(self, batch: Batch, now: float) -> str:
        self._bad_traces.succeeded(now)
        self._store.resolve(batch, sent=len(batch.traces))
        if batch.announcement:
            self._announcements.delivered(batch.route, now)
        return WELL

    def _no_v2(self, batch: Batch, verdict: Verdict) -> str:
        if verdict.status in (404, 405):
            self._announcements.refused()
        self._announcements.given_up(batch.route)
        self._store.resolve(batch, parts=[batch.plain()])
        return UNKNOWN

    def _too_large(self, batch: Batch) -> str:
        if len(batch.traces) > 1:
            self._store.resolve(batch, parts=batch.cut(len(batch.traces) // 2))
            return UNKNOWN
        smaller = trace_repair.without_bodies(batch.traces[0])
        if smaller is None:
            self._give_up(batch, "too_large", "is too large for the collector even without its bodies")
        else:
            self._store.resolve(batch, parts=[batch.replaced(smaller)])
        return UNKNOWN

    def _bad_path(self, batch: Batch, index: int, now: float) -> str:
        self._bad_traces.succeeded(now)
        say_dropped(batch.traces[index], "has a path that the collector refuses")
        rest = batch.cut(index + 1)[1]
        self._store.resolve(batch, index, 1, "bad_path", [rest] if rest.traces else [])
        return WELL

    def _rejected(self, batch: Batch, status: int, now: float) -> str:
        what = self._bad_traces.rejected(batch.id, len(batch.traces), status, now)
        if what == LATER:
            self._store.postpone(batch)
            return AWAY
        if what == DROP:
            self._give_up(batch, "rejected", "was rejected with HTTP %d" % status)
        else:
            self._store.resolve(batch, parts=batch.cut(len(batch.traces) // 2 if what == SPLIT else 1))
        return UNKNOWN

    def _give_up(self, batch: Batch, reason: str, words: str) -> None:
        say_dropped(batch.traces[0], words)
        self._store.resolve(batch, dropped=1, reason=reason)


def say_dropped(trace: bytes, words: str) -> None:
    """One line for one trace that is given up, by its route."""
    say("a trace of %s %s and is dropped", trace_repair.describe(trace), words)
