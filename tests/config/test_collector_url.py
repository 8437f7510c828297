"""The collector's URL: every spelling of this machine, and what of it may be shown."""

import pytest

from metlo_auto.collector_url import is_loopback, shown
from metlo_auto.delivery.transport.poster import environment_of

pytestmark = pytest.mark.core

HERE = ["127.0.0.1", "127.0.0.1:80", "127.1", "127.8.9.10", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "LOCALHOST",
        "localhost.", "a.localhost", "localhost.localdomain", "ip6-localhost", "[::1]", "[::1]:4848", "[0:0:0:0:0:0:0:1]",
        "[0000::0001]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::1%25lo]", "0.0.0.0", "[::]", "user:pw@127.0.0.1"]
ELSEWHERE = ["128.0.0.1", "10.0.0.1", "example.com", "localhost.example.com", "notlocalhost", "127.0.0.1.example.com",
             "127.example.com", "[2001:db8::1]", "[::2]", "[::ffff:10.0.0.1]", "face.b00c"]


@pytest.mark.parametrize("place", HERE)
def test_this_machine_is_known_in_every_spelling_and_never_proxied(place, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://proxy.invalid:3128")
    for scheme in ("http", "https", "HTTP"):
        url = "%s://%s" % (scheme, place)
        assert is_loopback(url) and is_loopback(url + "/metlo")
        assert environment_of(url)["proxies"] == {}


@pytest.mark.parametrize("place", ELSEWHERE)
def test_other_machines_are_proxied_as_the_environment_says(place, monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    assert not is_loopback("http://%s" % place)
    assert environment_of("http://%s" % place)["proxies"]["http"] == "http://proxy.invalid:3128"


@pytest.mark.parametrize("given, seen", [
    ("https://c.example/x?key=SECRET1", "https://c.example/x?***"), ("https://c.example/#SECRET1", "https://c.example/#***"),
    ("https://u:SECRET1@c.example", "https://***@c.example"), ("https://SECRET1@c.example/a", "https://***@c.example/a"),
    ("https://c.example/SECRET1/v1", "https://c.example/***/v1"), ("https://c.example/a%2FSECRET1", "https://c.example/a%2F***"),
    ("SECRET1", "***"), ("c.example", "c.example"), ("ftp://c.example", "ftp://c.example"), ("localhost:4848", "localhost:4848"),
    ("metlo-live-0123456789abcdef", "***"), ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc", "***"),
    ("c.example?key=SECRET1", "c.example?***"), ("u:SECRET1@c.example", "***@c.example"),
])
def test_what_may_be_secret_in_it_is_never_shown(given, seen):
    assert shown(given, "SECRET1") == seen


def test_a_key_in_the_path_is_masked_where_it_is_percent_encoded_too():
    assert shown("https://c.example/a%2Bkey%3D", "a+key=") == "https://c.example/***"
