"""Reported by a line in its own factory: for apps that choose in their code whether and where they report."""

import os

from flask import Blueprint, Flask, jsonify

from metlo_auto import MetloFlask

notes = Blueprint("notes", __name__, url_prefix="/notes")
NOTES = {1: "tea", 2: "biscuits"}


@notes.route("/")
def every():
    return jsonify(NOTES)


@notes.route("/<int:number>")
def one(number):
    return jsonify(number=number, text=NOTES.get(number, ""))


def create_app():
    app = Flask(__name__)
    app.register_blueprint(notes)
    MetloFlask(
        app,
        os.environ["COLLECTOR_URL"],
        os.environ["COLLECTOR_KEY"],
        environment=os.environ.get("STAGE", "development"),
        ignore_paths="/healthz,/static/*",
        redact_fields=["national_id"],
    )
    return app
