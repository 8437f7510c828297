"""Both ways to find words in a text give the same answer."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metlo_auto.redact.word_search import (
    Needle,
    WordTest,
    different_rows,
    fastest_finder,
    finder_by_automaton,
    finder_by_words,
    letters_of,
)

WHOLE = [Needle(word, True, True) for word in (b"pin", b"pass", b"a", b"ab")]
NEEDLES = [*WHOLE, Needle(b"token", False, True), Needle(b"ghp", True, False), Needle(b"password", False, False)]
NEEDLES += [Needle(b"private key", False, False)]
by_words = finder_by_words(NEEDLES)


@pytest.fixture(scope="module")
def by_automaton():
    pytest.importorskip("ahocorasick_rs")
    return finder_by_automaton(NEEDLES)


@pytest.mark.parametrize("text, found", [
    (b"", False), (b" ", False), (b"pin", True), (b" pin ", True), (b"spin", False), (b"pins", False),
    (b"pass word", True), (b"mypasswords", True), (b"my  password", True), (b"b ab", True), (b"abab", False),
    (b"accesstoken", True), (b"tokens", False), (b"ghpabc", True), (b"xghp", False), (b"token x", True), (b"x ghp", True),
    (b"aprivate keys", True), (b"private keyboard", True), (b"private  key", False), (b"keys private", False),
])
def test_a_needle_is_found_where_it_has_to_stand_in_a_word(by_automaton, text, found):
    assert by_words(text) is found
    assert by_automaton(text) is found


@given(st.lists(st.sampled_from([needle.letters for needle in NEEDLES] + [b" ", b"  ", b"b", b"s", b"pi", b"word", b"private", b"key"]), max_size=12).map(b"".join))
def test_any_text_gives_the_same_answer(by_automaton, text):
    assert by_automaton(text) is by_words(text)


def test_without_the_library_words_are_found_all_the_same(monkeypatch):
    monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
    found_in = fastest_finder(NEEDLES)
    assert found_in(b"a token here") and not found_in(b"tokens there")


def test_words_beside_the_last_one_of_a_phrase_are_looked_up_once():
    looked_up = []

    class Watched(WordTest):
        def holding(self, words):
            looked_up.append(set(words))
            return super().holding(words)

    said_in = Watched(NEEDLES).said_in
    assert not said_in(b"some words on keyboards") and not said_in(b"words on some keyboards")
    assert looked_up == [{b"some", b"words", b"on", b"keyboards"}, {b"keyboards"}]


ROW = b"%d,Ada Lovelace,London\n"
TABLE = b"".join(ROW % number for number in range(400))
LIST = b"".join(b'{"id": %d, "name": "Ada"}, ' % number for number in range(400))


@pytest.mark.parametrize("text", [TABLE, LIST])
def test_of_rows_that_are_equal_without_digits_one_is_looked_at(text):
    assert len(different_rows(text)) < 100 < len(letters_of(text))


@given(st.lists(st.sampled_from([b"to-ken", b"1pin", b"private", b"key", b"keys", b"\n", b"}", b" ", b",", b"b"]), max_size=6).map(b"".join), st.sampled_from([TABLE, LIST]), st.integers(0, 400))
def test_a_row_that_differs_is_looked_at_wherever_it_stands(by_automaton, row, rows, before):
    end = b"\n" if rows is TABLE else b"}"
    lines = rows.split(end)
    text = end.join([*lines[:before], row, *lines[before:]])
    found = any(by_words(piece) for piece in row.replace(b"}", b"\n").split(b"\n"))
    assert by_words(text) is by_automaton(text) is found
