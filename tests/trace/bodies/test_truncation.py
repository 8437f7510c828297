"""JSON that was cut anywhere parses again; forms and lines end at a whole one."""

import json

import pytest

pytest.importorskip("hypothesis")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from metlo_auto.capture.exchange import Body  # noqa: E402
from metlo_auto.trace.bodies import text_of, truncation  # noqa: E402
from metlo_auto.trace.bodies.truncation import closed_json, mended  # noqa: E402

texts = st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=10)
documents = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=15,
)


@st.composite
def cut_texts(draw):
    text = json.dumps(
        draw(documents), indent=draw(st.sampled_from([None, 2])), ensure_ascii=draw(st.booleans())
    )
    data = text.encode()
    at = draw(st.integers(1, len(data)))
    return data, data[:at]


@given(cut_texts())
def test_json_cut_at_any_byte_parses_again(texts):
    whole, cut = texts
    text = text_of(Body(cut, len(whole) + 1, "cut"), "application/json", "", 10 ** 6)
    json.loads(text.text)
    assert text.omitted == "cut"
    assert text.captured == len(cut)


@given(cut_texts())
def test_what_is_closed_begins_like_what_was_cut(texts):
    _, cut = texts
    text = cut.decode("utf-8", "ignore")
    closed = closed_json(text)
    common = closed.rstrip('"]}')
    assert closed == "null" or text.startswith(common)


_PIECES = ['"', "\\", "{", "}", "[", "]", ",", ":", " ", "\n", "1", "-2.5e3", "true", "nul", "a", "\u00e9", "\u2003", "\x1c", '"k": 1', "{}", '["x", 2]']
odd_texts = st.lists(st.sampled_from(_PIECES), max_size=30).map("".join)
spoilt_texts = st.tuples(cut_texts(), odd_texts, st.integers(0, 200)).map(
    lambda drawn: "".join([drawn[0][1].decode("utf-8", "ignore")[: drawn[2]], drawn[1], drawn[0][1].decode("utf-8", "ignore")[drawn[2] :]])
)


@settings(max_examples=400)
@given(st.one_of(cut_texts().map(lambda texts: texts[1].decode("utf-8", "ignore")), odd_texts, spoilt_texts), st.integers(0, 8))
def test_a_long_text_is_closed_as_one_that_is_gone_through_from_its_beginning(text, end):
    whole, of_its_end = truncation._END, truncation._closed_at_its_end
    truncation._END = 10 ** 9
    expected = closed_json(text)
    truncation._END = end
    try:
        assert closed_json(text) == expected
        for each in (text, "[" + text, '{"a": [1, 2], "b": "c", ' + text):
            shadow = each.replace("\\\\", "\0\0").replace('\\"', "\0\0")
            assert of_its_end(each, shadow) in (None, truncation._closed(each, shadow, 0, "", 0, []))
    finally:
        truncation._END = whole


@pytest.mark.parametrize("value", [
    [{"sku": "SKU-%d" % n, "price": n / 7, "tags": ["a", 'b"'], "more": {"x": None}} for n in range(900)],
    list(range(20000)),
    {"text": "word, [and] " * 6000},
    {"key %d" % n: "\\\"" for n in range(5000)},
])
def test_only_the_end_of_a_long_text_is_gone_through(value, monkeypatch):
    text = json.dumps(value)[:60000]
    expected = truncation._closed(text, text.replace("\\\\", "\0\0").replace('\\"', "\0\0"), 0, "", 0, [])
    steps = []
    begun_at = truncation._closed
    monkeypatch.setattr(truncation, "_closed", lambda *args: steps.append(args[2]) or begun_at(*args))
    assert closed_json(text) == expected
    assert len(steps) == 1 and steps[0] >= len(text) - 1000 or "word" in text


def prefix_of(part, whole):
    """Whether a value is another one that was cut: same values, the last of each container perhaps shorter or missing."""
    if isinstance(whole, dict) and isinstance(part, dict):
        names = list(whole)[: len(part)]
        return list(part) == names and all(prefix_of(part[name], whole[name]) for name in names)
    if isinstance(whole, list) and isinstance(part, list):
        return len(part) <= len(whole) and all(map(prefix_of, part, whole))
    if isinstance(whole, str) and isinstance(part, str):
        return whole.startswith(part)
    return part == whole or part != part and whole != whole


@given(cut_texts())
def test_no_value_is_made_up(texts):
    whole, cut = texts
    value = json.loads(closed_json(cut.decode("utf-8", "ignore")))
    assert value is None or prefix_of(value, json.loads(whole.decode()))


@given(documents)
def test_json_that_is_whole_stays_as_it_is(document):
    text = json.dumps(document)
    if text[0] in '[{"':
        assert closed_json(text) == text


@pytest.mark.parametrize("text, closed", [
    ('{"a": 12', "{}"),
    ('{"a": 12,', '{"a": 12}'),
    ('{"a": tru', "{}"),
    ('{"a": [1, 2', '{"a": [1]}'),
    ('{"a": "x\\', '{"a": "x"}'),
    ('{"a": "x\\u00e', '{"a": "x"}'),
    ('{"a": "x\\ud83d', '{"a": "x"}'),
    ('{"a": "x\\ud83d\\ude0', '{"a": "x"}'),
    ('{"a": "x\\\\ud83d', '{"a": "x\\\\ud83d"}'),
    ('{"a": "x\\\\', '{"a": "x\\\\"}'),
    ('{"a', "{}"),
    ('{"a"', "{}"),
    ('{"a":', "{}"),
    ('{"a": {"b": [{"c": "d', '{"a": {"b": [{"c": "d"}]}}'),
    ("[[[", "[[[]]]"),
    ("[1, ", "[1]"),
    ('"abc', '"abc"'),
    ("12", "null"),
    ("  ", "null"),
    ("{]", "{]"),
    ('{"a": 1} {"b": 2', '{"a": 1} {"b": 2'),
    ('{"a": hello, "b', '{"a": hello, "b'),
    ("hello world, this is", "hello world, this is"),
    ('{"a": [NaN, -Infinity, -1.5e+3, nul', '{"a": [NaN, -Infinity, -1.5e+3]}'),
])
def test_a_cut_is_closed_at_the_last_whole_value(text, closed):
    assert closed_json(text) == closed


@pytest.mark.parametrize("text, kind, expected", [
    ("a=1&b=2&c=", "form", "a=1&b=2"),
    ("a=1", "form", ""),
    ('{"a": 1}\n{"b": 2}\n{"c"', "ndjson", '{"a": 1}\n{"b": 2}\n'),
    ('{"a": [1, {"b": "c', "ndjson", '{"a": [1, {"b": "c"}]}'),
    ("<a><b>x</b", "xml", "<a><b>x</b"),
    ("some words", "text", "some words"),
])
def test_a_cut_ends_where_the_kind_says(text, kind, expected):
    assert mended(text, kind) == expected
