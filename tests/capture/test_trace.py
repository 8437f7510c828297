"""The trace's fields: hosts, paths, parameters, headers, routes, statuses, addresses."""

import json
import socket

import pytest

from tests.capture.pairs import header, of_flask_2, takes_forwarding_away, wire_time


def test_a_route_is_given_as_template_and_as_written(pair):
    _, trace = pair.ask("GET", "/users/7")
    assert trace["request"]["url"]["path"] == "/users/7"
    assert trace["request"]["url"]["endpointPath"] == "/users/{id}"
    assert trace["meta"]["route"] == "/users/<int:id>" and trace["meta"]["endpoint"] == "user"
    assert trace["request"]["method"] == "GET" and trace["response"]["status"] == 200


def test_meta_carries_what_the_spec_lists(pair):
    answer, trace = pair.ask("GET", "/hello")
    meta = trace["meta"]
    assert meta["incoming"] is True and meta["metloSource"] == "python/flask" and meta["environment"] == "production"
    assert meta["source"] == "127.0.0.1" and isinstance(meta["sourcePort"], str)
    assert meta["destinationPort"] == str(pair.seen.port) and meta["destination"] in ("127.0.0.1", "localhost", "shop.example", socket.gethostname())
    assert wire_time(meta["requestTimestamp"]) and wire_time(meta["responseTimestamp"])
    assert meta["requestTimestamp"] <= meta["responseTimestamp"] and meta["durationMs"] >= 0
    assert meta["agent"].startswith("metlo-auto/") and meta["traceId"]
    assert trace["request"]["url"]["host"] == "shop.example"


def test_all_query_pairs_stay_in_order(pair):
    _, trace = pair.ask("GET", "/hello?b=2&a=1&b=&q=%C3%A4+x&flag")
    pairs = [(p["name"], p["value"]) for p in trace["request"]["url"]["parameters"]]
    assert pairs == [("b", "2"), ("a", "1"), ("b", ""), ("q", "ä x"), ("flag", "")]


def test_request_headers_are_all_there(pair):
    _, trace = pair.ask("GET", "/hello", headers=[("X-One", "1"), ("Accept", "text/html"), ("X-Two", "a, b")])
    assert header(trace["request"], "X-One") == "1" and header(trace["request"], "X-Two") == "a, b"
    assert header(trace["request"], "Accept") == "text/html"


def test_response_headers_are_those_really_sent(pair):
    answer, trace = pair.ask("GET", "/hello")
    sent = {name.lower(): value for name, value in answer.headers}
    for item in trace["response"]["headers"]:
        assert sent[item["name"].lower()] == item["value"]
    assert header(trace["response"], "Content-Length") == "5"


def test_the_session_cookie_is_in_the_trace_and_masked(pair):
    answer, trace = pair.ask("POST", "/login", b"user=ann&password=hunter2", {
        "Content-Type": "application/x-www-form-urlencoded"})
    cookie = header(trace["response"], "Set-Cookie")
    assert cookie.startswith("session=redacted-") and "HttpOnly" in cookie
    assert trace["request"]["body"] == "user=ann&password=redacted"
    assert header(trace["response"], "Location").endswith("/hello") and trace["response"]["status"] == 302


@pytest.mark.parametrize("code", [400, 401, 404, 418, 503])
def test_abort_is_reported_with_its_final_status(pair, code):
    answer, trace = pair.ask("GET", "/abort/%d" % code)
    assert answer.status == trace["response"]["status"] == code
    assert trace["response"]["body"] == answer.body.decode()
    assert "exception" not in trace["meta"]


def test_an_unmatched_path_has_no_endpoint(pair):
    answer, trace = pair.ask("GET", "/nowhere")
    assert trace["response"]["status"] == 404 and "endpointPath" not in trace["request"]["url"]


def test_a_wrong_method_is_reported_as_405(pair):
    answer, trace = pair.ask("DELETE", "/hello")
    assert trace["response"]["status"] == 405 and trace["request"]["method"] == "DELETE"


def test_an_unhandled_exception_is_a_500_with_its_class_only(pair):
    answer, trace = pair.ask("GET", "/crash")
    assert answer.status == trace["response"]["status"] == 500
    assert trace["meta"]["exception"] == "ZeroDivisionError"
    assert "secret of the app" not in json.dumps(trace)


def test_an_exception_with_a_handler_is_reported_with_the_handlers_answer(pair):
    answer, trace = pair.ask("GET", "/handled")
    assert trace["response"]["status"] == 422 and json.loads(trace["response"]["body"]) == {"error": "key"}
    assert trace["meta"]["exception"] == "KeyError"


def test_a_before_request_short_cut_is_the_final_response(pair):
    answer, trace = pair.ask("GET", "/hello?short=1")
    assert trace["response"]["status"] == 403 and trace["response"]["body"] == "cut short"


@pytest.mark.parametrize("target,template", [
    ("/things/a", "/things/{name}"),
    pytest.param("/outer/inner/leaf/6f9619ff-8b86-d011-b42d-00cf4fc964ff", "/outer/inner/leaf/{id}", marks=of_flask_2),
    ("/mounted/users/3", "/mounted/users/{id}"),
])
def test_routes_of_views_blueprints_and_mounts(pair, target, template):
    _, trace = pair.ask("GET", target)
    assert trace["request"]["url"]["path"] == target
    assert trace["request"]["url"]["endpointPath"] == template


@pytest.mark.parametrize("target,path", [
    ("/a%20b/%C3%A4", "/a b/ä"), ("/a%3Fb", "/a%3Fb"), ("/a%5Cb%3C%3E", "/a%5Cb%3C%3E"), ("/a%25b", "/a%25b"),
    ("/x//y//z/", "/x/%2Fy/%2Fz/"), ("/a=b&c", "/a%3Db%26c"), ("/%FF", "/%C3%BF"),
])
def test_paths_are_made_acceptable_for_the_collector(pair, target, path):
    _, trace = pair.ask("GET", target)
    assert trace["request"]["url"]["path"] in (path, target, "/\ufffd")
    assert not set(trace["request"]["url"]["path"]) & set("\\?<>&=")


def test_a_secret_url_parameter_of_the_route_is_masked(pair):
    _, trace = pair.ask("GET", "/reset/s3cr3t-t0ken-value")
    assert trace["request"]["url"]["path"].startswith("/reset/redacted")
    assert "s3cr3t" not in json.dumps(trace)


def test_the_source_is_the_right_most_public_address_that_proxies_name(pair):
    _, trace = pair.ask("GET", "/hello", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.7"})
    if takes_forwarding_away(pair.kind):
        assert trace["meta"]["source"] == "127.0.0.1" and "originalSource" not in trace["meta"]
        return
    assert trace["meta"]["source"] == "203.0.113.7"
    assert trace["meta"]["originalSource"] == "6.6.6.6, 203.0.113.7"
