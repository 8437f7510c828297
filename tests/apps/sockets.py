"""Websockets by flask-sock, beside a plain view."""

from flask import Flask, request
from flask_sock import Sock

app = Flask(__name__)
sock = Sock(app)


@sock.route("/echo/<int:room>")
def echo(ws, room):
    while True:
        text = ws.receive()
        if text == "bye":
            return
        ws.send("%s: %s" % (request.path, text))


@sock.route("/fails")
def fails(ws):
    ws.receive()
    raise ValueError("a secret of the app")


@app.route("/plain")
def plain():
    return "plain"
