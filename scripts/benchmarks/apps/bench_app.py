"""The app that is measured: a few routes of a shop. Every agent attends the same file."""

import os

from attach import attach
from flask import Flask, Response, jsonify, request

app = Flask(__name__)
attach(os.environ.get("BENCH_ATTACH", ""), app)

CATALOGUE = [
    {
        "sku": "SKU-%d" % n,
        "title": "Difference engine, part %d" % n,
        "price": 19.9 + n,
        "currency": "GBP",
        "stock": n * 7 % 40,
        "tags": ["brass", "gear", "series-%d" % (n % 5)],
    }
    for n in range(156)
]
ROWS = [("%d,Difference engine part %d,%.2f,GBP,in stock\n" % (n, n, 19.9 + n)) * 170 for n in range(25)]


@app.route("/")
def hello():
    return "Hello, World!"


@app.route("/orders", methods=["POST"])
def create_order():
    order = request.get_json()
    lines = [
        {
            "sku": item["sku"],
            "title": item["title"],
            "quantity": item["quantity"],
            "total": round(item["quantity"] * item["price"], 2),
        }
        for item in order["items"]
    ]
    total = round(sum(line["total"] for line in lines), 2)
    return jsonify(
        id=90125,
        status="accepted",
        customer=order["customer"],
        address=order["address"],
        lines=lines,
        total=total,
        tax=round(total * 0.2, 2),
        currency="GBP",
    ), 201


@app.route("/catalogue")
def catalogue():
    return jsonify(CATALOGUE)


@app.route("/export")
def export():
    return Response((row for row in ROWS), mimetype="text/csv")


@app.route("/contact", methods=["POST"])
def contact():
    return jsonify(thanks=request.form["name"], topic=request.form["topic"], length=len(request.form["message"]))


@app.route("/sized/<int:size>", methods=["POST"])
def sized(size):
    """Reads whatever is sent; answers `size` bytes of text."""
    request.get_data()
    return Response("x" * size, mimetype="text/plain")


def add_routes(number):
    for n in range(number):
        app.add_url_rule("/r%d/<name>" % n, "route%d" % n, lambda name: "Hello, %s!" % name)


add_routes(int(os.environ.get("BENCH_ROUTES", "0")))


@app.route("/served")
def served():
    """How many requests this worker has begun, this one included: gunicorn counts them anyway."""
    return str(app.config["WORKER"].nr)
