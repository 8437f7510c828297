"""What only administrators may see."""

from flask import Blueprint, abort, jsonify

from .accounts import current_user, public
from .database import row, rows

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.before_request
def administrators_only():
    user = current_user()
    if user is None:
        abort(401, "log in first")
    if not user["is_admin"]:
        abort(403, "administrators only")


@blueprint.route("/users")
def users():
    return jsonify(items=[public(user) for user in rows("SELECT * FROM users ORDER BY id")])


@blueprint.route("/users/<int:user_id>")
def user(user_id):
    found = row("SELECT * FROM users WHERE id = ?", user_id)
    if found is None:
        abort(404, "no such user")
    return jsonify(public(found))


@blueprint.route("/stats")
def stats():
    counts = row("SELECT (SELECT count(*) FROM orders) AS orders, (SELECT sum(stock) FROM products) AS stock")
    return jsonify(dict(counts))
