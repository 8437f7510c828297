"""Routes that are about the service itself."""

from flask import Blueprint, jsonify, redirect, request, url_for

from .database import row

blueprint = Blueprint("service", __name__)


@blueprint.route("/")
def index():
    return redirect(url_for("catalogue.products"))


@blueprint.route("/health")
def health():
    return jsonify(ok=row("SELECT 1 AS ok")["ok"] == 1)


@blueprint.route("/contact", methods=["POST"])
def contact():
    """A plain HTML form's way of sending."""
    if not request.form.get("message"):
        return jsonify(error="a message is needed"), 422
    return jsonify(received=len(request.form["message"]), reply_to=request.form.get("email")), 202


@blueprint.route("/fail")
def fail():
    """What a bug looks like from outside."""
    raise RuntimeError("the shelf fell down")
