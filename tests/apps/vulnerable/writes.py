"""Holes that only writing requests show, and their twins."""

import io
import time
import xml.sax
import xml.sax.handler

from flask import Blueprint, current_app, g, jsonify, request

from tests.apps.vulnerable.base import signed_in

blueprint = Blueprint("writes", __name__)
TRIES: "list[float]" = []
OPEN = ("name", "phone")


def _profile():
    return current_app.config["PROFILES"][g.person["name"]]


@blueprint.route("/api/settings", methods=["GET", "PUT"])
@signed_in
def settings():
    """mass: takes every field that it is sent."""
    if request.method == "PUT":
        _profile().update(request.get_json())
    return jsonify(_profile())


@blueprint.route("/safe/settings", methods=["GET", "PUT"])
@signed_in
def safe_settings():
    """Takes the fields that are meant, and is silent on the others."""
    if request.method == "PUT":
        _profile().update({name: value for name, value in request.get_json().items() if name in OPEN})
    return jsonify(_profile())


class _Text(xml.sax.handler.ContentHandler):
    def __init__(self):
        super().__init__()
        self.text = ""

    def characters(self, content):
        self.text += content


def _text_of(data, external):
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, external)
    handler = _Text()
    parser.setContentHandler(handler)
    parser.parse(io.BytesIO(data))
    return handler.text


@blueprint.post("/api/import")
@signed_in
def import_order():
    """xxe: the parser opens the files that the document names."""
    try:
        return jsonify(order=_text_of(request.get_data(), True))
    except (xml.sax.SAXException, OSError):
        return jsonify(error="no XML"), 400


@blueprint.post("/safe/import")
@signed_in
def safe_import():
    """The parser opens nothing."""
    try:
        return jsonify(order=_text_of(request.get_data(), False))
    except xml.sax.SAXException:
        return jsonify(error="no XML"), 400


@blueprint.post("/safe/login")
def safe_login():
    """Slows down whoever guesses."""
    now = time.time()
    TRIES[:] = [at for at in TRIES if at > now - 60] + [now]
    if len(TRIES) > 5:
        return jsonify(error="too many tries"), 429
    return jsonify(error="wrong user or password"), 401
