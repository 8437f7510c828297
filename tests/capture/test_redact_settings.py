"""What the settings of redaction do to a whole request: further names, or none masked at all."""

import json

import pytest

from tests.capture.pairs import header, pair_of

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BODY = b'{"favouriteColour": "blue", "nested": [{"favourite-colour": 7, "shade": "dark"}], "password": "hunter2", "email": "a@b.c"}'


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    settings = {"METLO_REDACT_FIELDS": "favourite_colour, Shoe-Size", "METLO_REDACT_HEADERS": "X-Internal,x_customer"}
    with pair_of("gunicorn-gthread", "everything:app", tmp_path_factory.mktemp("home"), settings) as made:
        yield made


@pytest.fixture(scope="module")
def open_(tmp_path_factory):
    with pair_of("gunicorn-gthread", "everything:app", tmp_path_factory.mktemp("home"), {"METLO_REDACT": "none"}) as made:
        yield made


def test_further_fields_are_masked_in_json_whatever_their_spelling(named):
    answer, trace = named.ask("POST", "/echo?as=data", BODY, JSON)
    assert answer.body == BODY
    body = json.loads(trace["request"]["body"])
    assert body["favouriteColour"] != "blue" and body["nested"][0]["favourite-colour"] == 0
    assert body["password"] == "redacted"  # the names that are always masked stay so
    assert (body["nested"][0]["shade"], body["email"]) == ("dark", "a@b.c")
    assert trace["response"]["body"] == trace["request"]["body"]


def test_further_fields_are_masked_in_queries_and_forms(named):
    _, trace = named.ask("POST", "/echo?as=form&shoe_size=forty-two&page=2", b"FAVOURITE_COLOUR=blue&shade=dark", FORM)
    parameters = {p["name"]: p["value"] for p in trace["request"]["url"]["parameters"]}
    assert "forty" not in parameters["shoe_size"] and parameters["page"] == "2"
    assert "blue" not in trace["request"]["body"] and trace["request"]["body"].endswith("&shade=dark")
    assert "blue" not in trace["response"]["body"]


def test_further_headers_are_masked(named):
    _, trace = named.ask("GET", "/hello", headers={"X-Internal": "number-17", "X-Customer": "number-18", "X-Other": "number-19"})
    assert "number" not in header(trace["request"], "X-Internal") + header(trace["request"], "X-Customer")
    assert header(trace["request"], "X-Other") == "number-19"


def test_with_none_all_is_as_it_was_sent(open_):
    answer, trace = open_.ask("POST", "/echo?as=data&access_token=abc", BODY, dict(
        JSON, Authorization="Bearer abc.def", Cookie="session=abc"))
    assert trace["request"]["body"].encode() == BODY == answer.body
    assert header(trace["request"], "Authorization") == "Bearer abc.def"
    assert header(trace["request"], "Cookie") == "session=abc"
    assert {"name": "access_token", "value": "abc"} in trace["request"]["url"]["parameters"]


def test_with_none_a_cookie_that_the_app_sets_is_as_it_was_sent(open_):
    _, trace = open_.ask("POST", "/login", b"user=ann", FORM)
    assert header(trace["response"], "Set-Cookie").startswith("session=ey")
