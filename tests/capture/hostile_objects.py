"""Drives Flask apps whose objects count, or refuse, every question that is asked of them; prints what came of each.

Run natively and with the agent by test_hostile_objects.py: both have to print the same. `python hostile_objects.py N`:
one JSON line for each of the seeds below N, with the place of the object, what the server got and how often which
special method was called.
"""

import io
import json
import random
import sys
from collections import Counter

from flask import Flask, Request, Response

SPECIAL = [
    "bool", "len", "iter", "eq", "ne", "hash", "str", "repr", "getattr", "getattribute", "setattr", "delattr", "contains",
    "getitem", "int", "index", "bytes", "call", "next", "lt", "format", "class", "dict", "dir", "sizeof", "reduce_ex",
    "copy", "deepcopy", "enter", "exit", "length_hint", "reversed", "del",
]
ENVIRON = {
    "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/", "QUERY_STRING": "", "SERVER_NAME": "shop.test",
    "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "shop.test", "REMOTE_ADDR": "192.0.2.7",
    "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "wsgi.multithread": False,
    "wsgi.multiprocess": False, "wsgi.run_once": False,
}  # fmt: skip


class Odd:
    """Makes classes whose special methods count how often they were called, and then refuse or do as the base does."""

    def __init__(self, seed):
        self.luck = random.Random(seed)
        self.asked = Counter()

    def kind(self, base, needs=(), keeps=()):
        """A class below `base`; the methods in the dict `needs` work, those named in `keeps` are the base's."""
        luck, asked = self.luck, self.asked
        namespace = {}
        for name in sorted(luck.sample(SPECIAL, luck.randint(1, len(SPECIAL)))):
            special = "__%s__" % name
            if special in needs or special in keeps:
                continue
            error = luck.choice([KeyError, ValueError, RuntimeError, AttributeError, TypeError])
            passes = luck.random() < 0.3 and getattr(base, special, None)

            def answer(self, *args, special=special, error=error, passes=passes, **named):
                asked[special] += 1
                if passes:
                    return passes(self, *args, **named)
                raise error("refused")
            namespace[special] = property(answer) if name in ("class", "dict") else answer
        namespace.update(needs)
        if "__eq__" in namespace and "__hash__" not in namespace:
            namespace["__hash__"] = base.__hash__
        return type(base)("Odd" + base.__name__, (base,), namespace)


def pieces(odd):
    """An iterable of the response; at least `__iter__` and `__next__` work."""
    left = [b"one;", b"two;"]
    closed = lambda self: odd.asked.update(["close"])  # noqa: E731
    if odd.luck.random() < 0.3:
        return odd.kind(list, keeps=("__iter__", "__getattribute__", "__len__"))(left)
    needs = {"__iter__": lambda self: self, "__next__": lambda self: left.pop(0) if left else done()}

    def done():
        raise StopIteration
    if odd.luck.random() < 0.7:
        needs["close"] = closed
    return odd.kind(object, needs, keeps=("__getattribute__", "__getattr__", "__class__"))()


class Raw(Flask):
    """Answers by its `raw`."""

    def wsgi_app(self, environ, start_response):
        return self.raw(environ, start_response)


def in_body(odd, environ):
    app = Flask("app")
    app.route("/")(lambda: Response(pieces(odd)))
    return app


def after_request(odd, environ):
    def call(self, environ, start_response):
        start_response("202 Accepted", [("Content-Type", "text/plain")])
        return [b"mine"]
    app = Flask("app")
    app.route("/")(lambda: "hello")
    app.after_request(lambda response: odd.kind(object, {"__call__": call}, keeps=("__getattribute__",))())
    return app


def exception(odd, environ):
    error = odd.kind(Exception, keeps=("__getattribute__", "__setattr__", "__class__", "__dict__"))
    app = Flask("app")

    @app.route("/")
    def view():
        raise error()
    if odd.luck.random() < 0.7:
        app.register_error_handler(Exception, lambda problem: ("handled", 418))
    return app


def environ_value(odd, environ):
    base = odd.luck.choice([str, int, bytes, object, tuple])
    value = odd.kind(base)
    made = base.__new__(value, *([] if base is object else [b"7" if base is bytes else "7"]))
    environ[odd.luck.choice(["HTTP_X_MINE", "REMOTE_PORT", "SERVER_PORT", "SERVER_SOFTWARE", "x.mine", "HTTP_X_FORWARDED_FOR"])] = made
    app = Raw("app")

    def raw(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x"]
    app.raw = raw
    return app


def environ_key(odd, environ):
    kind = odd.kind(odd.luck.choice([str, object]), keeps=("__hash__", "__eq__", "__getattribute__", "__class__"))
    environ[kind()] = "1"
    return raw_pieces(odd, environ)


def raw_pieces(odd, environ):
    app = Raw("app")

    def raw(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return pieces(odd)
    app.raw = raw
    return app


def said_to_server(odd, environ):
    text, many = odd.kind(str), odd.kind(list, keeps=("__iter__",))
    app = Raw("app")

    def raw(environ, start_response):
        headers = [("Content-Type", "text/plain"), ("X-A", str.__new__(text, "1"))]
        made = many.__new__(many)
        list.extend(made, headers)
        start_response(str.__new__(text, "201 Created"), odd.luck.choice([made, headers]))
        return [b"x"]
    app.raw = raw
    return app


def piece(odd, environ):
    kind = odd.kind(bytes)
    app = Raw("app")

    def raw(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield bytes.__new__(kind, b"odd")
        yield b"even"
    app.raw = raw
    return app


def the_app(odd, environ):
    skips = ("__getattribute__", "__setattr__", "__class__", "__dict__", "__call__", "__getattr__", "__hash__", "__eq__")
    app = odd.kind(Flask, keeps=skips)("app")
    app.route("/")(lambda: "hello")
    return app


def stream(odd, environ):
    body = io.BytesIO(b"abc")
    needs = {"read": lambda self, *size: body.read(*size), "readline": lambda self, *size: body.readline(*size)}
    environ["wsgi.input"] = odd.kind(object, needs, keeps=("__getattribute__", "__class__"))()
    environ.update(REQUEST_METHOD="POST", CONTENT_LENGTH="3", CONTENT_TYPE="text/plain")
    app = Raw("app")

    def raw(environ, start_response):
        got = environ["wsgi.input"].read(2)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [got]
    app.raw = raw
    return app


def argument(odd, environ):
    from werkzeug.routing import BaseConverter

    kind = odd.kind(object, keeps=("__getattribute__",))

    class Mine(BaseConverter):
        def to_python(self, value):
            return kind()
    app = Flask("app")
    app.url_map.converters["mine"] = Mine
    app.route("/<mine:thing>")(lambda thing: "hello")
    environ["PATH_INFO"] = "/seven"
    return app


def request_class(odd, environ):
    app = Flask("app")
    app.request_class = odd.kind(Request, keeps=("__getattribute__", "__setattr__", "__class__", "__dict__", "__getattr__"))
    app.route("/")(lambda: "hello")
    return app


def response_class(odd, environ):
    skips = ("__getattribute__", "__setattr__", "__class__", "__dict__", "__call__", "__getattr__")
    app = Flask("app")
    app.response_class = odd.kind(Response, keeps=skips)
    app.route("/")(lambda: "hello")
    return app


def rule(odd, environ):
    text = odd.kind(str, keeps=("__hash__", "__eq__", "__getattribute__", "__class__", "__contains__", "__getitem__"))
    app = Flask("app")
    app.add_url_rule("/", str.__new__(text, "mine"), lambda: "hello")
    return app


def config(odd, environ):
    app = Flask("app")
    app.config["PROPAGATE_EXCEPTIONS"] = odd.kind(object, {"__bool__": lambda self: True})()
    app.config["SECRET_KEY"] = "k"

    @app.route("/")
    def view():
        raise KeyError("mine")
    return app


def the_environ(odd, environ):
    kind = odd.kind(dict, keeps=("__getitem__", "__contains__", "__iter__", "__setitem__", "__getattribute__", "__class__"))
    environ["made"] = lambda: dict.__new__(kind)
    return raw_pieces(odd, environ)


def server(odd, environ):
    def start(self, status, headers, exc_info=None):
        odd.asked["start_response"] += 1
        return odd.kind(object, {"__call__": lambda self, data: odd.asked.update([data.decode()])})()
    environ["start"] = odd.kind(object, {"__call__": start}, keeps=("__getattribute__",))()
    app = Raw("app")

    def raw(environ, start_response):
        write = start_response("200 OK", [("Content-Type", "text/plain")])
        if odd.luck.random() < 0.5:
            write(b"written")
        return [b"x"]
    app.raw = raw
    return app


PLACES = [request_class, response_class, rule, config, the_environ, server,
          in_body, after_request, exception, environ_value, environ_key, raw_pieces, said_to_server, piece, the_app, stream, argument]


def served(app, environ, odd):
    """What a server that asks for nothing but what it needs gets: status, headers, pieces, the exception."""
    got = {"status": None, "headers": [], "pieces": [], "raised": None}

    def start_response(status, headers, exc_info=None):
        got["status"] = str.__str__(status)
        got["headers"] = [[str.__str__(name), str.__str__(value)] for name, value in headers]
        return lambda data: got["pieces"].append(data.decode())

    start_response = environ.pop("start", start_response)
    if "made" in environ:
        made = environ.pop("made")()
        dict.update(made, environ)
        environ = made
    try:
        result = Flask.__call__(app, environ, start_response)
        try:
            for data in result:
                got["pieces"].append(bytes.decode(data))
        finally:
            if hasattr(result, "close"):
                result.close()
    except Exception as error:  # noqa: BLE001 - as a server does
        got["raised"] = type.__dict__["__name__"].__get__(type(error))
    return got


def run(seed):
    odd = Odd(seed)
    place = PLACES[seed % len(PLACES)]
    environ = dict(ENVIRON, **{"wsgi.input": io.BytesIO(b"")})
    app = place(odd, environ)
    app.logger.disabled = True
    odd.asked.clear()
    got = served(app, environ, odd)
    calls = {name: count for name, count in odd.asked.items() if name != "__del__"}
    return {"seed": seed, "place": place.__name__, "got": got, "asked": calls}


if __name__ == "__main__":
    for number in range(int(sys.argv[1])):
        print(json.dumps(run(number), sort_keys=True))
    if "metlo_auto" in sys.modules:
        import metlo_auto

        print("stats", json.dumps(metlo_auto.stats()), file=sys.stderr)
