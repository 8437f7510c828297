"""The cases of capture in words that every Python from 3.6 and Flask from 0.10 up know: `plain.py HOST PORT`."""

import gzip
import os
import sys

from flask import Flask, Response, jsonify, make_response, request, send_file

app = Flask(__name__)
app.config["PROPAGATE_EXCEPTIONS"] = False
FILE = os.path.join(os.environ["TEST_FOLDER"], "file.bin")
if not os.path.exists(FILE):
    with open(FILE, "wb") as file:
        file.write(bytes(bytearray(range(256))) * 1000)


@app.route("/echo/<how>", methods=["POST"])
def echo(how):
    if how == "json":
        return jsonify(got=request.get_json())
    if how == "form":
        return jsonify(sorted=sorted((name, request.form.getlist(name)) for name in request.form))
    if how == "files":
        return jsonify(size=len(request.files["photo"].read()), title=request.form["title"])
    if how == "unread":
        return "not read"
    if how == "lines":
        return Response(b"|".join(iter(request.stream.readline, b"")), mimetype="text/plain")
    read = {"data": request.get_data, "stream": request.stream.read, "part": lambda: request.stream.read(5)}[how]
    return Response(read(), mimetype="text/plain")


@app.route("/pieces/<int:count>")
def pieces(count):
    def made():
        for number in range(count):
            yield "piece %d;" % number
        if "raise" in request.args:
            raise ValueError("a secret of the app")

    from flask import stream_with_context

    return Response(stream_with_context(made()), mimetype="text/plain")


@app.route("/typed/<name>")
def typed(name):
    mimetype, body = {
        "latin": ("text/plain; charset=iso-8859-1", b"gr\xfc\xdfe"),
        "broken": ("text/plain", b"abc\xff\xfedef"),
        "binary": ("image/png", b"\x89PNG" + bytes(bytearray(range(256)))),
        "packed": ("application/json", gzip.compress(b'{"packed": true}')[:4] + b"\0\0\0\0" + gzip.compress(b'{"packed": true}')[8:]),
        "long": ("application/json", b'{"items": [' + b", ".join(b'{"n": %d}' % n for n in range(20000)) + b"]}"),
    }[name]
    response = make_response(body)
    response.headers["Content-Type"] = mimetype
    if name == "packed":
        response.headers["Content-Encoding"] = "gzip"
    return response


@app.route("/file")
def a_file():
    return send_file(FILE, mimetype="application/octet-stream")


@app.route("/reset/<token>")
def reset(token):
    response = make_response(jsonify(token=token, user="ann"))
    response.set_cookie("remember", token)
    return response


@app.route("/empty")
def empty():
    return "", 204


@app.route("/crash")
def crash():
    raise ZeroDivisionError("a secret of the app")


if __name__ == "__main__":
    app.run(host=sys.argv[1], port=int(sys.argv[2]), threaded=True)
