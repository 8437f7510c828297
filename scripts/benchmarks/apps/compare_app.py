"""The app that `scripts/compare` puts every agent on; `python compare_app.py PREFIX` asks it three times and ends."""

import io
import os
import sys
import time

from attach import attach
from flask import Flask, Response, jsonify, request, send_file

app = Flask(__name__)
attach(os.environ.get("BENCH_ATTACH", ""), app)


@app.route("/mark/<name>")
def mark(name):
    return jsonify(name=name)


@app.route("/login", methods=["POST"])
def login():
    given = request.get_json(silent=True) or request.form
    return jsonify(user=given["user"], access_token="canary-in-answer")


@app.route("/reset/<token>")
def reset(token):
    return jsonify(done=True)


@app.route("/events")
def events():
    def chunks():
        yield b"data: first\n\n"
        time.sleep(3)
        yield b"data: second\n\n"

    return Response(chunks(), mimetype="text/event-stream")


@app.route("/file")
def file():
    return send_file(io.BytesIO(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40), mimetype="image/png")


if __name__ == "__main__":
    client = app.test_client()
    for number in range(3):
        client.get("/mark/%s-%d" % (sys.argv[1], number)).close()
    print(time.time(), flush=True)
