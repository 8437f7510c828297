"""From batches to aggregates: every trace is read and counted; pure, knows neither the store nor what it holds."""

from __future__ import annotations

import json
from sys import intern
from typing import Any, Iterator, NamedTuple, Optional, Sequence

from metlo_auto.collector.analysis import authentication, credentials, latency, leaks, links, symptoms
from metlo_auto.collector.analysis.aggregates import Aggregates, Sample
from metlo_auto.collector.analysis.depth import glance_of, look_of, size_of
from metlo_auto.collector.analysis.facts import MOST_NOTES, MOST_SECTIONS, Key, facts
from metlo_auto.collector.analysis.folding import fold
from metlo_auto.collector.analysis.memory import Memory
from metlo_auto.collector.analysis.observation import Observation, endpoint_id, observe
from metlo_auto.collector.analysis.sections import HEADER, Section, any_media_type, read_bodies, sections
from metlo_auto.collector.analysis.shapes import Place, places
from metlo_auto.collector.analysis.symptoms import Note
from metlo_auto.collector.analysis.test_marks import trace_of_run
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


class _Part(NamedTuple):
    """Answers are counted apart for callers without credentials, and where they repeat what the caller sent."""

    endpoint_id: str
    section: str
    anonymous: bool
    echo: bool


class Aggregation:
    """The traces of some batches on their way to aggregates. `memory` only spares work."""

    def __init__(self, memory: Memory, test_runs: frozenset[str]) -> None:
        self._memory = memory
        self._test_runs = test_runs
        self._parts: dict[_Part, Place] = {}
        self._sections: dict[str, set[str]] = {}  # by endpoint
        self._notes: dict[tuple[str, str], int] = {}  # values by endpoint and kind
        self._result = Aggregates()

    def add_batch(self, batch: Filed) -> None:
        """Take in the traces of `batch`; one that cannot be analysed is rejected and the others are not."""
        try:
            traces = transport.parse_items(batch.body)
        except transport.Refused as refused:  # stored by an older version, or damaged
            self._result.reject(batch.received_at, 1, refused.text, batch.body)
            return
        for trace, text in traces[: batch.traces]:
            self._add(trace, text, batch.received_at)

    def finish(self) -> Aggregates:
        """Turn what was counted into facts, and let go of it."""
        for part in list(self._parts):
            listed = list(places(self._parts.pop(part)))
            row = self._result.endpoints[part.endpoint_id]
            for where, several in facts(part.endpoint_id, part.section, listed, self._memory.examples):
                for kind, value, n, nobodys in several:
                    self._add_fact(where, kind, value, n)
                    if part.anonymous and kind == "class" and n > nobodys:
                        self._add_fact(where, "anonymous", value, n - nobodys)
            if part.section.startswith("response") and not part.echo:
                for path, n in leaks.secrets(listed, row["method"]):
                    self._note(part.endpoint_id, "secret", path, n)
            if not row["declared"] and part.section.startswith("response 2xx") and part.section[-6:] != HEADER:
                shape = frozenset(path for path, _ in listed if path.count("/") <= 4)
                self._result.shapes.setdefault(part.endpoint_id, set()).add(shape)
        return self._result

    def _add(self, trace: Any, text: Optional[bytes], received_at: float) -> None:
        reason = contract.complaint(trace)
        if reason is None:
            try:
                self._add_observation(observe(trace, received_at), text or dump(trace))
                self._result.count("applied_traces")
                return
            except Exception as error:  # noqa: BLE001  # hostile input: one trace must not cost the others
                reason = f"analysis failed: {type(error).__name__}: {error}"
        self._result.reject(received_at, 1, reason, text or dump(trace))

    def _add_observation(self, seen: Observation, body: bytes) -> None:
        test = trace_of_run(seen, self._test_runs)
        if test is not None:
            self._result.tests.append(test)
            self._result.count("test_traces")
            return
        template = self._template(seen)
        if template is None:
            self._result.count("unmatched_traces")
            self._result.samples.append(_sample(None, seen, body))
            return
        name = endpoint_id(seen.method, seen.service, template)
        parts, weight = self._look(seen, name, template)  # what fails is to fail before it counts
        notes = list(_notes(seen)) if weight else ()
        self._add_endpoint(name, seen, template)
        self._result.samples.append(_sample(name, seen, body))
        self._add_traffic(name, seen)
        if weight:
            self._add_depth(name, seen, template, parts, notes, weight)

    def _look(self, seen: Observation, name: str, template: str) -> tuple[list[Section], int]:
        """The parts of the call, and for how many calls it is analysed; no parts where it is not."""
        bodies = read_bodies(seen)
        if seen.status >= 400:
            return list(sections(seen, template, bodies)), 1
        glance = glance_of(seen, bodies)
        weight = self._memory.depth.weight_of_known(name, glance)
        if weight == 0:
            return [], 0
        parts = list(sections(seen, template, bodies))
        if weight is None:
            weight = self._memory.depth.weight(name, look_of(seen, parts), glance, size_of(seen))
        return parts, weight

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
        ids = self._memory.ids
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
            if leak.name == "secret":
                if kind != "in error":
                    self._note(name, "secret", leak.path, leak.n * weight)
            elif kind:
                self._add_fact(Key(name, section, storable(leak.path)), kind, leak.name, leak.n * weight)

    def _template(self, seen: Observation) -> Optional[str]:
        """The endpoint's template; None where a 404 or 405 matched no route.

        So it is with every refusal where the agent knows routes: apps that ask for credentials before they look for a
        route answer 401 to whatever a scanner tries.
        """
        if seen.template is not None:
            return seen.template
        if seen.status in _NO_ENDPOINT or _is_redirect(seen) or seen.knows_routes and 400 <= seen.status < 500:
            return None
        return self._memory.resolve(seen.method, seen.service, fold(seen.path_template))

    def _add_endpoint(self, name: str, seen: Observation, template: str) -> None:
        row = self._result.endpoints.get(name)
        if row is None:
            row = self._result.endpoints[name] = {
                "id": name, "service": seen.service, "host": seen.host, "method": seen.method, "template": template,
                "declared": int(seen.template is not None), "confirmed": 0, "calls": 0, "errors": 0,
                "client_errors": 0, "authenticated": 0, "first_seen": seen.received_at, "last_seen": seen.at,
            }  # fmt: skip
        hosts = self._result.hosts
        hosts[name, seen.host] = hosts.get((name, seen.host), 0) + 1
        row["calls"] += 1
        row["declared"] |= seen.template is not None
        row["confirmed"] |= seen.status not in _NO_ENDPOINT and seen.status not in _MOVED
        row["errors"] += seen.status >= 500
        row["client_errors"] += 400 <= seen.status < 500
        row["authenticated"] += seen.authenticated
        row["first_seen"] = min(row["first_seen"], seen.received_at)  # news go by the collector's clock
        row["last_seen"] = max(row["last_seen"], seen.at)

    def _add_traffic(self, name: str, seen: Observation) -> None:
        key = (name, int(seen.at // 3600), latency.bucket(seen.duration))
        self._result.add_traffic(key, 1, int(seen.status >= 500))

    def _note(self, endpoint: str, kind: str, value: str, n: int) -> None:
        """A fact about the endpoint as a whole."""
        kind, value = intern(kind), text_key(value)
        fact = (Key(endpoint, "", ""), kind, value)
        known = self._result.facts.get(fact, 0)
        if not known:
            number = self._notes.get((endpoint, kind), 0)
            if number >= MOST_NOTES:
                return  # no store takes more
            self._notes[endpoint, kind] = number + 1
        self._result.facts[fact] = known + n

    def _add_fact(self, where: Key, kind: str, value: str, n: int) -> None:
        facts, key = self._result.facts, (where, kind, value)
        facts[key] = facts.get(key, 0) + n

    def _place(self, part: _Part) -> Place:
        root = self._parts.get(part)
        return self._new_place(part) if root is None else root

    def _new_place(self, part: _Part) -> Place:
        section = storable(part.section)
        known = self._sections.setdefault(part.endpoint_id, set())
        if section not in known and len(known) >= MOST_SECTIONS:  # no store takes more
            section = any_media_type(section)
            self._result.count("overflow_sections")
        known.add(section)
        if section is not part.section:
            part = part._replace(section=section)
        return self._parts.setdefault(part, Place(""))


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


def aggregate(batches: Sequence[Filed], memory: Memory, test_runs: frozenset[str] = frozenset()) -> Aggregates:
    """Everything that `batches` add."""
    aggregation = Aggregation(memory, test_runs)
    for batch in batches:
        aggregation.add_batch(batch)
    return aggregation.finish()


def dump(value: Any) -> bytes:
    """JSON in UTF-8; lone surrogates stay escaped."""
    if orjson is not None:
        try:
            return orjson.dumps(value)
        except (TypeError, ValueError):
            pass  # lone surrogates and integers over 64 bits
    return json.dumps(value, separators=(",", ":")).encode("ascii")
