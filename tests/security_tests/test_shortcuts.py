"""What a run leaves out to save CPU changes nothing: each shorter way gives what the plain one gives."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metlo_auto.collector.analysis.sensitive import detect, has_secret
from metlo_auto.collector.inventory import plain_queries, queries
from metlo_auto.collector.security_tests.compare import (
    Reading,
    core,
    is_login_page,
    is_refusal,
    is_same,
    reading,
    says_no,
    spellings,
)
from metlo_auto.collector.security_tests.content import content_of
from metlo_auto.collector.security_tests.http_client import Client
from metlo_auto.collector.security_tests.rate import Limiter
from metlo_auto.collector.security_tests.roles import may_say_high
from metlo_auto.collector.security_tests.schedule import Turns
from metlo_auto.collector.security_tests.targets import MOST_SAMPLES
from metlo_auto.collector.security_tests.values import Answer, Request, parse_origin, quoted
from metlo_auto.collector.store.statements import Statements, of_current_sqlite
from tests.collector.analysed import analysed
from tests.collector.analysis.sensitive_cases import MORE_HITS, MORE_MISSES
from tests.collector.collector_support import trace
from tests.security_tests.sink import Sink

SAID = st.lists(st.text(alphabet="ab7'\"<& é\\/%\0+", max_size=6), max_size=3)
BODIES = st.one_of(
    st.recursive(st.text(alphabet="ab7'\"<& é\\/%+", max_size=8) | st.integers(0, 99), st.lists, max_leaves=6).map(json.dumps),
    st.dictionaries(st.sampled_from("xyz"), st.text(alphabet="ab7'\"<& é\\/%\0+", max_size=8)).map(json.dumps),
    st.text(alphabet="ab7'\"<& é\\/%+{", max_size=20),
)


def plain(answer: Answer, volatile: "frozenset[str]", said: "list[str]") -> Reading:
    """Every spelling of all that was said is taken out of every leaf that has it."""
    content = content_of(answer)
    words = sorted({w for text in said if text for w in spellings(text)}, key=len, reverse=True)
    if content.kind == "json":
        words = [word for word in words if any(word in str(leaf) for _, leaf in content.leaves)]

    def clean(text: str) -> str:
        for word in words:
            text = text.replace(word, "")
        return text

    if content.kind == "json":
        leaves = Counter((path, clean(str(leaf))) for path, leaf in content.leaves if path not in volatile)
        return Reading(answer.status, "json", leaves, "")
    return Reading(answer.status, content.kind, Counter(), clean(answer.body) if "" not in volatile else "")


@given(BODIES, BODIES, SAID, st.frozensets(st.sampled_from(["x", "y", "[]", ""])))
def test_a_response_is_read_as_if_every_spelling_was_looked_for(one: str, two: str, said: "list[str]", places: Any) -> None:
    first, second = (Answer(200, (), body) for body in (one, two))
    assert reading(first, places, said) == plain(first, places, said)
    same = plain(first, places, said) == plain(second, places, said)
    if content_of(first).kind == "json":
        assert is_same(reading(first, places, said), reading(second, places, said)) == same


@given(st.text())
def test_no_spelling_changes_the_core_of_a_text(text: str) -> None:
    assert all(core(text) in spelling for spelling in spellings(text))
    assert core(text) or re.search("[0-9A-Za-z]", text) is None


REFUSING = ["not", "be", "no", "found", "denied", "Forbidden", "unauthorised", "permission", "access", "may", "must", "log", "login", "sign", "in", "required", "such", "does", "exist"]
OTHERS = ["notes", "nowhere", "<b>", "</b>", "<p>", "&#110;ot", "&#x6e;o", "<input type=password>", "<input type=text>", "<a href=/logout>", ",", "\n", "a1", "_"]


@given(st.lists(st.sampled_from(REFUSING + OTHERS)), st.sampled_from(["", " "]), st.sampled_from(["text/html", "text/plain"]))
def test_a_page_that_is_not_read_would_have_refused_nothing(words: "list[str]", between: str, kind: str) -> None:
    answer = Answer(200, (("Content-Type", kind),), between.join(words))
    content = content_of(answer)
    assert is_refusal(answer) == (is_login_page(content) or says_no(content))


@given(st.one_of(st.text(alphabet=st.characters(max_codepoint=127)), st.text()), st.sampled_from(["", "~", "/~%", "[]$."]))
def test_values_are_quoted_as_by_urllib(text: str, safe: str) -> None:
    assert quoted(text, safe) == quote(text, safe=safe, errors="replace")


@pytest.mark.parametrize("body", [{"isAdmin": True}, {"me": {"role": "admin"}}, {"userType": "Manager"}, {"access_level": "staff"}])
def test_a_body_that_says_a_higher_role_is_read(body: Any) -> None:
    assert may_say_high(json.dumps(body)) and may_say_high(json.dumps(body).replace("m", "\\u006d"))
    assert not may_say_high(json.dumps({"title": "orders 1000", "items": [1, 2]}))


def test_secrets_are_what_detect_calls_secret() -> None:
    secret = {"private_key", "cloud_key"}
    cases = [case for table in (MORE_HITS, MORE_MISSES) for cases in table.values() for case in cases]
    texts = [(name, value) for name, value in cases if isinstance(value, str)]
    assert {has_secret(name, value) for name, value in texts} == {True, False}
    for name, value in texts:
        assert has_secret(name, value) == bool(secret & set(detect(name, value)))


def stored(folder: Path) -> Statements:
    """What `analysed` keeps in `folder`, without SQLAlchemy."""
    found = of_current_sqlite(f"sqlite:///{folder}/c.db")
    assert found is not None
    return found


def test_the_newest_traces_of_each_endpoint_are_those_that_are_found_one_by_one(tmp_path: Path) -> None:
    calls = [trace(f"/a/{n}", route="/a/{id}") for n in range(MOST_SAMPLES + 9)] + [trace("/b"), trace("/b", "POST")]
    hosts = [trace("/a/1", route="/a/{id}", host=f"h{n}.example") for n in range(4)]
    with analysed(tmp_path, calls, hosts) as connection, stored(tmp_path).reading() as ask:
        found = plain_queries.latest_of_each(ask, MOST_SAMPLES)
        groups = queries.groups(connection)
        assert set(found) == set(groups) and len(groups) >= 3
        for name, members in groups.items():
            assert found[name] == queries.latest_traces(connection, MOST_SAMPLES, members)
        assert max(map(len, found.values())) == MOST_SAMPLES


def test_each_owner_has_one_task_at_a_time_and_all_are_done() -> None:
    done: list[tuple[str, int]] = []
    busy: Counter[str] = Counter()
    lock = threading.Lock()

    def work(owner: str, task: int) -> None:
        with lock:
            busy[owner] += 1
            assert busy[owner] == 1
        with lock:
            busy[owner] -= 1
            done.append((owner, task))

    turns = Turns([(owner, list(range(50))) for owner in "abcdefghijkl"] + [("none", [])], work)
    turns.run(lambda: None)
    assert turns.done == turns.total == 600
    for owner in "abcdefghijkl":
        assert [task for name, task in done if name == owner] == list(range(50))


def test_what_a_task_raises_ends_the_turns_and_is_raised() -> None:
    done: list[int] = []

    def work(owner: int, task: int) -> None:
        done.append(task)
        if len(done) == 5:
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        Turns([(owner, list(range(1000))) for owner in range(20)], work).run(lambda: None)
    assert len(done) < 20_000


def test_requests_with_the_same_headers_have_a_mark_each(sink: Sink) -> None:
    origin = parse_origin(sink.url)
    assert origin is not None
    client = Client(origin, "run", Limiter(1000))
    for value in ("one", "one", "two"):
        client.send(Request("GET", "/x", (), (("X-Value", value), ("X-Metlo-Test", "of the app"))), "alice", (("Cookie", "a=1"),))
    client.close()
    seen = [{name.lower(): text for name, text in headers.items()} for _, _, headers in sink.asked]
    assert [headers["x-metlo-test"] for headers in seen] == ["run/1", "run/2", "run/3"]
    assert [headers["x-value"] for headers in seen] == ["one", "one", "two"]
    assert {headers["cookie"] for headers in seen} == {"a=1"}
