"""The blueprint that all pages hang on; knows the app's store and nothing of any page."""

from __future__ import annotations

from flask import Blueprint, current_app
from sqlalchemy.engine import Engine

blueprint = Blueprint("page", __name__, template_folder="templates", static_folder="static", static_url_path="/static")


def engine() -> Engine:
    """The store of the app that answers this request."""
    found: Engine = current_app.config["ENGINE"]
    return found
