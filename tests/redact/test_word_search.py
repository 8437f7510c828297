"""Words are found in a text as if it were read plainly, whatever is remembered of others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metlo_auto.redact import rules, secret_values
from metlo_auto.redact.word_search import DROPPED, ROWS, Harmless, Needle, WordTest, different_rows, finder, letters_of

WHOLE = [Needle(word, True, True) for word in (b"pin", b"pass", b"a", b"ab")]
NEEDLES = [*WHOLE, Needle(b"token", False, True), Needle(b"ghp", True, False), Needle(b"password", False, False)]
NEEDLES += [Needle(b"private key", False, False)]
by_words = finder(NEEDLES)


def stands_plainly(text, needles=NEEDLES):
    """What a needle is, read as it is written, with nothing remembered."""
    words = b" %b " % letters_of(text)
    return any(b" " * needle.begins + needle.letters + b" " * needle.ends in words for needle in needles)


@pytest.mark.parametrize("text, found", [
    (b"", False), (b" ", False), (b"pin", True), (b" pin ", True), (b"spin", False), (b"pins", False),
    (b"pass word", True), (b"mypasswords", True), (b"my  password", True), (b"b ab", True), (b"abab", False),
    (b"accesstoken", True), (b"tokens", False), (b"ghpabc", True), (b"xghp", False), (b"token x", True), (b"x ghp", True),
    (b"aprivate keys", True), (b"private keyboard", True), (b"private  key", False), (b"keys private", False),
])
def test_a_needle_is_found_where_it_has_to_stand_in_a_word(text, found):
    assert by_words(text) is stands_plainly(text) is found


@given(st.lists(st.sampled_from([needle.letters for needle in NEEDLES] + [b" ", b"  ", b"b", b"s", b"pi", b"word", b"private", b"key"]), max_size=12).map(b"".join))
def test_any_text_gives_the_same_answer(text):
    assert by_words(text) is stands_plainly(text)


def test_words_beside_the_last_one_of_a_phrase_are_looked_at_once():
    looked_at = []

    class Watched(WordTest):
        def _held(self, words):
            looked_at.append(set(words))
            return super()._held(words)

    said_in = Watched(NEEDLES).said_in
    assert not said_in(b"some words on keyboards") and not said_in(b"words on some keyboards")
    assert looked_at == [{b"some", b"words", b"on", b"keyboards"}]


ALL = [Needle(letters.encode(), begins, ends) for letters, begins, ends in (*rules.needles(), *secret_values.NEEDLES)]
TRIED = [needle.letters for needle in ALL]
all_by_words = finder(ALL)
near_needles = st.sampled_from(TRIED).flatmap(lambda word: st.sampled_from([word, word[1:], word[:-1], word + b"s", b"x" + word, word.upper(), word[:2] + b"-7" + word[2:]]))
scraps = st.one_of(near_needles, st.sampled_from([b" ", b" ", b", ", b"\n", b"}", b'": "', b"7", b"a" * 41, b"code" * 11, b"some", b"words", b"code", b"keys", b"your", b"\xc3\xa9"]))


@settings(max_examples=500)
@given(st.lists(st.lists(scraps, max_size=6).map(b"".join), min_size=1, max_size=4))
def test_words_are_found_as_if_nothing_was_remembered(texts):
    for text in [*texts, *texts, b" ".join(texts)]:
        assert all_by_words(text) is stands_plainly(text, ALL)


@pytest.mark.parametrize("needle", ALL)
def test_every_needle_is_found_after_texts_that_nearly_hold_it(needle):
    word, edge = needle.letters, b"b"  # with which none of the needles goes on
    search = finder([needle])
    for near in (word[:-1] + b"~", word[1:], word[:1] + b"~" + word[1:]):
        assert search(b"some " + near + b" words") is search(b"some " + near + b" words") is False
    assert search(b"some " + word + b" words")
    assert search(b"some " + edge + word + b" words") is not needle.begins
    assert search(b"some " + word + edge + b" words") is not needle.ends


def test_a_text_that_was_harmless_is_not_looked_at_again_unless_its_letters_differ(monkeypatch):
    looked_at = []
    monkeypatch.setattr(WordTest, "said_in", lambda _, text: looked_at.append(text))
    search = finder(NEEDLES)
    for text in (b'{"id": 1}', b'{"id": 27}', b'{"ids": 1}', b'{"id": 1}'):
        search(text)
    assert looked_at == [b"  id    ", b"  ids    "]


def test_no_more_than_some_texts_are_remembered():
    harmless = Harmless()
    for number in range(10000):
        harmless.add(number)
    assert 9999 in harmless.hashes and len(harmless.hashes) <= 2000


ROW = b"%d,Ada Lovelace,London\n"
TABLE = b"".join(ROW % number for number in range(400))
LIST = b"".join(b'{"id": %d, "name": "Ada"}, ' % number for number in range(400))


@pytest.mark.parametrize("text", [TABLE, LIST])
def test_of_rows_that_are_equal_without_digits_one_is_looked_at(text):
    assert len(different_rows(text.translate(ROWS, DROPPED))) < 100 < len(letters_of(text))


@given(st.lists(st.sampled_from([b"to-ken", b"1pin", b"private", b"key", b"keys", b"\n", b"}", b" ", b",", b"b"]), max_size=6).map(b"".join), st.sampled_from([TABLE, LIST]), st.integers(0, 400))
def test_a_row_that_differs_is_looked_at_wherever_it_stands(row, rows, before):
    end = b"\n" if rows is TABLE else b"}"
    lines = rows.split(end)
    text = end.join([*lines[:before], row, *lines[before:]])
    found = any(stands_plainly(piece) for piece in row.replace(b"}", b"\n").split(b"\n"))
    assert by_words(text) is found
