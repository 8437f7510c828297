"""Where nothing stands between a name and a value, or space alone in a long text, nobody looks for names."""

import re

import pytest

pytest.importorskip("hypothesis")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from metlo_auto.redact import Redactor  # noqa: E402

REDACTOR = Redactor("an API key")
KINDS = ["json", "ndjson", "form", "multipart", "xml", "graphql", "text", ""]
NAMES = ["password", "Password", "api_key", "token", "Authorization", "session", "pin", "user[password]", "$password"]
# All that stands in texts of any kind, but what parts a name from its value or encodes that.
BETWEEN = [" ", "  ", "\t", "\n", "\r\n", ",", ";", "&", "+", "|", "/", ")", "{", "}", "[", "]", ">", "?", "@",
           "$", "!", ".", "hunter2", "17", "Bearer", "é", "\u2028", "\uff1d", "\uff1a", "\ud800"]

LONG = "\nbob hill\n" * 110


@settings(max_examples=400)
@given(st.lists(st.sampled_from(NAMES + BETWEEN), max_size=12).map("".join), st.sampled_from(KINDS))
def test_no_text_without_them_is_ever_changed(text, kind):
    text = re.sub("/+", "/", text.replace("Bearer", "x").replace(" ", "\n").replace("\t", "\n"))  # no //user@host
    same = text.encode("utf-8", "replace").decode()  # a lone surrogate has no place in a trace
    for more in ("", LONG):
        assert REDACTOR.body(text + more, kind, "multipart/form-data; boundary=x", mentions=True) in (text + more, same + more)
        assert not REDACTOR.mentions(text + more)


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*NAMES, " ", "\t", "\n", "hunter2", "set ", "requirepass "]), max_size=12).map("".join))
def test_a_long_text_without_them_is_never_changed(text):
    whole = LONG + text + LONG
    assert not REDACTOR.mentions(whole)
    assert REDACTOR.body(whole, "text", mentions=True) == whole


@pytest.mark.parametrize("setting", ["requirepass hunter2b", "ENV APP_SECRET hunter2b", "set token hunter2b", "vault login hunter2b"])
def test_a_setting_without_them_is_looked_for_in_a_short_text(setting):
    assert REDACTOR.mentions(setting)
    assert "hunter2b" not in REDACTOR.body("timeout 30\n" + setting + "\n", "text")


@pytest.mark.parametrize("one, other", [("requirepass hunter2b", ""), ("", "requirepass hunter2b"), ("requirepass hunter2b", "name\n" * 999)])
def test_what_a_short_text_says_is_found_beside_a_long_one(one, other):
    assert REDACTOR.either_mentions(one, other) and REDACTOR.either_mentions(other, one)


@pytest.mark.parametrize("text", [
    '{"password": "hunter2"}', "password=hunter2", "password: hunter2", "<password>hunter2</password>", "password%3Dhunter2",
    '<a name="password" value="hunter2">', "password => hunter2", "app --password hunter2", "PASSWORD 'hunter2'", "set('password', 'hunter2')", '"password"\n:\n"hunter2"', r"{\"password\"\u003a \"hunter2\"}",
])
def test_with_any_of_them_it_is_looked_for(text):
    assert REDACTOR.mentions(text)
    assert "\\u003a" in text or "hunter2" not in REDACTOR.body(text, "text")  # no parser takes that for a colon


def test_a_value_on_the_line_after_its_name_is_found_where_lines_are_documents():
    assert "hunter2" not in REDACTOR.body('{"password"\n:"hunter2"}\n{"a": 1}', "ndjson")


def test_the_bodies_of_one_exchange_are_asked_together():
    assert REDACTOR.mentions("a=1" + "\n" + "the password is hunter2")  # said by one, parted in the other: looked for
    assert not REDACTOR.mentions("name,password\nbob,hunter2\n")


@pytest.mark.parametrize("space", [" ", "\t", "  ", "\t ", " \t", " \t \t"])
@pytest.mark.parametrize("said", ["Your password%sis: hunter2b", "The PASSCODE%sis hunter2b", "otp%sis:hunter2b", "API%skey"])
def test_what_a_sentence_tells_is_found_whatever_space_parts_its_words(said, space):
    text = said % space[: None if "is" in said else 1] + ("" if "is" in said else ": hunter2b")
    assert "hunter2b" not in REDACTOR.body("timeout: 30\n" + text + "\n", "text")
