"""Masked JSON parses, keeps its types and its spelling, and differs only under secret names."""

import json

import pytest

pytest.importorskip("hypothesis")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from metlo_auto.redact import Redactor  # noqa: E402

from .canaries import documents, documents_with_secrets, spelled  # noqa: E402

REDACTOR = Redactor("an API key")


def expected(value, secret=False):
    """What the rules say, done on the parsed value."""
    if isinstance(value, dict):
        return {name: expected(inner, secret or REDACTOR.is_secret(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [expected(inner, secret) for inner in value]
    if not secret or value is None or isinstance(value, bool) or value == "":
        return value
    return MASKED if isinstance(value, str) else 0


class Masked:
    """Equal to anything that is a mask."""

    def __eq__(self, other):
        return isinstance(other, str) and other.startswith("redacted")


MASKED = Masked()


@given(documents_with_secrets(), st.sampled_from([None, 2]), st.booleans())
def test_only_leaves_under_secret_names_change(document, indent, ascii_only):
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    assert expected(json.loads(text)) == json.loads(REDACTOR.body(text, "json"))


@given(documents, st.sampled_from([None, 2]))
def test_a_document_without_secrets_stays_as_it_is(document, indent):
    text = json.dumps(document, indent=indent)
    assert REDACTOR.body(text, "json") == text


@given(documents, spelled(), st.integers(), documents)
def test_what_stands_around_a_secret_keeps_its_spelling(before, name, number, after):
    lead = json.dumps(before, indent=1)
    tail = json.dumps(after, indent=3)
    text = '[ %s ,{"%s" :\t%d , "f" : 1.50E+2}, %s]' % (lead, name, number, tail)
    assert REDACTOR.body(text, "json") == '[ %s ,{"%s" :\t0 , "f" : 1.50E+2}, %s]' % (lead, name, tail)


@given(documents_with_secrets())
def test_masking_twice_is_masking_once(document):
    once = REDACTOR.body(json.dumps(document), "json")
    assert REDACTOR.body(once, "json") == once


@given(documents_with_secrets())
def test_nothing_changes_where_redaction_is_off(document):
    text = json.dumps(document)
    assert Redactor("key", enabled=False).body(text, "json") == text


@given(documents_with_secrets(), documents_with_secrets(), st.sampled_from([None, 2]))
def test_a_text_is_masked_alike_whatever_was_seen_before(seen, document, indent):
    text = json.dumps(document, indent=indent)
    warm = Redactor("an API key")
    for other in (seen, document):
        warm.body(json.dumps(other), "json")
    assert warm.body(text, "json") == Redactor("an API key").body(text, "json")


@pytest.mark.parametrize("document,masked", [
    ({"password": "x", "note": "password=hunter2"}, {"password": "redacted", "note": "password=redacted"}),
    ({"field": "password", "password": "x"}, {"field": "password", "password": "redacted"}),
    ({"pass-word": "x", "PassWord": "y", "pass": 1}, {"pass-word": "redacted", "PassWord": "redacted", "pass": 0}),
    ({"my pin": "x", "pin": 1234}, {"my pin": "x", "pin": 0}),
    ({"user.pin": 1, "pin.user": {"pin": [1, "a"]}}, {"user.pin": 0, "pin.user": {"pin": [0, "redacted"]}}),
    ({"url": "/?%70assword=hunter2", "pin": 1}, {"url": "/?%70assword=redacted", "pin": 0}),
    ({"pin": 1, "a\nb": "pin: 7"}, {"pin": 0, "a\nb": "pin: 0"}),
])
def test_names_whose_spelling_is_known_hide_no_others(document, masked):
    redactor = Redactor("an API key")
    for name in ("password", "pass-word", "PassWord", "PASSWORD", "pass_word", "pass", "pin", "my pin", "user.pin"):
        redactor.body(json.dumps({name: "x", "pin": {"pass": 1}}), "json")
    for _ in range(3):
        assert json.loads(redactor.body(json.dumps(document), "json")) == masked
