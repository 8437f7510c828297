"""What a value's form tells of its classes is what looking for each class finds."""

from __future__ import annotations

import importlib
import json
import random
import sys
import time
from typing import Any, Union

from hypothesis import example, given
from hypothesis import strategies as st

from metlo_auto.collector.analysis.analysis_state import AnalysisState
from metlo_auto.collector.analysis.by_form import classes, says_nothing
from metlo_auto.collector.analysis.formats import format_of
from metlo_auto.collector.analysis.sensitive import detect
from metlo_auto.collector.analysis.sensitive.provider_keys import FORMS
from metlo_auto.collector.store.inbox import Filed
from tests.collector.analysed import admitted
from tests.collector.analysis.test_sensitive import HITS, MISSES
from tests.collector.collector_support import trace

_NAMES = ("value", "name", "id", "message_id", "version", "items", "")
# what the classes' patterns are made of
_PIECES = st.sampled_from(
    ["00", "+", "+49", "1", "2", "9", "123", "4111", "0000", ".", "-", " ", ":", "@", "T", "t", "Z", "ab", "GB", "DE89", "eyJ", "(", ")",
     ",", ";", "/", "\n", "ssn ", "SſN", "°", "PRIVATE KEY", "FlyV1 ", "example.com", "ada", "١٢٣", "é", "redacted", "_", "%", "::", "e",
     "NHS ", "born ", "geb. ", "5 May 1980", "05.05.1980", "050580", "X", "12345678", "Z "]
)  # fmt: skip
_HEX = st.sampled_from("0123456789abcdefABF")


def _uuid(digits: list[str]) -> str:
    text = "".join(digits)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


_DATES = st.builds(
    "{}-{:02d}-{:02d}{}".format,
    st.sampled_from(("0012", "0049", "1980", "2026", "1115")),
    st.integers(1, 12),
    st.integers(1, 28),
    st.sampled_from(("", "T10:00:00Z", " 00:11:00+01:00", "t23:59:60.123456789012-12:30", "T00:00:00.0049151123-11:59", " 10:00:00z")),
)  # fmt: skip
_MAILS = st.builds(
    "{}{}{}@{}".format,
    st.sampled_from(("ada", "info", "ab12", "+49", "00", "git", "redacted", "sk-ant-abcdefghijklmnopqrst")),
    st.sampled_from(("", ".", "_", "+")),
    st.sampled_from(("", "1234", "123456789", "news", "4111111111111111")),
    st.sampled_from(("example.com", "2x.png", "10.1.2.3.4", "b.co", "a-very-long-name.example", "1.2.final")),
)
_VALUES = st.one_of(
    st.lists(_PIECES, max_size=12).map("".join),
    st.text(max_size=40),
    st.lists(_HEX, min_size=32, max_size=32).map(_uuid),
    st.lists(st.sampled_from("0123456789"), min_size=32, max_size=32).map(_uuid),
    _DATES,
    _MAILS,
    st.integers(),
    st.integers(-(10**17), 10**17),
    st.floats(),
)


def _agree(name: str, value: Union[str, int, float]) -> bool:
    """Whether the form told the classes."""
    told = classes(name, value, format_of(value) if isinstance(value, str) else None)
    assert told is None or told == detect.__wrapped__(name, value), (name, value)
    return told is not None


@given(st.sampled_from(_NAMES), _VALUES)
@example("value", "0012-11-12 10:00:00Z")  # a phone number begins with 00
@example("value", "ab120004-0000-4000-8000-000000000000")
@example("value", 4111111111111111)
def test_the_form_tells_what_looking_for_each_class_finds(name: str, value: Union[str, int, float]) -> None:
    assert says_nothing(name)
    _agree(name, value)


def test_so_it_is_with_every_case_of_the_tables() -> None:
    cases = [case for table in (HITS, MISSES) for several in table.values() for case in several]
    told = [_agree(name, value) for name, value in cases if says_nothing(name)]
    assert any(told)
    assert not all(told)


def test_names_that_say_something_are_never_left_to_the_form() -> None:
    for name in ("phone", "lat", "coordinates", "dob", "ssn", "aadhaar", "cpf", "birth_year", "mobileNumber", "nhs", "dni"):
        assert not says_nothing(name)


def test_the_form_tells_of_usual_values() -> None:
    chosen = random.Random(1)
    for value in (
        chosen.randrange(10**6), chosen.random(), -1e300, "Ada 12345 Lovelace", "2026-11-12T10:11:00Z", "2026-11-12",
        "ada.123456@example.com", "7d3a1f2e-94f1-4c70-9bd1-0242ac130003", "paid", "",
    ):  # fmt: skip
        assert _agree("value", value)


def test_no_form_of_a_key_is_shorter_than_the_text_that_is_looked_at() -> None:
    parser = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
    for provider, form in FORMS:
        assert parser.parse(form).getwidth()[0] >= 15, provider


def _mails(*addresses: str) -> list[dict[str, Any]]:
    return [trace("/me", response_body=json.dumps({"contact": address})) for address in addresses]


def _stored(traces: list[dict[str, Any]], state: AnalysisState) -> dict[tuple[str, str], int]:
    result = admitted([Filed(1, time.time(), 1, len(traces), json.dumps(traces).encode())], state)
    return {(kind, value): n for (key, kind, value), n in result.facts.items() if key.path == "/contact"}


def test_a_masked_example_is_made_once_and_each_value_is_counted() -> None:
    state = AnalysisState()
    first, then = _stored(_mails("ada@shop.example"), state), _stored(_mails("bob@b.co", "cy@c.co"), state)
    assert [value for kind, value in first if kind == "example email"] == ["a•••@s•••.example"]
    assert not [value for kind, value in then if kind == "example email"]
    assert (first["class", "email"], then["class", "email"]) == (1, 2)


def test_an_analyser_that_begins_anew_gives_the_example_again() -> None:
    _stored(_mails("ada@shop.example"), AnalysisState())
    assert ("example email", "b•••@b•••.co") in _stored(_mails("bob@b.co"), AnalysisState())
