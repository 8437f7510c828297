"""Addresses and paths: IPv6, forwarded and forged addresses, mounts in both styles, ProxyFix."""

import contextlib
import json
import socket

import pytest

from tests.capture.pairs import header, pair_of, takes_forwarding_away

KINDS = ["gunicorn-gthread", "waitress", "cheroot"]
FORWARDED = "X-Forwarded-For"


@pytest.fixture(scope="module", params=KINDS)
def places(request, tmp_path_factory):
    """A function that gives the Pair of one of the apps."""
    pairs = {}
    with contextlib.ExitStack() as stack:

        def pair(app, host="127.0.0.1"):
            if (app, host) not in pairs:
                home = tmp_path_factory.mktemp("home")
                pairs[app, host] = stack.enter_context(pair_of(request.param, "places:" + app, home, host=host))
            return pairs[app, host]

        yield pair


@pytest.mark.parametrize("app,target,name,template", [
    ("around", "/where/1", "main", "/where/{id}"),
    ("around", "/sub/where/1", "sub", "/sub/where/{id}"),
    ("around", "/sub/deeper/where/1", "deeper", "/sub/deeper/where/{id}"),
    ("inside", "/where/1", "inside", "/where/{id}"),
    ("inside", "/sub/where/1", "sub", "/sub/where/{id}"),
])
def test_a_mounted_app_is_reported_once_with_its_whole_path(places, app, target, name, template):
    answer, trace = places(app).ask("GET", target)
    assert json.loads(answer.body)["app"] == name
    assert trace["request"]["url"]["path"] == target
    assert trace["request"]["url"]["endpointPath"] == template
    assert trace["meta"]["route"] == "/where/<int:id>"


def test_a_mount_that_is_no_ascii_is_reported_as_text(places):
    answer, trace = places("inside").ask("GET", "/%C3%A4/where/1")
    assert json.loads(answer.body)["app"] == "umlaut"
    assert trace["request"]["url"]["path"] == "/ä/where/1"
    assert trace["request"]["url"]["endpointPath"] == "/ä/where/{id}"


def test_a_path_under_no_mount_has_no_endpoint(places):
    answer, trace = places("around").ask("GET", "/sub/nowhere")
    assert answer.status == trace["response"]["status"] == 404
    assert trace["request"]["url"]["path"] == "/sub/nowhere" and "endpointPath" not in trace["request"]["url"]


@pytest.mark.parametrize("forwarded,source", [
    ("203.0.113.7", "203.0.113.7"),
    ("6.6.6.6, 203.0.113.7", "203.0.113.7"),  # what stands on the left may be forged
    ("203.0.113.7, 10.1.2.3", "203.0.113.7"),  # a second proxy of the same network
    ("unknown, 203.0.113.7:4711", "203.0.113.7"),
    ('"[2001:db8::17]:4711"', "2001:db8::17"),
    ("10.1.2.3, 192.168.0.1", "127.0.0.1"),
    ("<script>, -", "127.0.0.1"),
])
def test_behind_a_proxy_of_its_own_network_the_right_most_public_address_is_the_source(places, forwarded, source):
    pair = places("alone")
    if takes_forwarding_away(pair.kind):
        pytest.skip("waitress takes the header away unless it is told of a trusted proxy")
    answer, trace = pair.ask("GET", "/where/1", headers={FORWARDED: forwarded})
    assert json.loads(answer.body)["client"] == "127.0.0.1"  # the app is not told otherwise
    assert trace["meta"]["source"] == source
    assert trace["meta"]["originalSource"] == forwarded
    assert header(trace["request"], FORWARDED) == forwarded


def test_proxy_fix_says_who_the_client_is_and_where_the_app_stands(places):
    pair = places("proxied")
    if takes_forwarding_away(pair.kind):
        pytest.skip("waitress takes the headers away unless it is told of a trusted proxy")
    answer, trace = pair.ask("GET", "/where/1", headers={
        FORWARDED: "6.6.6.6, 203.0.113.7, 198.51.100.9", "X-Forwarded-Host": "public.example",
        "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/prefix"})
    told = json.loads(answer.body)
    assert (told["client"], told["url"]) == ("203.0.113.7", "https://public.example/prefix/where/1")
    assert trace["meta"]["source"] == "203.0.113.7"
    assert trace["request"]["url"]["host"] == "public.example"
    assert trace["request"]["url"]["path"] == "/prefix/where/1"
    assert trace["request"]["url"]["endpointPath"] == "/prefix/where/{id}"


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_addresses_are_those_of_ipv6_on_ipv6(places):
    pair = places("alone", "::1")
    answer, trace = pair.ask("GET", "/where/1", headers={"Host": "[::1]:8080"})
    assert json.loads(answer.body)["client"] == "::1"
    assert trace["request"]["url"]["host"] == "[::1]:8080"
    assert trace["meta"]["source"] == "::1"
    assert trace["meta"]["destination"] in ("::1", "localhost", "ip6-localhost")
    assert trace["meta"]["destinationPort"] == str(pair.seen.port)
