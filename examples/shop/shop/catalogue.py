"""Products: list, search, create, read, replace, patch, delete."""

from flask import Blueprint, abort, jsonify, request, url_for

from .accounts import login_required
from .database import change, row, rows

blueprint = Blueprint("catalogue", __name__)

COLUMNS = "id, name, price, stock, tags"


def shown(product):
    return {
        "id": product["id"],
        "name": product["name"],
        "price": product["price"],
        "stock": product["stock"],
        "tags": product["tags"].split(",") if product["tags"] else [],
    }


def existing(product_id):
    product = row(f"SELECT {COLUMNS} FROM products WHERE id = ?", product_id)
    if product is None:
        abort(404, "no such product")
    return product


def checked(given):
    """What the client sent, as the columns; 400 where it makes no product."""
    try:
        name, price = str(given["name"]), float(given["price"])
        stock, tags = int(given.get("stock", 0)), [str(tag) for tag in given.get("tags", [])]
    except (KeyError, TypeError, ValueError) as error:
        abort(400, f"name and price are needed, stock and tags are welcome: {error!r}")
    return name, price, stock, ",".join(tags)


@blueprint.route("/products")
def products():
    page, size = request.args.get("page", 1, type=int), min(request.args.get("size", 20, type=int), 100)
    found = rows(f"SELECT {COLUMNS} FROM products ORDER BY id LIMIT ? OFFSET ?", size, (page - 1) * size)
    return jsonify(items=[shown(product) for product in found], page=page)


@blueprint.route("/search")
def search():
    """`q` in the name, every `tag` that is given, up to `max_price`."""
    found = rows(
        f"SELECT {COLUMNS} FROM products WHERE name LIKE ? AND price <= ? ORDER BY price",
        "%{}%".format(request.args.get("q", "")),
        request.args.get("max_price", 1e9, type=float),
    )
    wanted = set(request.args.getlist("tag"))
    items = [product for product in map(shown, found) if wanted <= set(product["tags"])]
    return jsonify(items=items, count=len(items))


@blueprint.route("/products", methods=["POST"])
@login_required
def create():
    cursor = change(
        "INSERT INTO products (name, price, stock, tags) VALUES (?, ?, ?, ?)", *checked(request.get_json())
    )
    location = url_for("catalogue.product", product_id=cursor.lastrowid)
    return jsonify(shown(existing(cursor.lastrowid))), 201, {"Location": location}


@blueprint.route("/products/<int:product_id>")
def product(product_id):
    return jsonify(shown(existing(product_id)))


@blueprint.route("/products/<int:product_id>", methods=["PUT", "PATCH"])
@login_required
def update(product_id):
    before = shown(existing(product_id))
    given = request.get_json()
    whole = dict(before, **given) if request.method == "PATCH" else given
    change(
        "UPDATE products SET name = ?, price = ?, stock = ?, tags = ? WHERE id = ?",
        *checked(whole),
        product_id,
    )
    return jsonify(shown(existing(product_id)))


@blueprint.route("/products/<int:product_id>", methods=["DELETE"])
@login_required
def delete(product_id):
    existing(product_id)
    if row("SELECT 1 FROM lines WHERE product_id = ?", product_id):
        abort(409, "it was ordered; set its stock to 0 instead")
    change("DELETE FROM products WHERE id = ?", product_id)
    return "", 204
