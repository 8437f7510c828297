"""Masked JSON parses, keeps its types and its spelling, and differs only under secret names."""

import json

import pytest

pytest.importorskip("hypothesis")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from metlo_auto.redact import Redactor  # noqa: E402
from metlo_auto.redact.leaves import rule_below  # noqa: E402
from metlo_auto.redact.masks import Masks, masks_number  # noqa: E402
from metlo_auto.redact.rules import rule_of  # noqa: E402

from .canaries import documents, documents_with_secrets, spelled  # noqa: E402

REDACTOR = Redactor("an API key")


def expected(value, rule=None):
    """What the rules say, done on the parsed value; equal to it where a leaf stays as it is."""
    if isinstance(value, dict):
        return {name: expected(inner, below(rule, name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [expected(inner, rule) for inner in value]
    if rule is None or value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if masks.value(rule, value) == value else MASKED
    return 0 if masks_number(rule, json.dumps(value)) else value


masks = Masks("an API key")


def below(rule, name):
    return rule_of(name) if rule is None else rule_below(rule, name, rule_of)


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
    kept = number if not masks_number(rule_of(name), str(number)) else 0
    lead = json.dumps(before, indent=1)
    tail = json.dumps(after, indent=3)
    text = '[ %s ,{"%s" :\t%d , "f" : 1.50E+2}, %s]' % (lead, name, number, tail)
    assert REDACTOR.body(text, "json") == '[ %s ,{"%s" :\t%d , "f" : 1.50E+2}, %s]' % (lead, name, kept, tail)


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
    ({"pass-word": "x", "PassWord": "y", "pwd": 1}, {"pass-word": "redacted", "PassWord": "redacted", "pwd": 0}),
    ({"my otp": "x", "pin": 1234}, {"my otp": "redacted", "pin": 0}),
    ({"user.otp": 1, "otp.user": {"otp": [1, "a"]}}, {"user.otp": 0, "otp.user": {"otp": [0, "redacted"]}}),
    ({"url": "/?%70assword=hunter2", "otp": 1}, {"url": "/?%70assword=redacted", "otp": 0}),
    ({"otp": 1, "a\nb": "otp: 7"}, {"otp": 0, "a\nb": "otp: 0"}),
])
def test_names_whose_spelling_is_known_hide_no_others(document, masked):
    redactor = Redactor("an API key")
    for name in ("password", "pass-word", "PassWord", "PASSWORD", "pass_word", "pass", "otp", "my otp", "user.otp"):
        redactor.body(json.dumps({name: "x", "otp": {"pwd": 1}}), "json")
    for _ in range(3):
        assert json.loads(redactor.body(json.dumps(document), "json")) == masked
