"""Metlo's JSON: paths, hosts, addresses, timestamps, escaping, with and without orjson."""

import json

import pytest

from metlo_auto.capture.exchange import EMPTY, Exchange, Peers
from metlo_auto.capture.headers import Memo, of_request
from metlo_auto.trace import encoder
from metlo_auto.trace.addresses import server_address, source_address

pytestmark = pytest.mark.core


class Text:
    def __init__(self, text="", kind="", size=0, captured=0, omitted=""):
        self.text, self.kind, self.size, self.captured, self.omitted = text, kind, size, captured, omitted


PEERS = Peers("a.example", "", "10.0.0.1", "srv", "80")


def exchange(**others):
    made = Exchange()
    known = {
        "started": 1700000000.25, "duration": 0.5, "method": "GET", "script_name": "", "path": "/users/7", "query": "",
        "peers": PEERS, "remote_port": "4711", "request_names": ("Host",), "request_values": ("a.example",),
        "request_type": "", "request_encoding": "", "request_body": EMPTY, "status": 200, "response_names": (),
        "response_values": (), "response_type": "", "response_encoding": "", "response_body": EMPTY,
        "route": "/users/<int:id>", "endpoint": "user", "arguments": {}, "exception": None}
    for name, value in dict(known, **others).items():
        setattr(made, name, value)
    return made


X = exchange()


def trace(x=X, request=None, response=None):
    return json.loads(encoder.Encoder("test", "p").trace(x, request or Text(), response or Text(), 10).decode())


@pytest.mark.parametrize("script,path,expected", [
    ("", "/", "/"), ("", "", "/"), ("/api", "", "/api"), ("/api", "/x", "/api/x"), ("", "*", "/*"),
    ("", "/a b", "/a b"), ("", "/a?b", "/a%3Fb"), ("", "/a\\b", "/a%5Cb"), ("", "/<x>&=", "/%3Cx%3E%26%3D"),
    ("", "/100%", "/100%25"), ("", "//", "/%2F"), ("", "/a//b", "/a//b"), ("", "/a//b/", "/a/%2Fb/"),
    ("", "/a/b//", "/a/b/%2F"), ("", "/\xc3\xa4", "/ä"), ("", "/\xff", "/%FF"), ("", "/a\nb", "/a%0Ab"),
    ("", "/a;b:c@d,e{f}", "/a;b:c@d,e{f}"),
])
def test_paths_keep_to_the_collectors_rules(script, path, expected):
    assert encoder.path_of(script + path) == expected


@pytest.mark.parametrize("script,route,expected", [
    ("", "/users/<int:id>", "/users/{id}"), ("", "/<path:rest>", "/{rest}"), ("/v1", "/<a>/<b>", "/v1/{a}/{b}"),
    ("", "/<regex(\"[a-z]{2}\"):lang>/x", "/{lang}/x"), ("", "/<any(a, 'b>'):kind>", "/{kind}"), ("", "/ä/<x>", "/ä/{x}"),
    ("", "/<string(length=2):code>.json", "/{code}.json"),
])
def test_routes_become_templates(script, route, expected):
    assert encoder.endpoint_path(script, route) == expected


@pytest.mark.parametrize("remote,forwarded,expected", [
    ("198.51.100.1", "6.6.6.6", "198.51.100.1"), ("10.0.0.1", "", "10.0.0.1"), ("127.0.0.1", "8.8.8.8", "8.8.8.8"),
    ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.7", "203.0.113.9"), ("::1", "2001:db8::5", "2001:db8::5"),
    ("10.0.0.1", "[2001:db8::5]:4711", "2001:db8::5"), ("10.0.0.1", "203.0.113.9:80", "203.0.113.9"),
    ("10.0.0.1", "unknown, 10.0.0.2", "10.0.0.1"), ("", "8.8.8.8", "8.8.8.8"), ("fd00::1", "8.8.8.8", "8.8.8.8"),
])
def test_the_source_cannot_be_forged(remote, forwarded, expected):
    assert source_address(remote, forwarded) == expected


@pytest.mark.parametrize("name,host,expected", [
    ("waitress.invalid", "a.example:81", "a.example"), ("0.0.0.0", "[::1]:80", "::1"), ("srv", "a", "srv"),
    ("Cheroot/11.1", "a.example", "a.example"), ("::1", "a", "::1")])
def test_a_servers_junk_name_is_not_the_destination(name, host, expected):
    assert server_address(name, "80", host) == (expected, "80")


def test_the_trace_has_the_fields_of_the_spec():
    made = trace()
    assert made["request"] == {
        "url": {"host": "a.example", "path": "/users/7", "endpointPath": "/users/{id}", "parameters": []},
        "headers": [{"name": "Host", "value": "a.example"}], "method": "GET", "body": ""}
    assert made["response"] == {"url": "srv:80", "status": 200, "headers": [], "body": ""}
    assert made["meta"]["requestTimestamp"] == "2023-11-14T22:13:20.250Z"
    assert made["meta"]["responseTimestamp"] == "2023-11-14T22:13:20.750Z"
    assert made["meta"]["durationMs"] == 500 and made["meta"]["traceId"] == "p-a"
    assert made["meta"]["environment"] == "test" and made["meta"]["sourcePort"] == "4711"


@pytest.mark.parametrize("sent,forwarded,remote,host", [
    ("h", "f", "r", "h"), ("", "f", "r", "f"), ("", "", "192.0.2.7", "192.0.2.7"), ("", "", "<local>", "unknown"), ("", "", "", "unknown")])
def test_host_is_never_empty(sent, forwarded, remote, host):
    x = exchange(peers=Peers(sent, forwarded, remote, "srv", "80"))
    assert trace(x)["request"]["url"]["host"] == host


def test_whose_server_has_no_address_has_none():
    """bjoern over a Unix socket: its REMOTE_ADDR is whatever lay in memory."""
    made = trace(exchange(peers=Peers("", "", "244.127.0.0", "", "")))
    assert made["meta"]["source"] == "" and made["request"]["url"]["host"] == "unknown"
    made = trace(exchange(peers=Peers("h", "203.0.113.9, 10.1.2.3", "244.127.0.0", "", "")))
    assert made["meta"]["source"] == "10.1.2.3"


@pytest.mark.parametrize("text", ["", "plain", "\"quoted\" \\ \n\t\r\x00\x1f\x7f", "ä€😀", "\u2028", "a" * 3000])
def test_any_text_comes_through_and_orjson_writes_the_same_bytes(text):
    assert trace(response=Text(text))["response"]["body"] == text
    orjson = pytest.importorskip("orjson")
    assert json.encoder.encode_basestring(text).encode() == orjson.dumps(text) == encoder.fastest_body()(text)


def test_a_lone_surrogate_does_not_fail():
    assert trace(response=Text("a\ud800b"))["response"]["body"] == "a?b"


def test_a_body_that_is_not_whole_is_noted():
    made = trace(response=Text("ab", "text", 10, 2, "cut"))
    assert made["meta"]["responseBody"] == {"size": 10, "captured": 2, "omitted": "cut"}
    assert "requestBody" not in made["meta"]


def test_the_announcement_has_the_route_as_its_path_and_the_types_of_all_fields():
    request = Text('{"a": {"b": [1, "x", null, true]}, "email": "a@b.c"}', "json")
    x = exchange(query="q=1&q=2", request_type="application/json; charset=utf-8")
    made = json.loads(encoder.Encoder("test", "p").announcement(x, request, Text('[{"price": 1.5}]', "json"), 1).decode())
    assert made["request"]["url"]["path"] == made["request"]["url"]["endpointPath"] == "/users/{id}"
    types = made["processedTraceData"]["dataTypes"]
    assert sorted(types.pop("reqBody.a.b.[]")) == ["boolean", "integer", "string"]
    assert types == {"reqBody.email": ["string"], "resBody.[].price": ["number"], "reqQuery.q": ["string"]}
    assert made["processedTraceData"]["requestContentType"] == "application/json"
    assert made["processedTraceData"]["block"] is False


def test_what_clients_choose_is_kept_within_bounds():
    memo = Memo(lambda key: key, most=100)
    for number in range(1000):
        assert memo[("a", str(number), None)] == ("a", str(number), None)
        assert memo["x" * 5000 + str(number)] == "x" * 5000 + str(number)
    assert len(memo) <= 100 and max(len(str(key)) for key in memo) < 2100


def test_the_same_peers_are_one_object_however_the_server_spells_them():
    environ = {"SERVER_PORT": 80, "REMOTE_ADDR": None, "HTTP_HOST": "a.example", "SERVER_NAME": "srv"}
    peers, names, values, _ = of_request(environ)
    assert peers == Peers("a.example", "", "", "srv", "80") and (names, values) == (("Host",), ("a.example",))
    assert of_request(dict(environ))[0] is peers
    assert of_request({})[0] == Peers("", "", "", "", "")


@pytest.mark.parametrize("query,value", [("q=%C3%82%C2%A3", "\u00c2\u00a3"), ("q=%C2%A3", "\u00a3"), ("q=a+b%2Bc", "a b+c"), ("q=\xc3\xa4", "\u00e4")])
def test_a_query_is_decoded_once(query, value):
    assert encoder.query_pairs(query) == [("q", value)]
