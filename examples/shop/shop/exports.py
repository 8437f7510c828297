"""Exports that go out row by row, while they are read."""

import csv
import io
import json

from flask import Blueprint, Response, stream_with_context

from .catalogue import COLUMNS, shown
from .database import connection

blueprint = Blueprint("exports", __name__, url_prefix="/export")


def products():
    for product in connection().execute(f"SELECT {COLUMNS} FROM products ORDER BY id"):
        yield shown(product)


def csv_line(cells):
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


@blueprint.route("/products.csv")
def as_csv():
    def lines():
        yield csv_line(["id", "name", "price", "stock", "tags"])
        for product in products():
            yield csv_line([*list(product.values())[:4], " ".join(product["tags"])])

    return Response(stream_with_context(lines()), mimetype="text/csv")


@blueprint.route("/products.ndjson")
def as_ndjson():
    lines = (json.dumps(product) + "\n" for product in products())
    return Response(stream_with_context(lines), mimetype="application/x-ndjson")
