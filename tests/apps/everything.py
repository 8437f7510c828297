"""One view for each case that capture has to get right."""

import io
import os
import tempfile
import time
import zlib

from flask import Blueprint, Flask, Response, abort, jsonify, redirect, request, send_file, session, stream_with_context
from flask.views import MethodView
from werkzeug.middleware.proxy_fix import ProxyFix

app = Flask(__name__)
app.secret_key = "not secret"
closed = []
IS_NEW = hasattr(Blueprint, "register_blueprint")  # Flask 2.0
FILE_NAME = "download_name" if IS_NEW else "attachment_filename"
FILE = os.path.join(os.environ.get("HOME", tempfile.gettempdir()), "file.bin")
if not os.path.exists(FILE):  # the same for the bare and the instrumented server, its time stamp too
    with open(FILE, "wb") as file:
        file.write(bytes(range(256)) * 4096)


@app.route("/hello")
def hello():
    return "hello"


@app.route("/users/<int:id>", methods=["GET", "DELETE"])
def user(id):
    return jsonify(id=id, email="ann@example.com")


@app.route("/reset/<token>")
def reset(token):
    return jsonify(ok=True)


@app.route("/echo", methods=["GET", "POST", "PUT", "PATCH"])
def echo():
    kind = request.args.get("as", "data")
    if kind == "json":
        return jsonify(request.get_json())
    if kind == "form":
        return jsonify(request.form.to_dict(flat=False))
    if kind == "files":
        files = {name: [part.filename, len(part.read())] for name, part in request.files.items()}
        return jsonify(dict(request.form.to_dict(flat=False), **files))
    if kind == "nocache":
        return Response(request.get_data(cache=False), mimetype="application/octet-stream")
    if kind == "stream":
        return Response(request.stream.read(), mimetype="text/plain")
    if kind == "part":
        return Response(request.stream.read(5), mimetype="text/plain")
    if kind == "lines":
        return Response(b"|".join(iter(request.stream.readline, b"")), mimetype="text/plain")
    if kind == "iterate":
        return Response(b"|".join(request.stream), mimetype="text/plain")
    if kind == "raw":
        length = int(request.environ["CONTENT_LENGTH"])
        return Response(request.environ["wsgi.input"].read(length), mimetype="text/plain")
    if kind == "parser":
        from werkzeug.formparser import FormDataParser
        from werkzeug.wsgi import LimitedStream

        length = int(request.environ["CONTENT_LENGTH"])
        parser = FormDataParser()
        stream = LimitedStream(request.environ["wsgi.input"], length)
        _, form, _ = parser.parse(stream, request.mimetype, length, request.mimetype_params)
        return jsonify(form.to_dict(flat=False))
    if kind == "unread":
        return "not read"
    return Response(request.get_data(), mimetype=request.mimetype or "text/plain")


def packed(data):
    """gzip without the time of day."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    return compressor.compress(data) + compressor.flush()


@app.route("/typed")
def typed():
    name = request.args["name"]
    body = {
        "latin1": ("text/plain; charset=iso-8859-1", "gr\xfc\xdfe".encode("latin-1")),
        "broken": ("text/plain", b"abc\xff\xfedef"),
        "png": ("image/png", b"\x89PNG\r\n\x1a\n" + bytes(300)),
        "untyped": (None, bytes(range(256))),
        "gzip": ("application/json", packed(b'{"packed": true}')),
        "deflate": ("application/json", zlib.compress(b'{"packed": true}')),
        "bomb": ("application/json", packed(b"0" * 10000000)),
        "long": ("application/json", b'{"items": [' + b", ".join(b'{"n": %d}' % n for n in range(20000)) + b"]}"),
        "ndjson": ("application/x-ndjson", b'{"n": 1}\n{"n": 2}\n'),
        "xml": ("application/xml", b"<a><b>1</b></a>"),
    }[name]
    response = Response(body[1], content_type=body[0])
    if body[0] is None:
        del response.headers["Content-Type"]
    if name in ("gzip", "deflate"):
        response.headers["Content-Encoding"] = name
    if name == "bomb":
        response.headers["Content-Encoding"] = "gzip"
    return response


@app.route("/stream")
def stream():
    @stream_with_context
    def chunks():
        for n in range(int(request.args.get("n", 3))):
            yield "chunk %d\n" % n

    return Response(chunks(), mimetype="text/plain")


class Counted:
    """An iterable whose close() is counted."""

    def __init__(self, chunks):
        self.chunks = iter(chunks)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.chunks)

    def close(self):
        closed.append(1)


@app.route("/counted")
def counted():
    return Response(Counted([b"a", b"b"]), mimetype="text/plain")


@app.route("/closed")
def closed_count():
    return str(len(closed))


@app.route("/sse")
def sse():
    def events():
        yield "data: first\n\n"
        while True:
            time.sleep(0.05)
            yield "data: more\n\n"

    return Response(Counted(event.encode() for event in events()), mimetype="text/event-stream")


@app.route("/half")
def half():
    def chunks():
        yield b"first half;"
        raise ValueError("secret of the app")

    return Response(chunks(), mimetype="text/plain")


@app.route("/file")
def the_file():
    return send_file(FILE, mimetype="application/octet-stream", conditional="range" in request.args)


@app.route("/memory-file")
def memory_file():
    return send_file(io.BytesIO(b"col\n1\n"), mimetype="text/csv", as_attachment=True, **{FILE_NAME: "a.csv"})


@app.route("/passthrough")
def passthrough():
    return Response(iter([b"x" * 10, b"y" * 10]), mimetype="text/plain", direct_passthrough=True)


@app.route("/empty")
def empty():
    return "", 204


@app.route("/not-modified")
def not_modified():
    return Response(status=304)


@app.route("/abort/<int:code>")
def aborting(code):
    abort(code)


@app.route("/crash")
def crash():
    raise ZeroDivisionError("secret of the app")


@app.route("/handled")
def handled():
    raise KeyError("secret of the app")


@app.errorhandler(KeyError)
def on_key_error(error):
    return jsonify(error="key"), 422


@app.route("/login", methods=["POST"])
def login():
    session["user"] = request.form["user"]
    return redirect("/hello")


@app.before_request
def short_cut():
    if request.args.get("short"):
        return "cut short", 403
    return None


class Things(MethodView):
    def get(self, name):
        return jsonify(name=name)

    def put(self, name):
        return jsonify(name=name, put=True)


app.add_url_rule("/things/<name>", view_func=Things.as_view("things"))

inner = Blueprint("inner", __name__, url_prefix="/inner")
outer = Blueprint("outer", __name__, url_prefix="/outer")


@inner.route("/leaf/<uuid:id>")
def leaf(id):
    return str(id)


if IS_NEW:
    outer.register_blueprint(inner)
    app.register_blueprint(outer)

    @app.route("/async")
    async def an_async_view():
        return jsonify(view="async")


class Mounted:
    """A mount without DispatcherMiddleware, as some proxies do it by hand."""

    def __init__(self, wsgi_app):
        self.wsgi_app = wsgi_app

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if path.startswith("/mounted/"):
            environ["SCRIPT_NAME"], environ["PATH_INFO"] = environ["SCRIPT_NAME"] + "/mounted", path[8:]
        return self.wsgi_app(environ, start_response)


app.wsgi_app = ProxyFix(Mounted(app.wsgi_app), x_for=1)
