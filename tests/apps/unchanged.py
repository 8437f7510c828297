"""What an app can notice of whoever instruments it: `unchanged.py` prints what happened in each case, as JSON."""

import copy
import gc
import io
import json
import pickle
import sys
import traceback

import flask
from flask import Flask, Response, request
from werkzeug.exceptions import NotFound
from werkzeug.test import EnvironBuilder

SPECIAL = (
    "bool", "len", "iter", "eq", "ne", "hash", "str", "repr", "getattr", "contains", "getitem", "index", "int", "float", "lt",
    "gt", "le", "ge", "call", "format", "dir", "sizeof", "enter", "exit", "next", "reversed", "add",
)  # fmt: skip
asked = []


def hostile(name, bases=(object,), **own):
    """A class whose every special method raises, and says that it was asked."""
    def refusing(method):
        def refuse(self, *args):
            asked.append("%s.%s" % (name, method))
            raise KeyError(method)
        return refuse

    namespace = {"__%s__" % method: refusing(method) for method in SPECIAL}
    namespace.update(own)
    return type(name, bases, namespace)


def new():
    app = Flask("unchanged")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.add_url_rule("/", "root", lambda: "root")
    return app


def ask(app, path="/", method="GET", **more):
    """What a server gets: status, headers, pieces; it closes the response."""
    sent = []
    environ = EnvironBuilder(path, method=method, **more).get_environ()
    result = app(environ, lambda status, headers, exc_info=None: sent.append((status, sorted(headers))))
    try:
        pieces = list(result)
    finally:
        getattr(result, "close", lambda: None)()
    return [sent, [str(piece) for piece in pieces]]


def frames(error):
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def body_that_refuses():
    made = hostile("Body", __iter__=lambda self: iter([b"one", b"two"]))()
    app = new()
    app.add_url_rule("/body", "body", lambda: Response(made))
    return ask(app, "/body")


def _after(function):
    app = new()
    app.after_request(function)
    return ask(app)


def after_request_gives_an_exception():
    return _after(lambda response: NotFound())[0][0][0]


def after_request_gives_a_function():
    def plain(environ, start_response):
        start_response("202 Accepted", [("Content-Type", "text/plain")])
        return [b"plain"]
    return _after(lambda response: plain)


def after_request_gives_an_object_that_refuses():
    def call(self, environ, start_response):
        start_response("202 Accepted", [])
        return [b"hostile"]
    return _after(lambda response: hostile("Answer", __call__=call)())


def after_request_gives_nothing():
    app = new()
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.after_request(lambda response: None)
    try:
        return ask(app)
    except Exception as error:  # noqa: BLE001 - what is raised is what is compared
        return [type(error).__name__, frames(error)]


def exception_that_refuses():
    class Odd(Exception):
        def _refuse(self, *args):
            asked.append("Odd")
            raise KeyError("odd")
        __getattr__ = __eq__ = __hash__ = __bool__ = __len__ = __iter__ = _refuse

    app = new()

    def view():
        raise Odd()
    app.add_url_rule("/odd", "odd", view)
    app.register_error_handler(Odd, lambda error: ("handled", 418))
    return ask(app, "/odd")


def exception_whose_class_refuses():
    class Odd(Exception):
        @property
        def __class__(self):
            asked.append("__class__")
            return type(self)

    app = new()

    def view():
        raise Odd()
    app.add_url_rule("/odd", "odd", view)
    app.register_error_handler(Odd, lambda error: ("handled", 418))
    before = len(asked)
    return [ask(app, "/odd"), len(asked) - before]


def copies():
    app = new()

    def view():
        raise ValueError()
    app.add_url_rule("/broken", "broken", view)
    app.register_error_handler(ValueError, lambda error: ("original's", 418))
    other = copy.copy(app)
    other.error_handler_spec = copy.deepcopy(app.error_handler_spec)
    other.register_error_handler(ValueError, lambda error: ("copy's", 419))
    del app
    gc.collect()
    return [ask(other, "/nowhere")[0], ask(other, "/broken")[1]]


def nothing_in_the_app():
    app = new()
    return [sorted(vars(app)), sorted(map(str, app.after_request_funcs)), "wsgi_app" in vars(app)]


def nothing_in_the_environ():
    app = new()
    app.add_url_rule("/keys", "keys", lambda: json.dumps(sorted(request.environ)))
    return ask(app, "/keys")[1]


def error_handler_search_replaced():
    app = new()

    def view():
        raise ValueError()
    app.add_url_rule("/broken", "broken", view)
    owner = next(base for base in Flask.__mro__ if "_find_error_handler" in vars(base))
    before = vars(owner)["_find_error_handler"]
    app._find_error_handler(e=ValueError(), **({"blueprints": []} if "blueprints" in str(
        before.__code__.co_varnames) or hasattr(before, "__wrapped__") else {}))
    owner._find_error_handler = lambda self, e, *more: lambda error: ("replaced", 420)
    try:
        return ask(app, "/broken")
    finally:
        owner._find_error_handler = before


def copies_of_functions():
    init = Flask.__init__
    return [copy.copy(init) == init, copy.deepcopy(init) == init, pickle.loads(pickle.dumps(init)) == init,
            init.__name__, init.__qualname__, Flask.wsgi_app.__name__]


def pickled_app():
    try:
        return len(pickle.dumps(new()))
    except Exception as error:  # noqa: BLE001 - what is raised is what is compared
        return type(error).__name__


def deepcopied_environ():
    app = new()

    def view():
        kept = {key: value for key, value in request.environ.items() if not key.startswith(("wsgi.", "werkzeug."))}
        return str(sorted(copy.deepcopy(kept)) == sorted(kept))
    app.add_url_rule("/deep", "deep", view, methods=["POST"])
    return ask(app, "/deep", "POST", data=b"abc")[1]


class Raw(Flask):
    answer = None

    def wsgi_app(self, environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return self.answer


def _raw(answer):
    app = Raw("raw")
    app.answer = answer
    return app


def _called(app):
    return app(EnvironBuilder("/").get_environ(), lambda *sent: None)


def _closing(kind, pieces):
    closed = []
    return type("Closing", (kind,), {"close": lambda self: closed.append(1)})(pieces), closed


def lists_and_tuples_that_close():
    found = []
    for kind in list, tuple:
        made, closed = _closing(kind, [b"one"])
        pieces = ask(_raw(made))[1]
        found.append([pieces, closed, isinstance(_called(_raw(made)), type(made))])
    return found


def iterator_closed_instead():
    found = []
    app = new()
    closed = []

    def view():
        response = Response(iter([b"a", b"b"]))
        response.call_on_close(lambda: closed.append(1))
        return response
    app.add_url_rule("/closing", "closing", view)

    def called():
        return app(EnvironBuilder("/closing").get_environ(), lambda *sent: None)

    def through():
        iterator = iter(called())
        yield from iterator
        iterator.close()
    found.append([[str(piece) for piece in through()], len(closed)])
    iterator = iter(called())
    next(iterator)
    iterator.close()
    found.append(len(closed))
    result = called()
    list(result)
    result.close()
    found.append(len(closed))
    return found


def sized():
    class Sized:
        def __init__(self):
            self.calls = []

        def __len__(self):
            self.calls.append("len")
            return 1

        def __iter__(self):
            self.calls.append("iter")
            return iter([b"sized"])

        def close(self):
            self.calls.append("close")
    made = Sized()
    result = _called(_raw(made))
    found = [len(result), bool(result), [str(piece) for piece in result], hasattr(result, "__next__")]
    result.close()
    return [found, made.calls, isinstance(result, Sized)]


def responses_are_what_they_are():
    found = []
    for answer in ([], [b"a"], (b"a",), iter([b"a"]), (piece for piece in [b"a"]), {b"a": 1}, io.BytesIO(b"a"), "ab"):
        result = _called(_raw(answer))
        names = ["__len__", "__next__", "__getitem__", "send", "append", "read"]
        found.append([result.__class__.__name__, [hasattr(result, name) for name in names], bool(result)])
    plain = _called(new())
    plain.note = 1
    return found + [plain.__class__.__name__, hasattr(plain, "__len__"), plain.note, hasattr(plain, "_callbacks")]


def inputs():
    class Own:
        def __init__(self, data):
            self.data = data

        def read(self, size=-1):
            data, self.data = self.data[:size if size >= 0 else None], b""
            return data

        def readline(self, size=-1):
            return self.read()

        def __iter__(self):
            return iter([self.read()])

    found = []
    for stream in (io.BytesIO(b"one\ntwo"), Own(b"one\ntwo"), io.BufferedReader(io.BytesIO(b"one\ntwo"))):
        app = new()

        def view():
            stream = request.environ["wsgi.input"]
            said = [hasattr(stream, name) for name in ("readinto", "read1", "seek", "readlines", "__enter__", "foo")]
            said += [isinstance(stream, io.IOBase), type(stream).__name__, stream == stream, bool(stream)]
            try:
                stream.note = 5
                said.append(stream.note)
            except Exception as error:  # noqa: BLE001 - what is raised is what is compared
                said.append(type(error).__name__)
            try:
                with stream as inner:
                    said += [inner is stream, str(inner.read(2))]
            except Exception as error:  # noqa: BLE001 - what is raised is what is compared
                said.append(type(error).__name__)
            return json.dumps(said)
        app.add_url_rule("/in", "in", view, methods=["POST"])
        environ = EnvironBuilder("/in", method="POST", data=b"x").get_environ()
        environ.update({"wsgi.input": stream, "CONTENT_LENGTH": "7"})
        result = app(environ, lambda *sent: None)
        found.append(b"".join(result).decode())
        result.close()
    return found


def what_stands_in_says_what_its_source_says():
    class Lies:
        """What it is."""

        @property
        def __class__(self):
            return list

        def __iter__(self):
            return iter([b"one"])

    found = []
    lies = _called(_raw(Lies()))
    found.append([isinstance(lies, list), type(lies).__doc__])
    for stream in io.BytesIO(b"abc"), io.BufferedReader(io.BytesIO(b"abc")):
        app = new()

        def view():
            stream = request.environ["wsgi.input"]
            said = [stream.__doc__]
            for ask_it in (lambda: delattr(stream, "nothing"), lambda: setattr(stream, "closed", 1), lambda: stream.__getstate__(),
                           lambda: stream.__reduce__()):
                try:
                    said.append(str(ask_it()))
                except Exception as error:  # noqa: BLE001 - what is raised is what is compared
                    said.append([type(error).__name__, str(error), frames(error) if sys.version_info >= (3, 11) else 0])
            return json.dumps(said)
        app.add_url_rule("/in", "in", view, methods=["POST"])
        environ = EnvironBuilder("/in", method="POST", data=b"abc").get_environ()
        environ["wsgi.input"] = stream
        result = app(environ, lambda *sent: None)
        found.append(b"".join(result).decode())
        result.close()
    return found


def tracebacks():
    found = []
    app = new()
    app.config["PROPAGATE_EXCEPTIONS"] = True

    def view():
        raise ValueError()

    def broken():
        raise ValueError()
        yield b""
    app.add_url_rule("/view", "view", view)
    app.add_url_rule("/stream", "stream", lambda: Response(broken()))
    for path in "/view", "/stream":
        try:
            ask(app, path)
        except ValueError as error:
            found.append(frames(error))
    try:
        Flask()
    except TypeError as error:
        found.append([str(error), frames(error)])
    try:
        app({}, None)
    except Exception as error:  # noqa: BLE001 - what is raised is what is compared
        found.append([type(error).__name__, frames(error)])

    def refuse(*sent):
        raise AssertionError("refused")
    try:
        app(EnvironBuilder("/").get_environ(), refuse)
    except AssertionError as error:
        found.append(frames(error))
    return found


def debugger():
    from werkzeug.debug import DebuggedApplication

    app = new()
    app.config["PROPAGATE_EXCEPTIONS"] = True

    def view():
        raise ValueError("seen")
    app.add_url_rule("/broken", "broken", view)
    page = "".join(ask(DebuggedApplication(app), "/broken")[1])
    return [page.count('class="frame"'), "metlo_auto/" in page]


def environs_that_refuse():
    class Strict(dict):
        def get(self, *args):
            asked.append("get")
            return dict.get(self, *args)

        def __contains__(self, key):
            asked.append("contains")
            return dict.__contains__(self, key)

    app = _raw([b"strict"])
    environ = Strict(EnvironBuilder("/").get_environ(), HTTP_X_ODD=hostile("Header")(), HTTP_X_N=42, HTTP_X_NONE=None)
    before = len(asked)
    result = app(environ, lambda *sent: None)
    pieces = [str(piece) for piece in result]
    getattr(result, "close", lambda: None)()
    return [pieces, len(asked) - before]


def odd_answers_to_start_response():
    class Text(str):
        def __getitem__(self, key):
            asked.append("status")
            return str.__getitem__(self, key)

        __hash__ = __eq__ = None

    class Chunk(bytes):
        def __len__(self):
            asked.append("chunk")
            return bytes.__len__(self)

    class App(Flask):
        def wsgi_app(self, environ, start_response):
            write = start_response(Text("200 OK"), (("A", "b"),))
            return [Chunk(b"a"), write is None]
    before = len(asked)
    result = App("odd")(EnvironBuilder("/").get_environ(), lambda *sent: None)
    pieces = [str(piece) for piece in result]
    getattr(result, "close", lambda: None)()
    return [pieces, len(asked) - before]


def weak_references_of_flask():
    app = new()
    return [flask.got_request_exception.has_receivers_for(app) in (True, False), callable(app.wsgi_app)]


HELPERS = ("hostile", "new", "ask", "frames")
CASES = [value for name, value in sorted(globals().items())
         if type(value) is type(new) and not name.startswith("_") and name not in HELPERS]

if __name__ == "__main__":
    outcome = {}
    for case in CASES:
        if case.__module__ == "__main__":
            before = len(asked)
            try:
                outcome[case.__name__] = [case(), len(asked) - before]
            except Exception as error:  # noqa: BLE001 - what is raised is what is compared
                outcome[case.__name__] = ["raised", type(error).__name__, str(error)[:100], frames(error)]
    json.dump(outcome, sys.stdout, default=str)
