"""A recording tells what the server has taken: an app's edge, driven as servers drive it."""

import gc
import io
import sys
import weakref
from functools import partial
from types import MappingProxyType

import flask
import pytest
from flask import Flask, Response
from werkzeug.test import EnvironBuilder

from metlo_auto.capture import flask_hooks, recording
from metlo_auto.capture.guard import Guard
from metlo_auto.capture.recording import LIVE, Capture, hand_over_rest

pytestmark = pytest.mark.core
TEXT = [("Content-Type", "text/plain")]
# That a layer has let go of a response is known from its references: docs/compatibility.md.
counts_references = pytest.mark.skipif(sys.implementation.name != "cpython", reason="PyPy counts no references")


class Raw(Flask):
    def wsgi_app(self, environ, start_response):
        return self.raw(environ, start_response)


class Seen(list):
    """The exchanges of `app`, as they were handed over."""

    def __init__(self, app, ignored=None):
        list.__init__(self)
        self.guard = Guard()
        flask_hooks.attach(app, Capture(
            65536, ignored, lambda *kind: None, flask_hooks.route_of, self.append_copy, lambda make: None, self.guard,
            flask_hooks.ORDINARY))

    def append_copy(self, exchange):
        self.append({name: getattr(exchange, name) for name in type(exchange).__mro__[1].__slots__})

    @property
    def only(self):
        assert len(self) == 1 and self.guard.errors == 0
        return self[0]


class Server:
    """The strict half of a WSGI server: headers go out with the first piece, what it does not like it refuses."""

    def __init__(self, refuses=()):
        self.status = None
        self.out = []
        self.refuses = refuses

    def start_response(self, status, headers, exc_info=None):
        if exc_info and self.out:
            raise exc_info[1]
        for name, _ in headers:
            if name in self.refuses:
                raise AssertionError("hop-by-hop")
        self.status = status
        return self.out.append

    def run(self, app, environ):
        try:
            result = app(environ, self.start_response)
            try:
                for piece in result:
                    self.out.append(piece)
            finally:
                getattr(result, "close", lambda: None)()
        except Exception as error:  # noqa: BLE001 - as servers do
            return type(error).__name__


def raw(answer):
    app = Raw("raw")
    app.raw = answer
    return app, Seen(app)


def empty(environ, start_response):
    start_response("200 OK", TEXT)
    return []


def environ(path="/", method="GET", **more):
    data = more.pop("data", None)
    made = EnvironBuilder(path, method=method, data=data).get_environ()
    made.update(more)
    return made


def test_a_second_status_after_output_began_does_not_count():
    def answer(environ, start_response):
        start_response("200 OK", TEXT)
        yield b"first;"
        try:
            raise ValueError
        except ValueError:
            start_response("503 Bad", TEXT, sys.exc_info())
    app, seen = raw(answer)
    assert Server().run(app, environ()) == "ValueError"
    assert (seen.only["status"], seen.only["response_body"]) == (200, (b"first;", 6, "aborted"))


def test_a_stream_that_was_reported_while_it_ran_still_has_the_servers_start_response(monkeypatch):
    monkeypatch.setattr(recording, "STREAM_SECONDS", -1.0)

    def answer(environ, start_response):
        start_response("200 OK", TEXT)
        yield b"first;"
        try:
            raise ValueError
        except ValueError:
            start_response("503 Bad", TEXT, sys.exc_info())
    app, seen = raw(answer)
    server = Server()
    assert (server.run(app, environ()), server.out, server.status) == ("ValueError", [b"first;"], "200 OK")
    assert (seen.only["status"], seen.only["response_body"]) == (200, (b"first;", 6, "streaming"))


def test_a_second_status_before_output_counts():
    def answer(environ, start_response):
        start_response("200 OK", TEXT)
        start_response("503 Bad", [("A", "b")], (ValueError, ValueError(), None))
        return [b"bad"]
    app, seen = raw(answer)
    Server().run(app, environ())
    assert (seen.only["status"], seen.only["response_names"]) == (503, ("A",))


def test_headers_that_the_server_refuses_do_not_count():
    def answer(environ, start_response):
        start_response("200 OK", TEXT + [("Connection", "close")])
        return [b"refused"]
    app, seen = raw(answer)
    assert Server(["Connection"]).run(app, environ()) == "AssertionError"
    assert (seen.only["status"], seen.only["response_names"], seen.only["response_body"].data) == (500, (), b"")


@pytest.mark.parametrize("declared,pieces,body", [
    (10, [b"12345"], (b"12345", 5, "aborted")),
    (5, [b"1234567890"], (b"12345", 5, "cut")),
    (5, [b"123", b"4567890"], (b"12345", 5, "cut")),
    (5, [b"12345"], (b"12345", 5, "")),
])
def test_content_length_says_how_much_the_client_takes(declared, pieces, body):
    def answer(environ, start_response):
        start_response("200 OK", TEXT + [("Content-Length", str(declared))])
        return iter(pieces)
    app, seen = raw(answer)
    Server().run(app, environ())
    assert seen.only["response_body"] == body


@pytest.mark.parametrize("software,error,status,omitted", [
    ("gunicorn/27.0.1", ValueError, 500, "aborted"), ("gunicorn/27.0.1", OSError, 200, "aborted"),
    ("waitress", OSError, 500, "aborted"), ("Cheroot/11.1.2 Server", ValueError, 200, "aborted"),
    ("Granian", OSError, 200, "aborted"), ("Werkzeug/3.1.9", ValueError, 500, "aborted"), ("", ValueError, 500, "aborted"),
])
def test_a_generator_that_raises_first_has_the_status_that_its_server_sends(software, error, status, omitted):
    def answer(environ, start_response):
        start_response("200 OK", TEXT)

        def broken():
            raise error()
            yield b""
        return broken()
    app, seen = raw(answer)
    Server().run(app, environ(SERVER_SOFTWARE=software))
    x = seen.only
    assert (x["status"], x["response_body"].omitted, x["exception"]) == (status, omitted, error.__name__)
    assert bool(x["response_names"]) == (status == 200)


@pytest.mark.parametrize("seeks", [(0,), (0, 0), (0, 1)])
def test_a_body_that_is_read_twice_is_reported_once(seeks):
    def answer(environ, start_response):
        stream = environ["wsgi.input"]
        stream.read()
        if seeks == (0, 1):
            stream.seek(-5, 1)
        else:
            stream.seek(*seeks)
        stream.readline()
        stream.seek(2)
        stream.read(1)
        start_response("200 OK", TEXT)
        return []
    app, seen = raw(answer)
    Server().run(app, environ("/", "POST", data=b"one\ntwo"))
    assert seen.only["request_body"] == (b"one\ntwo", 7, "")


def test_bytes_that_the_app_skips_are_not_claimed():
    def answer(environ, start_response):
        environ["wsgi.input"].seek(0, 2)
        environ["wsgi.input"].read()
        start_response("200 OK", TEXT)
        return []
    app, seen = raw(answer)
    Server().run(app, environ("/", "POST", data=b"one\ntwo"))
    assert seen.only["request_body"].data == b""


def flask_app(name, **routes):
    app = Flask(name)
    for path, text in routes.items():
        app.add_url_rule("/" + path, path, lambda text=text: text)
    return app


def cascade(how, *apps):
    """Asks each app with the same environ until one knows the path; `how` it lets go of the others' responses."""
    def asked(environ, start_response):
        for app in apps[:-1]:
            said = []

            def noted(status, headers, exc_info=None, said=said):
                said[:] = [status, headers]
                return lambda data: None
            result = app(environ, noted)
            if said[0][:3] != "404":
                start_response(*said)
                return result
            if how == "closed":
                result.close()
        return apps[-1](environ, start_response)
    return asked


@pytest.mark.parametrize("how", ["left", pytest.param("closed", marks=counts_references)])
def test_an_app_that_passes_a_request_on_is_not_reported(how):
    first, second = flask_app("first", one="1"), flask_app("second", two="2")
    seen = Seen(first)
    flask_hooks.attach(second, flask_hooks.APPS.get(first).capture)
    Server().run(cascade(how, first, second), environ("/two"))
    assert (seen.only["status"], seen.only["route"], seen.only["response_body"].data) == (200, "/two", b"2")
    assert not LIVE


@pytest.mark.parametrize("path,status", [("/one", 200), pytest.param("/nowhere", 404, marks=counts_references)])
def test_a_cascade_reports_what_the_client_got(path, status):
    first, second = flask_app("first", one="1"), flask_app("second", two="2")
    seen = Seen(first)
    flask_hooks.attach(second, flask_hooks.APPS.get(first).capture)
    server = Server()
    server.run(cascade("closed", first, second), environ(path))
    assert server.status[:3] == str(status) and seen.only["status"] == status


def test_an_app_inside_an_app_is_reported_once_though_its_environ_is_a_copy():
    outer, inner = flask_app("outer"), flask_app("inner", inside="inner")
    seen = Seen(outer)
    flask_hooks.attach(inner, flask_hooks.APPS.get(outer).capture)
    from flask import request
    outer.add_url_rule("/inside", "mounted", lambda: Response.from_app(inner, request.environ))
    Server().run(outer, environ("/inside"))
    assert (seen.only["endpoint"], seen.only["response_body"].data) == ("mounted", b"inner")


@pytest.mark.parametrize("value,text", [
    (42, "42"), (None, ""), (b"\xe9", "\xe9"), (True, "True"), (object(), ""), (type("Text", (str,), {})("sub"), "sub"),
])
def test_what_is_no_text_in_an_environ_is_reported_as_text(value, text):
    app = flask_app("app", one="1")
    seen = Seen(app)
    Server().run(app, environ("/one", HTTP_X_USER_ID=value, CONTENT_LENGTH=0, REMOTE_PORT=4711, SERVER_PORT=80))
    x = seen.only
    assert dict(zip(x["request_names"], x["request_values"]))["X-User-Id"] == text
    assert (x["remote_port"], x["peers"].server_port) == ("4711", "80")


def test_a_body_whose_length_is_a_number_is_reported():
    app, seen = raw(lambda environ, start_response: [environ["wsgi.input"].read(), start_response("200 OK", TEXT)][:1])
    Server().run(app, environ("/", "POST", data=b"abc", CONTENT_LENGTH=3))
    assert seen.only["request_body"] == (b"abc", 3, "")


@pytest.mark.parametrize("script,path,whole", [
    ("/", "users/5", "/users/5"), ("/", "/users/5", "/users/5"), ("/app/", "/x", "/app/x"), ("/app", "", "/app"), ("", "", "/"),
])
def test_a_path_has_one_slash_where_a_prefix_ends(script, path, whole):
    app, seen = raw(empty)
    Server().run(app, environ("/", SCRIPT_NAME=script, PATH_INFO=path))
    assert seen.only["script_name"] + seen.only["path"] == whole


def test_a_missing_path_is_the_root_also_where_paths_are_ignored():
    app = Raw("raw")
    app.raw = empty
    seen = Seen(app, lambda path: path == "/healthz")
    bare = environ("/")
    del bare["PATH_INFO"]
    Server().run(app, bare)
    assert seen.only["path"] == "/"
    Server().run(app, environ("/healthz"))
    assert len(seen) == 1


def test_facts_are_those_of_the_beginning_though_the_server_clears_the_environ():
    app = flask_app("app")
    seen = Seen(app)
    made = environ("/nowhere", "POST", data=b"abc", HTTP_X_A="1", REMOTE_ADDR="192.0.2.7")
    result = app(made, Server().start_response)
    iterator = iter(result)
    list(iterator)
    made.clear()
    iterator.close()
    x = seen.only
    assert (x["method"], x["peers"].remote_addr, x["path"]) == ("POST", "192.0.2.7", "/nowhere")
    assert dict(zip(x["request_names"], x["request_values"]))["X-A"] == "1"


def test_a_server_without_write_has_none():
    def answer(environ, start_response):
        start_response("200 OK", TEXT)(b"text")
    app, seen = raw(answer)
    with pytest.raises(TypeError):
        app(environ(), lambda status, headers: None)
    assert (seen.only["status"], seen.only["response_body"].data) == (500, b"")


@pytest.mark.parametrize("software,status,data", [("waitress", 500, b""), ("Granian", 200, b"text")])
def test_no_status_is_what_the_server_makes_of_it(software, status, data):
    app, seen = raw(lambda environ, start_response: [b"text"])
    Server().run(app, environ(SERVER_SOFTWARE=software))
    assert (seen.only["status"], seen.only["response_body"].data) == (status, data)


def test_a_file_of_unknown_length_and_an_unread_chunked_body_have_no_size():
    def answer(environ, start_response):
        start_response("200 OK", TEXT)
        return io.BytesIO(b"a file")
    app, seen = raw(answer)
    Server().run(app, environ("/", "POST", HTTP_TRANSFER_ENCODING="chunked"))
    assert seen.only["response_body"] == (b"", -1, "file")
    assert seen.only["request_body"] == (b"", -1, "unread")


def test_a_server_that_fails_on_a_piece_has_not_sent_it_all():
    app = flask_app("app", one="12345")
    seen = Seen(app)
    result = app(environ("/one"), lambda *sent: None)
    try:
        next(iter(result))
        raise UnicodeEncodeError("latin-1", "\u20ac", 0, 1, "in a header")
    except UnicodeEncodeError:
        result.close()
    assert seen.only["response_body"].omitted == "aborted"


def test_what_is_never_closed_is_handed_over_at_the_end():
    app = flask_app("app", one="1")
    seen = Seen(app)
    response = app.test_client().get("/one")
    assert seen == []
    hand_over_rest()
    assert (seen.only["status"], seen.only["response_body"].data) == (200, b"1")
    response.close()
    assert len(seen) == 1


def test_an_environ_that_the_server_uses_again_is_another_request():
    app = flask_app("app", one="1", two="2")
    seen = Seen(app)
    made = environ("/one")
    left = app(made, lambda *sent: None)
    made.clear()
    made.update(environ("/two"))
    Server().run(app, made)
    assert [x["path"] for x in seen] == ["/one", "/two"]
    left.close()
    assert len(seen) == 2


@pytest.mark.parametrize("software,path,kept,escaped", [
    ("Cheroot/11.1.2 Server", "/a%2Fb", "/a%2Fb", True), ("gunicorn/27.0.1", "/a%2Fb", "/a%2Fb", False),
    ("fastwsgi/0.0.9", "/a%2fb%20c%C3%A9", "/a%2Fb c\xc3\xa9", True),
])
def test_escapes_that_the_server_keeps_are_known(software, path, kept, escaped):
    app, seen = raw(empty)
    Server().run(app, environ("/", PATH_INFO=path, SERVER_SOFTWARE=software))
    assert (seen.only["path"], seen.only["slashes_escaped"]) == (kept, escaped)


@pytest.mark.parametrize("path", ["/nowhere", "/aborts", "/broken"])
def test_an_answer_that_a_layer_looks_at_is_reported_when_the_layer_returns(path):
    app = flask_app("app")
    app.add_url_rule("/aborts", "aborts", lambda: flask.abort(404))
    app.add_url_rule("/broken", "broken", lambda: {}["a bug"])
    seen = Seen(app)

    def layer(environ, start_response):
        def noted(status, headers, exc_info=None):
            return start_response(status, headers)
        result = app(environ, noted)
        pieces = list(result)
        result.close()
        return pieces
    gc.disable()
    try:
        Server().run(layer, environ(path))
        assert seen.only["status"] in (404, 500)
    finally:
        gc.enable()


@pytest.mark.parametrize("software,said", [("uWSGI", 200), ("waitress", 500)])
def test_an_app_that_raises_after_start_response_has_the_status_that_its_server_sends(software, said):
    def answer(environ, start_response):
        start_response("200 OK", TEXT)
        raise ValueError("later")
    app, seen = raw(answer)
    assert Server().run(app, environ(SERVER_SOFTWARE=software)) == "ValueError"
    omitted = "aborted" if said == 200 else ""
    assert (seen.only["status"], seen.only["response_body"].omitted) == (said, omitted)


@pytest.mark.parametrize("software,pieces,status,data", [
    ("tornado", [b"first;"], 500, b""), ("eventlet", [b"first;"], 500, b""), ("eventlet", [b"x" * 4096], 200, b"x" * 4096),
    ("waitress", [b"first;"], 200, b"first;"),
])
def test_what_a_server_holds_back_has_not_gone_out_where_the_body_breaks_off(software, pieces, status, data):
    def answer(environ, start_response):
        start_response("200 OK", TEXT)
        yield from pieces
        raise ValueError("after a piece")
    app, seen = raw(answer)
    assert Server().run(app, environ(SERVER_SOFTWARE=software)) == "ValueError"
    assert (seen.only["status"], seen.only["response_body"].data, seen.only["response_body"].omitted) == (status, data, "aborted")


@pytest.mark.parametrize("software,status", [("hypercorn", 500), ("waitress", 204)])
@pytest.mark.parametrize("pieces", [[], iter([]), ()])
def test_a_response_without_a_byte_is_what_its_server_makes_of_it(software, status, pieces):
    def answer(environ, start_response):
        start_response("204 No Content", [])
        return pieces
    app, seen = raw(answer)
    Server().run(app, environ(SERVER_SOFTWARE=software))
    assert seen.only["status"] == status


@pytest.mark.parametrize("software,status", [("Granian", 200), ("waitress", 202)])
def test_a_status_that_comes_with_the_first_piece_counts_where_the_server_waits_for_it(software, status):
    def answer(environ, start_response):
        start_response("202 Accepted", TEXT)
        yield b"late"
    app, seen = raw(answer)
    Server().run(app, environ(SERVER_SOFTWARE=software))
    assert (seen.only["status"], seen.only["response_body"].data) == (status, b"late")


def test_a_list_that_the_server_also_goes_through_to_measure_it_is_reported_once():
    def answer(environ, start_response):
        start_response("200 OK", TEXT)
        return [b"one;", b"two;"]
    app, seen = raw(answer)
    result = app(environ(), Server().start_response)
    sent = []
    for piece in result:  # as gevent and eventlet do
        sent.append((piece, sum(len(each) for each in result)))
    result.close()
    assert sent == [(b"one;", 8), (b"two;", 8)]
    assert seen.only["response_body"] == (b"one;two;", 8, "")


def test_a_response_that_raised_is_reported_where_the_server_does_not_close_it():
    def answer(environ, start_response):
        start_response("200 OK", TEXT)
        raise ValueError("first")
        yield b""
    app, seen = raw(answer)
    result = app(environ(SERVER_SOFTWARE="twisted"), Server().start_response)
    with pytest.raises(ValueError, match="first"):
        next(iter(result))
    assert (seen.only["status"], seen.only["exception"]) == (500, "ValueError")


def test_a_generator_stays_one_where_the_server_knows_it_by_its_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "_fastwsgi", type(sys)("_fastwsgi"))
    calls = []

    def answer(environ, start_response):
        try:
            start_response("202 Accepted", TEXT)
            yield b"late"
        finally:
            calls.append("closed")
    app, seen = raw(answer)
    server = Server()
    result = app(environ("/%2F"), partial(server.start_response))  # no function and no method, as that of a server in C
    assert type(result) is type((each for each in ()))
    assert list(result) == [b"late"] and calls == ["closed"]
    assert (server.status, seen.only["status"], seen.only["response_body"].data) == ("202 Accepted", 202, b"late")
    app(environ(), partial(server.start_response))  # never begun, and let go
    for _ in range(5):  # PyPy finalizes between collections
        gc.collect()
    assert len(seen) == 2


class Pieces:
    """An iterable that is no iterator of its own."""

    def __iter__(self):
        return iter([b"one;", b"two;"])


def drops_the_iterable(ask):
    return list(iter(ask()))


def is_a_generator(ask):
    def passed_on():
        for piece in ask():  # holds the iterator alone
            yield piece
    return list(passed_on())


def drops_the_iterator(ask):
    result = ask()
    first = next(iter(result))
    result.close()
    return [first]


def measures_it_first(ask):
    result = ask()
    length = sum(map(len, result))
    pieces = list(result)
    assert length == sum(map(len, pieces))
    result.close()
    return pieces


def measures_it_in_between(ask):
    result, pieces = ask(), []
    for piece in result:  # as gevent does
        pieces.append(piece)
        assert sum(map(len, result)) == 8
    result.close()
    return pieces


def looks_at_the_first(ask):
    result = ask()
    assert next(iter(result)) == b"one;"
    pieces = list(result)
    result.close()
    return pieces


@pytest.mark.parametrize("layer", [drops_the_iterable, is_a_generator, drops_the_iterator, measures_it_first, measures_it_in_between,
                                   looks_at_the_first])
@pytest.mark.parametrize("make", [Pieces, type("List", (list,), {"__iter__": lambda self: iter([b"one;", b"two;"])})])
def test_what_passes_is_seen_whatever_of_the_response_somebody_keeps(layer, make):
    def answer(environ, start_response):
        start_response("200 OK", TEXT)
        return make()
    app, seen = raw(answer)
    pieces = layer(lambda: app(environ(), lambda *sent: None))
    gc.collect()
    assert pieces == [b"one;", b"two;"][:len(pieces)]
    whole = b"".join(pieces)
    assert seen.only["response_body"] == (whole, len(whole), "" if len(pieces) == 2 else "aborted")


@counts_references
def test_an_iterator_that_is_asked_for_twice_goes_on():
    class Shared:
        def __init__(self):
            self.pieces = iter([b"one;", b"two;"])

        def __iter__(self):
            return self.pieces

    def answer(environ, start_response):
        start_response("200 OK", TEXT)
        return Shared()
    app, seen = raw(answer)
    result = app(environ(), lambda *sent: None)
    assert [next(iter(result)), *result] == [b"one;", b"two;"]
    result.close()
    assert seen.only["response_body"] == (b"one;two;", 8, "")


@pytest.mark.parametrize("software,made,status,data,omitted", [
    ("waitress", None, 500, b"", ""), ("Cheroot/11.1.2 Server", None, 200, b"", "aborted"),
    ("gunicorn/27.0.1", b"bytes", 200, b"", "aborted"), ("uWSGI", b"bytes", 200, b"bytes", ""),
    ("waitress", "text", 200, b"", "aborted"),
])
def test_what_is_no_iterable_of_bytes_is_what_its_server_makes_of_it(software, made, status, data, omitted):
    def answer(environ, start_response):
        start_response("200 OK", TEXT)
        return made
    app, seen = raw(answer)
    assert app(environ(SERVER_SOFTWARE=software), lambda *sent: None) is made
    assert (seen.only["status"], seen.only["response_body"]) == (status, (data, len(data), omitted))


@pytest.mark.parametrize("software,written,status,data", [
    ("gunicorn/27.0.1", b"out;", 200, b"out;"), ("waitress", "text", 200, b""), ("WSGIServer/0.2 CPython/3", "text", 500, b""),
])
def test_what_was_written_is_out_though_the_app_raises_then(software, written, status, data):
    def write(data):
        if not isinstance(data, bytes):
            raise TypeError

    def answer(environ, start_response):
        start_response("200 OK", TEXT)(written)
        raise ValueError("later")
    app, seen = raw(answer)
    with pytest.raises((ValueError, TypeError)):
        app(environ(SERVER_SOFTWARE=software), lambda *sent: write)
    omitted = "aborted" if status == 200 else ""
    assert (seen.only["status"], seen.only["response_body"]) == (status, (data, len(data), omitted))


@pytest.mark.parametrize("software,data,omitted", [("gunicorn/27.0.1", b"", "aborted"), ("bjoern", b"one;", "")])
def test_a_list_that_nobody_iterated_is_out_where_the_server_needs_no_iterator(software, data, omitted):
    def answer(environ, start_response):
        start_response("200 OK", TEXT)
        return [b"one;"]
    app, seen = raw(answer)
    app(environ(SERVER_SOFTWARE=software), lambda *sent: None).close()  # gunicorn has failed before it began
    assert seen.only["response_body"] == (data, len(data), omitted)


def test_a_start_response_that_is_called_when_all_is_over_is_the_servers():
    kept = []

    def answer(environ, start_response):
        class Closing(Pieces):
            def close(self):
                start_response("202 In close", TEXT)
        kept.append(start_response)
        start_response("200 OK", TEXT)
        return Closing()
    app, seen = raw(answer)
    said = []
    result = app(environ(), lambda status, headers: said.append(status))
    list(result)
    result.close()
    kept[0]("500 Later", TEXT)
    assert said == ["200 OK", "202 In close", "500 Later"]
    assert (seen.only["status"], seen.only["response_body"]) == (200, (b"one;two;", 8, ""))


@counts_references
def test_a_response_that_was_closed_keeps_nothing_of_its_server():
    app = flask_app("app", one="1")
    Seen(app)

    class Handler:
        def start_response(self, status, headers):
            self.status = status

    handler = Handler()
    handler.result = app(environ("/one"), handler.start_response)
    list(handler.result)
    handler.result.close()
    gone = weakref.ref(handler)
    gc.disable()
    try:
        del handler
        assert gone() is None
    finally:
        gc.enable()


def test_an_app_that_is_called_without_start_response_fails_as_it_does_by_itself():
    app, seen = raw(empty)
    with pytest.raises(TypeError, match="start_response"):
        app.wsgi_app(environ())
    assert seen == [] and seen.guard.errors == 0


@pytest.mark.parametrize("made", [None, 5, [], "text"])
def test_what_is_no_environ_is_no_request(made):
    app, seen = raw(empty)
    assert list(app(made, lambda *sent: None)) == [] and seen == [] and seen.guard.errors == 0


def test_an_environ_that_takes_nothing_is_reported_without_its_body():
    def answer(environ, start_response):
        start_response("200 OK", TEXT)
        return [environ["wsgi.input"].read()]
    app, seen = raw(answer)
    Server().run(app, MappingProxyType(environ("/", "POST", data=b"abc")))
    assert (seen.only["request_body"].omitted, seen.only["response_body"].data) == ("unread", b"abc")


@pytest.mark.parametrize("status", ["\u00b200 OK", "\u0662\u0660\u0660 OK", "OK"])
def test_a_status_whose_digits_are_none_of_http_is_no_status(status):
    def answer(environ, start_response):
        start_response(status, TEXT)
        return [b"odd"]
    app, seen = raw(answer)
    Server().run(app, environ())
    assert seen.only["status"] == 500
