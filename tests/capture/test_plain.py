"""The cases of capture on whatever Python and Flask this is, on Werkzeug's own server."""

import json

import pytest

from tests.capture.pairs import header, pair_of
from tests.support import wire_rules

pytestmark = pytest.mark.core
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TEXT = {"Content-Type": "text/plain"}
PARTS = (b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nA title\r\n'
         b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n'
         b"Content-Type: image/png\r\n\r\n" + b"\x89PNG" * 5000 + b"\r\n--b--\r\n")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    with pair_of("script", "plain.py", tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.mark.parametrize("how,body,headers", [
    ("json", b'{"b": 1,  "a": "\xc3\xa4"}', JSON),
    ("form", b"a=1&a=2&b=%C3%A4+x", FORM),
    ("data", b"one\ntwo", TEXT),
    ("stream", b"one\ntwo", TEXT),
    ("lines", b"one\ntwo\nthree", TEXT),
])
def test_a_body_is_captured_by_whatever_the_view_reads_it(plain, how, body, headers):
    answer, trace = plain.ask("POST", "/echo/" + how, body, headers)
    assert answer.status == 200 and wire_rules.problems(trace) == []
    assert trace["request"]["body"] == body.decode("utf-8")
    assert trace["response"]["body"] == answer.body.decode("utf-8")
    assert trace["request"]["url"]["endpointPath"] == "/echo/{how}"


def test_files_are_left_out_of_an_upload(plain):
    answer, trace = plain.ask("POST", "/echo/files", PARTS, {"Content-Type": "multipart/form-data; boundary=b"})
    assert json.loads(answer.body.decode()) == {"size": 20000, "title": "A title"}
    assert "A title" in trace["request"]["body"] and "PNG" not in trace["request"]["body"]
    assert trace["meta"]["requestBody"]["size"] == len(PARTS)


def test_an_unread_body_is_not_read(plain):
    _, trace = plain.ask("POST", "/echo/unread", b"hello", TEXT)
    assert trace["meta"]["requestBody"] == {"size": 5, "captured": 0, "omitted": "unread"}


def test_a_body_read_in_part_is_reported_as_far_as_it_was_read(plain):
    answer, trace = plain.ask("POST", "/echo/part", b"hello world", TEXT)
    assert answer.body == b"hello"
    assert trace["request"]["body"] in ("hello", "hello world")  # Werkzeug may read ahead by itself


def test_a_generator_is_captured_whole(plain):
    _, trace = plain.ask("GET", "/pieces/3")
    assert trace["response"]["body"] == "piece 0;piece 1;piece 2;"


def test_a_generator_that_raises_breaks_the_same(plain):
    answer, trace = plain.ask("GET", "/pieces/1?raise=1", differs=["Content-Length"])
    assert b"piece 0;" in answer.body
    assert trace["response"]["body"] == "piece 0;" and trace["meta"]["exception"] == "ValueError"
    assert trace["meta"]["responseBody"]["omitted"] == "aborted"


@pytest.mark.parametrize("name,text,omitted", [
    ("latin", "gr\xfc\xdfe", None), ("broken", "abc\ufffd\ufffddef", None), ("binary", "", "binary"), ("packed", '{"packed": true}', None),
])
def test_text_is_decoded_and_what_is_none_left_out(plain, name, text, omitted):
    _, trace = plain.ask("GET", "/typed/" + name)
    assert trace["response"]["body"] == text
    assert trace["meta"].get("responseBody", {}).get("omitted") == omitted


def test_long_json_is_cut_and_still_parses(plain):
    answer, trace = plain.ask("GET", "/typed/long")
    assert trace["meta"]["responseBody"]["omitted"] == "cut" and trace["meta"]["responseBody"]["size"] == len(answer.body)
    assert json.loads(trace["response"]["body"])["items"][0] == {"n": 0}


def test_a_file_goes_out_untouched(plain):
    answer, trace = plain.ask("GET", "/file")
    assert len(answer.body) == 256000
    assert trace["response"]["body"] == "" and trace["meta"]["responseBody"]["omitted"] == "file"


@pytest.mark.parametrize("method,target,status", [("HEAD", "/pieces/3", 200), ("GET", "/empty", 204)])
def test_an_answer_without_a_body_has_none(plain, method, target, status):
    answer, trace = plain.ask(method, target)
    assert answer.status == status and trace["response"]["body"] == ""


def test_secrets_stay_inside(plain):
    _, trace = plain.ask("GET", "/reset/s3cr3t-value?password=s3cr3t", headers={"Authorization": "Bearer s3cr3t", "Cookie": "a=s3cr3t"})
    assert "s3cr3t" not in json.dumps(trace)
    assert header(trace["response"], "Set-Cookie").startswith("remember=redacted-")


def test_an_exception_is_named_and_not_told(plain):
    _, trace = plain.ask("GET", "/crash")
    assert (trace["response"]["status"], trace["meta"]["exception"]) == (500, "ZeroDivisionError")
    assert "a secret of the app" not in json.dumps(trace)
