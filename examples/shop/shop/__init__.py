"""A small shop's API: the application factory."""

import os
import tempfile

from flask import Flask, jsonify
from werkzeug.exceptions import HTTPException

from . import accounts, admin, catalogue, database, exports, images, orders, service

BLUEPRINTS = (service, accounts, catalogue, images, orders, exports, admin)


def create_app(config=None):
    """The shop; `config` may set DATABASE (a file, made and filled on first use) and SECRET_KEY."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=os.environ.get("SHOP_SECRET", "only for trying it out"),
        DATABASE=os.environ.get("SHOP_DATABASE", os.path.join(tempfile.gettempdir(), "shop.sqlite3")),
        MAX_CONTENT_LENGTH=5 * 1024 * 1024,
        SESSION_COOKIE_HTTPONLY=False,  # a vulnerability for the collector to find: scripts read the session's cookie
    )
    app.config.update(config or {})
    database.prepare(app.config["DATABASE"])
    app.teardown_appcontext(database.close)
    app.register_error_handler(HTTPException, problem)
    for module in BLUEPRINTS:
        app.register_blueprint(module.blueprint)
    return app


def problem(error):
    """Every refusal as JSON, with the status that it had and what belongs to it, such as Allow."""
    response = error.get_response()
    headers = [
        (name, value) for name, value in response.headers if name not in ("Content-Type", "Content-Length")
    ]
    return jsonify(error=error.name, detail=error.description), error.code, headers
