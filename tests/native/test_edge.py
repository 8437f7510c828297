"""The compiled edge is to app and server what the Python one is, and leaves to that one what is not ordinary."""

import copy
import gc
import io
import pickle
import sys
import traceback
import weakref

import pytest

pytest.importorskip("metlo_auto_native", reason="the compiled way is not installed: pip install ./native")
from flask import Flask, Response, request  # noqa: E402
from werkzeug.wsgi import ClosingIterator  # noqa: E402

from metlo_auto.agent import Agent  # noqa: E402
from metlo_auto.capture import flask_hooks  # noqa: E402
from metlo_auto.capture.edge import APPS  # noqa: E402
from metlo_auto.capture.recording import LIVE, WAITING, hand_over_rest  # noqa: E402
from metlo_auto.capture.response_tee import hand_over_interrupted  # noqa: E402
from metlo_auto.config.settings import load  # noqa: E402
from metlo_auto.delivery import Exits, Locks, OwnThreads  # noqa: E402
from tests.native.both_ways import Queue  # noqa: E402

ENVIRON = {
    "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/", "QUERY_STRING": "", "SERVER_NAME": "srv", "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "10.0.0.1", "HTTP_HOST": "a.example", "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr,
    "wsgi.version": (1, 0), "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
}  # fmt: skip


class Served:
    """An app under an agent whose requests go the way that `native`, the setting, allows."""

    def __init__(self, native):
        loaded = load({"METLO_ENV_FILE": "off"}, None, {
            "host": "http://127.0.0.1:9", "api_key": "k", "spool_dir": "off", "native": native}).settings
        self.agent = Agent(loaded, Exits(), Locks(), OwnThreads())
        self.agent.delivery = self.queue = Queue(True)
        self.app = Flask("app")
        flask_hooks.attach(self.app, self.agent.capture(flask_hooks.route_of, flask_hooks.ORDINARY, matches=flask_hooks.MATCHES))
        self.app.logger.disabled = True
        self.app.add_url_rule("/", "hello", lambda: "hello", methods=["GET", "POST"])
        self.ask()

    def route(self, path, view, **options):
        self.app._got_first_request = False  # Flask wants all routes before that
        self.app.add_url_rule(path, path[1:], view, **options)

    @property
    def compiled(self):
        return self.agent.stats()["native"]

    def begin(self, body=None, start=lambda status, headers, error=None: None, **environ):
        environ = dict(ENVIRON, **environ)
        environ["wsgi.input"] = io.BytesIO(body or b"")
        if body is not None:
            environ.update(REQUEST_METHOD="POST", CONTENT_LENGTH=str(len(body)), CONTENT_TYPE="text/plain")
        return self.app(environ, start)

    def ask(self, body=None, **environ):
        response = self.begin(body, **environ)
        pieces = list(response)
        response.close()
        return b"".join(pieces)

    def traces(self):
        return [trace for trace, _, _ in self.queue.taken]


@pytest.fixture(params=["off", "auto"])
def served(request):
    yield Served(request.param)
    assert not LIVE and not WAITING


@pytest.fixture
def compiled():
    yield Served("auto")
    assert not LIVE and not WAITING


def test_an_ordinary_request_never_has_a_recording(compiled, monkeypatch):
    monkeypatch.setattr("metlo_auto.capture.recording.Recording.__init__", None)
    assert compiled.ask() == b"hello" and compiled.compiled == 1
    assert compiled.ask(b"asked") == b"hello" and compiled.compiled == 1  # the first of its route
    assert compiled.agent.guard.errors == 1


def test_a_response_is_what_werkzeug_gave(served):
    response = served.begin()
    assert isinstance(response, ClosingIterator) and response.__class__ is ClosingIterator
    assert iter(response) is response and not hasattr(response, "__len__") and not hasattr(response, "nothing")
    assert dir(response) == sorted(dir(response._metlo_source))
    response.mine = 1
    assert response.mine == 1 and weakref.ref(response)() is response
    for work in (pickle.dumps, copy.copy):
        try:
            natively = work(response._metlo_source)
        except Exception as error:  # noqa: BLE001 - whatever it is
            with pytest.raises(type(error)):
                work(response)
        else:
            assert type(work(response)) is type(natively)
    assert next(response) == b"hello"
    with pytest.raises(StopIteration):
        next(response)
    assert response.close() is None and response.close() is None
    assert len(served.queue.taken) == 2


@pytest.mark.parametrize("call", [
    lambda start: start("200 OK", response_headers=[]),
    lambda start: start(status="200 OK", response_headers=[]),
    lambda start: start("200 OK", []).__call__(b"written "),
    lambda start: (start("404 X", []), start("200 OK", [], None)),
    lambda start: start("200 OK", ()),
    lambda start: start("2000", []),
])
def test_start_response_takes_what_the_servers_takes(served, call):
    got = []

    def start_response(status, response_headers, exc_info=None):
        got.append((status, response_headers))
        return got.append

    def raw(environ, start):
        call(start)
        return ClosingIterator([b"raw"])

    served.app.after_request_funcs[None] = [lambda response: raw]
    response = served.begin(start=start_response)
    assert list(response) == [b"raw"]
    response.close()
    natively = []

    def plain(status, response_headers, exc_info=None):
        natively.append((status, response_headers))
        return natively.append

    call(plain)
    assert got == natively
    said = served.traces()[-1]
    assert b"raw" in said and (b"written raw" in said) == (b"written " in got) and served.agent.guard.errors == 0


def test_an_error_of_the_servers_start_response_is_the_apps_to_see(served):
    def refuses(status, headers, error=None):
        raise ValueError("a header of yours")

    with pytest.raises(ValueError, match="a header of yours"):
        served.begin(start=refuses)
    assert b'"status":500' in served.traces()[-1] and b'"exception":"ValueError"' in served.traces()[-1]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="before, frames stay in tracebacks")
def test_no_frame_of_ours_stands_in_a_traceback(served):
    served.app.config["PROPAGATE_EXCEPTIONS"] = True

    def broken():
        raise KeyError("mine")

    served.route("/broken", broken)
    served.route("/breaks", lambda: Response(breaks()))

    def breaks():
        yield b"one"
        raise KeyError("mine")

    with pytest.raises(KeyError) as left:
        served.begin(PATH_INFO="/broken")
    response = served.begin(PATH_INFO="/breaks")
    assert next(response) == b"one"
    with pytest.raises(KeyError) as half_way:
        next(response)
    response.close()
    for error in (left, half_way):
        files = [frame.filename for frame in traceback.extract_tb(error.value.__traceback__)]
        assert [name for name in files if "metlo_auto" in name and "tests" not in name] == []
    assert b'"status":500' in served.traces()[-2] and b'"omitted":"aborted"' in served.traces()[-1]
    assert all(b'"exception":"KeyError"' in trace for trace in served.traces()[-2:])


@pytest.mark.parametrize("leave", [
    lambda response: None,
    lambda response: next(response),
    lambda response: setattr(response, "itself", response),
], ids=["not begun", "begun", "in a circle"])
def test_a_response_that_nobody_closes_is_reported_when_it_goes(served, leave):
    response = served.begin()
    leave(response)
    assert len(served.queue.taken) == 1
    del response
    gc.collect()
    assert len(served.queue.taken) == 2 and b'"route":"/"' in served.traces()[-1]


def test_nothing_of_a_request_stays(compiled):
    compiled.ask()
    gc.collect()

    class Start:
        def __call__(self, *args):
            return None

    start = Start()
    gone = weakref.ref(start)
    compiled.ask(start=start)
    del start
    assert gone() is None and compiled.compiled == 2


def test_a_body_is_seen_however_it_is_read(served):
    def reads():
        stream = request.environ["wsgi.input"]
        got = stream.read(2)
        got += stream.readline()
        buffer = bytearray(3)
        got += bytes(buffer[:stream.readinto(buffer)])
        assert not hasattr(stream, "nothing") and stream.tell() == len(got) and b"".join(stream) == b"rest"
        return got

    served.route("/reads", reads, methods=["POST"])
    for _ in range(2):
        assert served.ask(b"ab-line\nabcrest", PATH_INFO="/reads") == b"ab-line\nabc"
        assert b'"body":"ab-line\\nabcrest"' in served.traces()[-1]
    with_read = served.ask(b"in one piece")
    assert with_read == b"hello" and b'"unread"' in served.traces()[-1]


def test_a_second_app_that_answers_the_same_request_takes_its_place(served):
    other = Served("auto")

    def cascaded(environ, start_response):
        said = []
        first = served.app(environ, lambda status, headers, error=None: said.append(status))
        if said[0].startswith("404"):
            first.close()
            return other.app(environ, start_response)
        return first

    environ = dict(ENVIRON, PATH_INFO="/there", **{"wsgi.input": io.BytesIO()})
    other.route("/there", lambda: "there")
    response = cascaded(environ, lambda *args: None)
    assert b"".join(response) == b"there"
    response.close()
    assert len(served.queue.taken) == 1 and b'"route":"/there"' in other.traces()[-1]


def test_an_app_inside_an_app_is_the_outer_ones_request(served):
    inner = Served("auto")
    served.route("/in", lambda: Response(inner.app(request.environ, lambda *args: None)))
    assert served.ask(PATH_INFO="/in") != b"" and len(inner.queue.taken) == 1
    assert len(served.queue.taken) == 2 and b'"route":"/in"' in served.traces()[-1]


def test_what_was_answered_and_not_closed_is_handed_over_at_the_end(served):
    response = served.begin()
    hand_over_rest()
    assert len(served.queue.taken) == 2
    assert list(response) == [b"hello"]
    response.close()
    assert len(served.queue.taken) == 2


def test_a_signal_that_ends_the_process_hands_over_what_has_gone_out(served):
    response = served.begin()
    assert list(response) == [b"hello"]
    hand_over_interrupted(sys._getframe())
    assert len(served.queue.taken) == 2 and b'"body":"hello"' in served.traces()[-1]
    response.close()
    assert len(served.queue.taken) == 2
    LIVE.clear()  # the process goes no further


def test_a_request_that_is_not_ordinary_is_pythons(compiled):
    for environ in ({"HTTP_TRANSFER_ENCODING": "chunked"}, {"SERVER_PROTOCOL": "HTTP/2"}, {"CONTENT_LENGTH": 3}, {"CONTENT_LENGTH": "x"}):
        assert compiled.ask(**environ) == b"hello" and compiled.traces()
    compiled.begin(HTTP_UPGRADE="websocket").close()
    assert len(compiled.queue.taken) == 6 and compiled.agent.guard.errors == 0


def test_an_attachment_that_ends_is_heeded(compiled):
    APPS.get(compiled.app).capture = None
    assert compiled.ask() == b"hello" and len(compiled.queue.taken) == 1
