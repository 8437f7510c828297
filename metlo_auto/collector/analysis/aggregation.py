"""What a run of batches adds to the store, as values that merge in any order; pure, knows no SQL."""

from __future__ import annotations

import json
from typing import Any, Iterator, NamedTuple, Optional, Sequence

from metlo_auto.collector.analysis import authentication, credentials, latency, leaks, links, symptoms
from metlo_auto.collector.analysis.analysis_state import OTHERS, AnalysisState
from metlo_auto.collector.analysis.depth import look_of
from metlo_auto.collector.analysis.facts import OVERFLOW, Fact, Key, facts
from metlo_auto.collector.analysis.folding import fold
from metlo_auto.collector.analysis.observation import Observation, endpoint_id, observe
from metlo_auto.collector.analysis.sections import ANY_MEDIA_TYPE, HEADER, Section, sections
from metlo_auto.collector.analysis.shapes import Place, places
from metlo_auto.collector.analysis.sibling_folding import Fold
from metlo_auto.collector.analysis.symptoms import Note
from metlo_auto.collector.analysis.test_marks import RunTrace, trace_of_run
from metlo_auto.collector.ingest import contract, transport
from metlo_auto.collector.store.inbox import Filed
from metlo_auto.collector.store.text import key as text_key
from metlo_auto.collector.store.text import storable

try:
    import orjson
except ImportError:  # the extra `speed`
    orjson = None  # type: ignore[assignment]

_NO_ENDPOINT = (404, 405)
_MOVED = (301, 307, 308)  # the same request belongs elsewhere
_SEE_OTHER = (302, 303)  # what a GET gets where nothing is, and the usual answer to a form
ONLY_COUNTED = "only counted"  # the note of calls that others stand for
UNNAMED = "unnamed"  # the service where neither agent nor host names one
MOST_SET_ASIDE = 65_536  # bytes kept of a trace that cannot be analysed


class Sample(NamedTuple):
    """A trace as it is kept in the ring."""

    endpoint_id: Optional[str]
    at: float
    trace_id: str
    method: str
    status: int
    body: bytes
    service: str
    host: str


class SetAside(NamedTuple):
    at: float
    reason: str
    body: bytes


class _Part(NamedTuple):
    """Answers are counted apart for callers without credentials, and where they repeat what the caller sent."""

    endpoint_id: str
    section: str
    anonymous: bool
    echo: bool


class Aggregates:
    """Sums, minima, maxima and unions over the traces of some batches."""

    def __init__(self, state: AnalysisState) -> None:
        self._state = state
        self._parts: dict[_Part, Place] = {}
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.hosts: dict[tuple[str, str], int] = {}  # calls by endpoint and host
        self.traffic: dict[tuple[str, int, int], list[int]] = {}  # calls, errors by endpoint, hour, bucket
        self.facts: dict[tuple[Key, str, str], int] = {}
        self.folds: list[Fold] = []
        self.samples: list[Sample] = []
        self.set_aside: list[SetAside] = []
        self.tests: list[RunTrace] = []
        self.counts: dict[str, int] = {}

    def add_batch(self, batch: Filed) -> None:
        """Take in the traces of `batch`; one that cannot be analysed is rejected and the others are not."""
        try:
            traces = transport.parse_items(batch.body)
        except transport.Refused as refused:  # stored by an older version, or damaged
            self._put_aside(batch.received_at, refused.text, batch.body)
            return
        for trace, text in traces[: batch.traces]:
            self._add(trace, text, batch.received_at)

    def finish(self) -> None:
        """Turn what was counted into facts and folds."""
        known = self._state.known
        for part, root in self._parts.items():
            before = known.news
            for fact in facts(part.endpoint_id, part.section, root, known):
                if fact.kind == OVERFLOW:
                    self._count("overflow_fields")
                    continue
                self._add_fact(fact)
                if part.anonymous and fact.kind == "class" and fact.n > fact.nobodys:
                    self._add_fact(fact._replace(kind="anonymous", n=fact.n - fact.nobodys))
            if part.section.startswith("response") and not part.echo:
                for path, n in leaks.secrets(root, self.endpoints[part.endpoint_id]["method"]):
                    self._note(part.endpoint_id, "secret", path, n)
            if known.news > before:
                self._state.depth.deepen(part.endpoint_id)
        for part, root in self._parts.items():
            self._note_sibling(part, root)
        for row in self.endpoints.values():
            if not row["declared"]:  # those without a body follow what others showed
                self.folds += self._state.siblings.note(row["method"], row["service"], row["template"], frozenset())

    def _add(self, trace: Any, text: Optional[bytes], received_at: float) -> None:
        reason = contract.complaint(trace)
        if reason is None:
            try:
                self._add_observation(observe(trace, received_at), text or dump(trace))
                self._count("applied_traces")
                return
            except Exception as error:  # noqa: BLE001  # hostile input: one trace must not cost the others
                reason = f"analysis failed: {type(error).__name__}: {error}"
        self._put_aside(received_at, reason, text or dump(trace))

    def _add_observation(self, seen: Observation, body: bytes) -> None:
        test = trace_of_run(seen, self._state.test_runs)
        if test is not None:
            self.tests.append(test)
            self._count("test_traces")
            return
        named = bool(seen.service)
        seen = seen if named else seen._replace(service=seen.host.lower() or UNNAMED)
        template = self._template(seen)
        host = seen.host
        if template is not None:
            seen, host = self._counted_for(seen, template, named)
        name = None if template is None else endpoint_id(seen.method, seen.service, template)
        if template is None or name is None or not self._state.admit_endpoint(name):
            self._count("unmatched_traces" if template is None else "overflow_traces")
            self.samples.append(_sample(None, seen, body))
            return
        parts = list(sections(seen, template))  # what fails is to fail before it counts
        weight = 1 if seen.status >= 400 else self._state.depth.weight(name, look_of(seen, parts))
        notes = list(_notes(seen)) if weight else ()
        self._add_endpoint(name, seen, template, host)
        self.samples.append(_sample(name, seen, body))
        self._add_traffic(name, seen)
        if weight:
            self._add_depth(name, seen, template, parts, notes, weight)

    def _add_depth(
        self, name: str, seen: Observation, template: str, parts: list[Section], notes: Sequence[Note], weight: int
    ) -> None:
        """What is known of the call beyond that it was made; it stands for `weight` calls that look like it."""
        if weight > 1:
            self._note(name, ONLY_COUNTED, "", weight - 1)
        for kind, value in notes:
            self._note(name, kind, value, weight)
        self._add_sections(name, seen, parts, weight)
        if seen.status < 400:
            self._add_links(name, seen, template, parts)

    def _add_links(self, name: str, seen: Observation, template: str, parts: list[Section]) -> None:
        """Note where parameters of this request came from, and the ids that its response gives."""
        ids = self._state.ids
        for section in parts:
            if section.name in ("path", "query"):
                for parameter, value in section.value.items():
                    source = (
                        ids.source(seen.service, name, template, parameter, value) if isinstance(value, str) else None
                    )
                    if source is not None:
                        said = links.link(source, seen.method, template, section.name, parameter)
                        self._note(source.endpoint_id, "link", said, 1)
            elif section.name.startswith("response 2xx") and not section.name.endswith(HEADER):
                ids.note(seen.service, name, template, section.value)

    def _add_sections(self, name: str, seen: Observation, parts: list[Section], weight: int) -> None:
        texts: Optional[frozenset[str]] = None
        for section in parts:
            if not section.name.startswith("response"):
                self._place(_Part(name, section.name, False, False)).add(section.value, weight)
                continue
            texts = leaks.repeated_texts(seen) if texts is None else texts
            pruned, echo = leaks.without_echoes(section.value, texts) if texts else (section.value, False)
            is_good = section.name.startswith("response 2xx")
            anonymous = is_good and not seen.authenticated and not credentials.body_credential(seen.trace["request"])
            self._place(_Part(name, section.name, anonymous and not echo, echo)).add(section.value, weight)
            if echo or not is_good:
                kind = "anonymous" if anonymous else "" if is_good else "in error"
                self._add_leaks(name, section.name, pruned, kind, weight)
            if is_good:
                for kind in leaks.bulk(section.value):
                    self._note(name, "bulk", kind, weight)

    def _add_leaks(self, name: str, section: str, value: Any, kind: str, weight: int) -> None:
        """What is left of a response without its echoes, under `kind`; only secrets count where that is empty."""
        for leak in leaks.leaks(value):
            key = Key(name, section, leak.path)
            if leak.name == "secret":
                if kind != "in error":
                    self._note(name, "secret", leak.path, leak.n * weight)
            elif kind and self._state.known.admit_place(key):
                self._add_fact(Fact(key, kind, leak.name, leak.n * weight))

    def _template(self, seen: Observation) -> Optional[str]:
        """The endpoint's template; None where a 404 or 405 matched no route."""
        if seen.template is not None:
            return seen.template
        if seen.status in _NO_ENDPOINT or _is_redirect(seen):
            return None
        return self._state.siblings.resolve(seen.method, seen.service, fold(seen.path_template))

    def _counted_for(self, seen: Observation, template: str, named: bool) -> tuple[Observation, str]:
        """`seen` and its host, the service or the host `OTHERS` where there are too many of them.

        A host stands for its service where the agent has not `named` one.
        """
        host = seen.host
        if not self._state.admit_host(seen.service if named else "", seen.method, template, host):
            self._count("other_host_traces")
            host = OTHERS
            seen = seen if named else seen._replace(service=OTHERS)
        if not self._state.admit_service(seen.service):
            self._count("other_service_traces")
            seen = seen._replace(service=OTHERS)
        return seen, host

    def _add_endpoint(self, name: str, seen: Observation, template: str, host: str) -> None:
        row = self.endpoints.get(name)
        if row is None:
            row = self.endpoints[name] = {
                "id": name, "service": seen.service, "host": host, "method": seen.method, "template": template,
                "declared": int(seen.template is not None), "confirmed": 0, "calls": 0, "errors": 0,
                "client_errors": 0, "authenticated": 0, "first_seen": seen.received_at, "last_seen": seen.at,
            }  # fmt: skip
        self.hosts[name, host] = self.hosts.get((name, host), 0) + 1
        row["calls"] += 1
        row["confirmed"] |= seen.status not in _NO_ENDPOINT and seen.status not in _MOVED
        row["errors"] += seen.status >= 500
        row["client_errors"] += 400 <= seen.status < 500
        row["authenticated"] += seen.authenticated
        row["first_seen"] = min(row["first_seen"], seen.received_at)  # news go by the collector's clock
        row["last_seen"] = max(row["last_seen"], seen.at)

    def _add_traffic(self, name: str, seen: Observation) -> None:
        counts = self.traffic.setdefault((name, int(seen.at // 3600), latency.bucket(seen.duration)), [0, 0])
        counts[0] += 1
        counts[1] += seen.status >= 500

    def _note(self, endpoint: str, kind: str, value: str, n: int) -> None:
        """A fact about the endpoint as a whole."""
        key = Key(endpoint, "", "")
        before = self._state.known.news
        if self._state.known.admit_note(key, kind, value):
            if self._state.known.news > before:
                self._state.depth.deepen(endpoint)
            self._add_fact(Fact(key, kind, value, n))

    def _add_fact(self, fact: Fact) -> None:
        where, kind, value, n = fact[:4]
        path = storable(where.path)
        if path is not where.path:
            where = where._replace(path=path)
        key = (where, kind, text_key(value))
        self.facts[key] = self.facts.get(key, 0) + n

    def _place(self, part: _Part) -> Place:
        section = storable(part.section)
        if not self._state.known.admit_section(part.endpoint_id, section):
            section = section.rpartition(" ")[0] + " " + ANY_MEDIA_TYPE
            self._count("overflow_sections")
        part = part._replace(section=section)
        root = self._parts.get(part)
        if root is None:
            root = self._parts[part] = Place("")
        return root

    def _note_sibling(self, part: _Part, root: Place) -> None:
        """A guessed template counts as a sibling of others by what it answers."""
        row = self.endpoints[part.endpoint_id]
        if not row["declared"] and part.section.startswith("response 2xx") and part.section[-6:] != HEADER:
            shape = frozenset(path for path, _ in places(root) if path.count("/") <= 4)
            if not self._state.admit_shape(part.endpoint_id, shape):
                return
            self.folds += self._state.siblings.note(row["method"], row["service"], row["template"], shape)

    def _put_aside(self, at: float, reason: str, body: bytes) -> None:
        reject(self, at, 1, reason, body)

    def _count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1


def _sample(name: Optional[str], seen: Observation, body: bytes) -> Sample:
    return Sample(name, seen.at, seen.trace_id, seen.method, seen.status, body, seen.service, seen.host)


def _notes(seen: Observation) -> Iterator[Note]:
    """Facts about the endpoint as a whole that one request adds, as kind and value."""
    yield "status", str(seen.status)
    if authentication.is_accepted(seen.status):
        yield "accepted", "with credentials" if seen.authenticated else "without"
    if seen.rule:
        yield "rule", seen.rule[:300]
    if seen.view:
        yield "view", seen.view[:300]
    for scheme in authentication.schemes(seen):
        yield "scheme", scheme
    for parameter in authentication.credentials_in_url(seen):
        yield "credential in url", parameter
    if authentication.is_plain_http(seen):
        yield "plain http", ""
    yield from symptoms.symptoms(seen)


def _is_redirect(seen: Observation) -> bool:
    """True for a response that only says where the resource is; after a form it is the usual answer of one."""
    return seen.status in _MOVED or seen.status in _SEE_OTHER and seen.method in ("GET", "HEAD")


def aggregate(batches: Sequence[Filed], state: AnalysisState) -> Aggregates:
    """Everything that `batches` add."""
    result = Aggregates(state)
    for batch in batches:
        result.add_batch(batch)
    result.finish()
    return result


def reject(result: Aggregates, at: float, traces: int, reason: str, body: bytes) -> None:
    """Count `traces` as rejected and keep one entry of them, `body`, with the reason."""
    result.counts["set_aside_traces"] = result.counts.get("set_aside_traces", 0) + traces
    result.set_aside.append(SetAside(at, storable(reason), body[:MOST_SET_ASIDE]))


def dump(value: Any) -> bytes:
    """JSON in UTF-8; lone surrogates stay escaped."""
    if orjson is not None:
        try:
            return orjson.dumps(value)
        except (TypeError, ValueError):
            pass  # lone surrogates and integers over 64 bits
    return json.dumps(value, separators=(",", ":")).encode("ascii")
