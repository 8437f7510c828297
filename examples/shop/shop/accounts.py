"""Who is asking: login with a session cookie or a bearer token."""

import functools
import secrets

from flask import Blueprint, abort, g, jsonify, request, session
from werkzeug.security import check_password_hash

from .database import change, row

blueprint = Blueprint("accounts", __name__)


def current_user():
    """The row of the user who asks, or None."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return row("SELECT users.* FROM users JOIN tokens ON user_id = users.id WHERE token = ?", token)
    return row("SELECT * FROM users WHERE id = ?", session.get("user_id"))


def login_required(view):
    """401 for strangers; the view finds the user in `g.user`."""

    @functools.wraps(view)
    def guarded(*args, **kwargs):
        g.user = current_user()
        if g.user is None:
            abort(401, "log in first")
        return view(*args, **kwargs)

    return guarded


def public(user):
    return {"id": user["id"], "username": user["username"], "email": user["email"], "phone": user["phone"]}


@blueprint.route("/login", methods=["POST"])
def login():
    given = request.get_json()
    user = row("SELECT * FROM users WHERE email = ?", given.get("email"))
    if user is None or not check_password_hash(user["password"], str(given.get("password"))):
        abort(401, "wrong email or password")
    token = secrets.token_urlsafe(24)
    change("INSERT INTO tokens VALUES (?, ?)", token, user["id"])
    session["user_id"] = user["id"]
    return jsonify(user=public(user), access_token=token)


@blueprint.route("/logout", methods=["POST"])
@login_required
def logout():
    session.clear()
    change("DELETE FROM tokens WHERE user_id = ?", g.user["id"])
    return "", 204


@blueprint.route("/me")
@login_required
def me():
    return jsonify(public(g.user))


@blueprint.route("/customers/<username>")
def customer(username):
    """A vulnerability for the collector to find: anyone reads a customer's address, without login."""
    user = row("SELECT * FROM users WHERE username = ?", username)
    if user is None:
        abort(404, "no such customer")
    return jsonify(username=user["username"], email=user["email"], member=True)
