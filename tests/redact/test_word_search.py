"""Both ways to find words in a text give the same answer."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metlo_auto.redact.word_search import fastest_finder, finder_by_automaton, finder_by_set

WORDS = [b"pin", b"pass", b"password", b"token", b"a", b"ab"]
by_set = finder_by_set(WORDS)


@pytest.fixture(scope="module")
def by_automaton():
    pytest.importorskip("ahocorasick_rs")
    return finder_by_automaton(WORDS)


@pytest.mark.parametrize("text, found", [
    (b"", False), (b" ", False), (b"pin", True), (b" pin ", True), (b"spin", False), (b"pins", False),
    (b"pass word", True), (b"passwords", False), (b"my  password", True), (b"b ab", True), (b"abab", False),
])
def test_only_whole_words_are_found(by_automaton, text, found):
    assert by_set(text) is found
    assert by_automaton(text) is found


@given(st.lists(st.sampled_from(WORDS + [b" ", b"  ", b"b", b"s", b"pi", b"word"]), max_size=12).map(b"".join))
def test_any_text_gives_the_same_answer(by_automaton, text):
    assert by_automaton(text) is by_set(text)


def test_without_the_library_words_are_found_all_the_same(monkeypatch):
    monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
    found_in = fastest_finder(WORDS)
    assert found_in(b"a token here") and not found_in(b"tokens there")
