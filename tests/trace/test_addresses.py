"""Who sent a request and which server took it, where servers say something else than an address."""

import pytest

from metlo_auto.trace.addresses import client_address, server_address, source_address


@pytest.mark.parametrize("remote", ["", "<local>", "localhost", "unix", "0.0.0.0", "None", "/run/app.sock"])
def test_a_unix_socket_has_no_address_and_the_proxy_names_the_client(remote):
    assert client_address(remote) == source_address(remote, "") == ""
    assert source_address(remote, "203.0.113.9, 10.0.0.5") == "10.0.0.5"


@pytest.mark.parametrize("remote,address", [("127.0.0.1:9405", "127.0.0.1"), ("[2001:db8::1]:80", "2001:db8::1"), ("192.0.2.7", "192.0.2.7")])
def test_an_address_stands_without_its_port(remote, address):
    assert client_address(remote) == address


@pytest.mark.parametrize("port,kept", [("t", ""), ("None", ""), ("/run/app.sock", ""), ("0", ""), ("", ""), ("80", "80")])
def test_a_port_is_a_number(port, kept):
    assert server_address("/", port, "shop.example") == ("shop.example", kept)
