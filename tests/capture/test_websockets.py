"""Websockets work as without the agent; each is one trace with status 101 and no body."""

import json
import re

import pytest

from tests.capture import extensions
from tests.capture.extensions import WebSocket, visit
from tests.capture.pairs import header, pair_of
from tests.support.serving import request

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
KINDS = ["gunicorn-gthread", "flask-run"]


@pytest.fixture(scope="module", params=KINDS)
def sockets(request, tmp_path_factory):
    with pair_of(request.param, "sockets:app", tmp_path_factory.mktemp("home"), python=extensions.python()) as made:
        yield made


@pytest.fixture(scope="module", params=KINDS)
def socketio(request, tmp_path_factory):
    with pair_of(request.param, "socketio_app:app", tmp_path_factory.mktemp("home"), python=extensions.python()) as made:
        yield made


def talk(server, mark):
    client = WebSocket(server, "/echo/7", mark)
    heard = []
    for text in ("one", "two"):
        client.send(text)
        heard.append(client.receive())
    client.send("bye")
    heard.append(client.receive()[0])
    client.send("\x03\xe8", 8)
    client.close()
    return client.head, heard


def test_messages_pass_both_ways_and_the_talk_is_one_trace(sockets):
    mark = sockets.mark()
    expected, answer = talk(sockets.bare, "-"), talk(sockets.seen, mark)
    assert answer == expected
    assert answer[0].startswith(b"HTTP/1.1 101 ")
    assert answer[1] == [(1, "/echo/7: one"), (1, "/echo/7: two"), 8]
    trace = sockets.trace(mark)
    assert trace["response"]["status"] == 101
    assert trace["request"]["body"] == trace["response"]["body"] == ""
    assert "requestBody" not in trace["meta"] and "responseBody" not in trace["meta"]
    assert trace["request"]["url"]["endpointPath"] == "/echo/{room}"
    assert header(trace["request"], "Upgrade") == "websocket"


def test_a_client_that_leaves_in_the_middle_is_one_trace(sockets):
    mark = sockets.mark()
    client = WebSocket(sockets.seen, "/echo/1", mark)
    client.send("one")
    assert client.receive() == (1, "/echo/1: one")
    client.close()
    assert sockets.trace(mark)["response"]["status"] == 101


def test_a_view_that_raises_is_one_trace(sockets):
    mark = sockets.mark()
    client = WebSocket(sockets.seen, "/fails", mark)
    client.send("go")
    client.close()
    trace = sockets.trace(mark)
    assert trace["request"]["url"]["endpointPath"] == "/fails"
    assert trace["meta"]["exception"] == "ValueError"
    assert "a secret of the app" not in json.dumps(trace)


def test_a_plain_request_to_a_websocket_route_is_answered_alike(sockets):
    answer, trace = sockets.ask("GET", "/echo/7")
    assert trace["response"]["status"] == answer.status
    answer, trace = sockets.ask("GET", "/plain")
    assert trace["response"]["body"] == "plain"


def polled(server):
    """An event and its answer by Socket.IO's long polling."""
    target = "/socket.io/?EIO=4&transport=polling"
    target += "&sid=" + re.search(rb'"sid":"([^"]+)"', server.ask(request("GET", target)).body).group(1).decode()
    heard = []
    for packet in (b"40", b'42["question","hi"]'):
        server.ask(request("POST", target, packet, {"Content-Type": "text/plain"}))
        heard.append(server.ask(request("GET", target)).body)
    return [re.sub(rb'"sid":"[^"]+"', b"", body) for body in heard]


def over_websocket(server):
    client = WebSocket(server, "/socket.io/?EIO=4&transport=websocket", "-")
    heard = [client.receive()[1][:1]]
    client.send("40")
    heard.append(client.receive()[1][:2])
    client.send('42["question","hi"]')
    heard.append(client.receive()[1])
    client.close()
    return heard


def test_socketio_works_by_polling(socketio):
    heard = polled(socketio.seen)
    assert heard == polled(socketio.bare)
    assert b'42["answer",{"echo":"hi"}]' in heard[1]


def test_socketio_works_by_websocket(socketio):
    assert over_websocket(socketio.seen) == over_websocket(socketio.bare) == ["0", "40", '42["answer",{"echo":"hi"}]']


def test_views_beside_socketio_are_reported(socketio):
    (answer, trace), = visit(socketio, [("GET", "/plain/3", b"", {})])
    assert trace["request"]["url"]["endpointPath"] == "/plain/{id}" and json.loads(answer.body) == {"id": 3}
