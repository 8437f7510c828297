"""Answers whose pieces come when the test says so: it puts files into the folder TEST_FOLDER, and finds some there."""

import os
import sys
import time

from flask import Flask, Request, Response, jsonify, request, stream_with_context


class LimitedRequest(Request):
    """Of one view, in words that every Flask knows."""

    max_content_length = property(lambda self: 10 if self.path == "/limited" else None)


app = Flask(__name__)
app.request_class = LimitedRequest
FOLDER = os.environ["TEST_FOLDER"]
if "STREAM_SECONDS" in os.environ and "metlo_auto.capture.recording" in sys.modules:
    sys.modules["metlo_auto.capture.recording"].STREAM_SECONDS = float(os.environ["STREAM_SECONDS"])


def wait_for(name):
    end = time.monotonic() + 60
    while not os.path.exists(os.path.join(FOLDER, name)):
        if time.monotonic() > end:
            raise RuntimeError("the test forgot " + name)
        yield


class Noted:
    """Pieces whose close() is noted in a file, a line for each."""

    def __init__(self, name, pieces):
        self.name, self.pieces = name, iter(pieces)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.pieces)

    def close(self):
        with open(os.path.join(FOLDER, self.name + ".closed"), "a") as file:
            file.write("closed\n")


@app.route("/events/<name>")
def events(name):
    """The second event waits for the file `name`; the stream goes on for ever with ?endless."""

    def pieces():
        yield b"data: first\n\n"
        for _ in wait_for(name):
            time.sleep(0.02)
            if "endless" in request.args:
                yield b": still there\n\n"
        yield b"data: second\n\n"

    return Response(Noted(name, stream_with_context(pieces)()), mimetype="text/event-stream")


@app.route("/raises/<int:after>")
def raises(after):
    def pieces():
        for number in range(after):
            yield b"piece %d;" % number
        raise ValueError("a secret of the app")

    return Response(pieces(), mimetype="text/plain")


@app.route("/fixed")
def fixed():
    """Says how long it will be and raises before that."""

    def pieces():
        yield b"0123456789"
        raise ValueError("a secret of the app")

    return Response(pieces(), mimetype="text/plain", headers={"Content-Length": "100"})


@app.route("/large/<name>")
def large(name):
    return Response(Noted(name, (b"x" * 65536 for _ in range(1600))), mimetype="text/plain")


@app.route("/text")
def text():
    response = Response(b"0123456789" * 1000, mimetype="text/plain")
    return response.make_conditional(request, accept_ranges=True, complete_length=10000)


@app.route("/generated")
def generated():
    response = Response((b"%04d" % number for number in range(2500)), mimetype="text/plain")
    return response.make_conditional(request, accept_ranges=True, complete_length=10000)


@app.route("/count", methods=["POST"])
def count():
    total = 0
    for piece in iter(lambda: request.stream.read(1000), b""):
        total += len(piece)
    return jsonify(total=total)


@app.route("/some", methods=["POST"])
def some():
    """Reads one byte of the body and answers."""
    return Response(request.stream.read(1), mimetype="text/plain")


@app.route("/limited", methods=["POST"])
def limited():
    return Response(str(request.form), mimetype="text/plain")  # where all Werkzeugs look at the limit


@app.route("/named/<how>", methods=["POST"])
def named(how):
    """Reads as only some servers' streams can be read."""
    stream = request.environ["wsgi.input"]
    if how == "read":
        return Response(stream.read(size=4), mimetype="text/plain")
    if how == "readline":
        return Response(stream.readline(size=4), mimetype="text/plain")
    if how == "peek":
        return Response(stream.peek(4)[:4], mimetype="text/plain")
    return Response(stream.read1(4), mimetype="text/plain")


@app.route("/none", methods=["POST"])
def none():
    return "not read"


@app.before_request
def refuse():
    return ("refused", 401) if "refuse" in request.args else None
