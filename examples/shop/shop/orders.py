"""Orders of the user who is logged in."""

from flask import Blueprint, abort, g, jsonify, request, url_for

from .accounts import login_required
from .database import connection, row, rows

blueprint = Blueprint("orders", __name__, url_prefix="/orders")


def shown(order):
    lines = rows("SELECT product_id, quantity, price FROM lines WHERE order_id = ?", order["id"])
    return {
        "id": order["id"],
        "created": order["created"],
        "address": order["address"],
        "lines": [dict(line) for line in lines],
        "total": round(sum(line["quantity"] * line["price"] for line in lines), 2),
    }


def own(order_id):
    order = row("SELECT * FROM orders WHERE id = ? AND user_id = ?", order_id, g.user["id"])
    if order is None:
        abort(404, "no such order")
    return order


def take(transaction, order_id, line):
    """Move one line from the stock into the order; 409 where there is not enough."""
    product_id, quantity = line.get("product_id"), line.get("quantity", 1)
    if not isinstance(quantity, int) or quantity < 1:
        abort(400, "quantity is a whole number from 1 up")
    taken = transaction.execute(
        "UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ?", (quantity, product_id, quantity)
    )
    if taken.rowcount != 1:
        abort(409, f"not in stock: product {product_id}")
    transaction.execute(
        "INSERT INTO lines SELECT ?, id, ?, price FROM products WHERE id = ?",
        (order_id, quantity, product_id),
    )


@blueprint.route("", methods=["POST"])
@login_required
def place():
    given = request.get_json()
    if not given.get("lines") or not given.get("address"):
        abort(400, "lines and address are needed")
    with connection() as transaction:
        cursor = transaction.execute(
            "INSERT INTO orders (user_id, address) VALUES (?, ?)", (g.user["id"], str(given["address"]))
        )
        for line in given["lines"]:
            take(transaction, cursor.lastrowid, line)
    order = own(cursor.lastrowid)
    return jsonify(shown(order)), 201, {"Location": url_for("orders.order", order_id=order["id"])}


@blueprint.route("")
@login_required
def orders():
    mine = rows("SELECT * FROM orders WHERE user_id = ? ORDER BY id DESC", g.user["id"])
    return jsonify(items=[shown(order) for order in mine])


@blueprint.route("/<int:order_id>")
@login_required
def order(order_id):
    return jsonify(shown(own(order_id)))


@blueprint.route("/<int:order_id>", methods=["DELETE"])
@login_required
def cancel(order_id):
    own(order_id)
    with connection() as transaction:
        for line in rows("SELECT product_id, quantity FROM lines WHERE order_id = ?", order_id):
            transaction.execute(
                "UPDATE products SET stock = stock + ? WHERE id = ?", (line["quantity"], line["product_id"])
            )
        transaction.execute("DELETE FROM orders WHERE id = ?", (order_id,))
    return "", 204
