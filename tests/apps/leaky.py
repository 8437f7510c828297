"""Answers full of secrets, in every place that an answer has; LOGGED is the file where all that the agent says goes.

RAISING names a step of the agent (module:class.method) that raises with all it was given in its text.
"""

import importlib
import logging
import os
import sys

from flask import Flask, Response, jsonify, redirect, request, session

OURS = ("metlo", "urllib3", "requests")


def canary(place):
    return "QjX%sXqZ" % place


def log_to(path):
    handler = logging.FileHandler(path)
    handler.addFilter(lambda record: record.name.split(".")[0] in OURS)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)


def make_raise(name):
    where, _, method = name.rpartition(".")
    module, _, owner = where.partition(":")
    owner = getattr(importlib.import_module(module), owner)

    def raising(*args, **kwargs):
        raise ValueError(repr((args, kwargs)))

    getattr(owner, method)  # a step that is no more would make a test that shows nothing
    setattr(owner, method, raising)


log_to(os.environ["LOGGED"])
if "RAISING" in os.environ and "metlo_auto.auto" in sys.modules:
    make_raise(os.environ["RAISING"])

app = Flask(__name__)
app.secret_key = "not secret"
app.logger.disabled = True  # it writes the app's own exceptions with their texts


@app.route("/read", methods=["GET", "POST"])
def read():
    return "%d bytes" % len(request.get_data())


@app.route("/form", methods=["POST"])
def form():
    return ", ".join(sorted(request.form)) + ", ".join(sorted(request.files))


@app.route("/reset/<token>/<int:id>")
def reset(token, id):
    return "reset"


@app.route("/headers")
def headers():
    session["user"] = canary("session")
    response = redirect("/next?page=2&access_token=" + canary("location"))
    response.set_cookie("remember", canary("setcookie"), httponly=True)
    response.headers["X-Api-Key"] = canary("responsekey")
    response.headers["Link"] = '</more?token=%s>; rel="next"' % canary("link")
    response.data = b"elsewhere"
    return response


@app.route("/json")
def json():
    return jsonify(
        users=[{"email": "ann@example.com", "credentials": [{"password": canary("nested")}, {"pin": 918273645546}]}],
        tokens={"access_token": canary("access"), "refresh-token": canary("refresh")},
        secret=[canary("listed"), {"deeper": canary("deeper")}],
    )


@app.route("/cut")
def cut():
    head = '{"token": "%s", "items": [%s], "password": "' % (canary("cutfirst"), ",".join(['"item"'] * 9350))
    return Response(head + "." * (65500 - len(head)) + canary("cutlast") * 20 + '"}', mimetype="application/json")


@app.route("/typed/<kind>")
def typed(kind):
    mimetype, text = {
        "html": ("text/html", '<input type="hidden" name="csrf_token" value="%s">'),
        "xml": ("application/xml", "<login><password>%s</password></login>"),
        "text": ("text/plain", "user: ann\npassword: %s\n"),
        "ndjson": ("application/x-ndjson", '{"n": 1}\n{"token": "%s"}\n'),
        "broken": ("application/json", '{"a": 1, "password": "%s'),
        "wrongly": ("text/csv", '{"password": "%s"}'),
    }[kind]
    return Response(text % canary("typed" + kind), mimetype=mimetype)


@app.route("/stream")
def stream():
    return Response((piece for piece in ['{"tok', 'en": "', canary("stream")[:6], canary("stream")[6:], '"}']), mimetype="application/json")


@app.route("/crash")
def crash():
    raise ValueError(canary("exception"))


@app.route("/half")
def half():
    def pieces():
        yield '{"password": "' + canary("half")
        raise ValueError(canary("exception"))

    return Response(pieces(), mimetype="application/json")


@app.route("/stats")
def stats():
    import metlo_auto

    return jsonify(metlo_auto.stats())
