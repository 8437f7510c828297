"""An app that gives each case of `corpus` back: bodies as they came, headers of responses by their number."""

import sys

from flask import Flask, Response, request

sys.path.insert(0, __file__.rsplit("/tests/", 1)[0])
from tests.redact.corpus import EXPECTED, HARMLESS  # noqa: E402
from tests.redact.exchanges import spelt  # noqa: E402

app = Flask(__name__)
CASES = EXPECTED + HARMLESS


@app.route("/echo", methods=["GET", "POST"])
def echo():
    return Response(request.get_data(), content_type=request.content_type or "text/plain")


@app.route("/answer/<int:number>")
def answer(number):
    place, text = CASES[number]
    return Response("ok", headers=[(place.partition(" ")[2], spelt(text))])


@app.route("/reset/<token>")
def reset(token):
    return Response("<form action='/reset/%s'></form>" % token, content_type="text/html")


def _view(**arguments):
    return "ok"


for _rule in {spelt(place.partition(" ")[2]) for place, _ in CASES if place.startswith("route ")} - {"/reset/<token>"}:
    app.add_url_rule(_rule, "rule" + _rule, _view)


@app.route("/done")
def done():
    return "done"
