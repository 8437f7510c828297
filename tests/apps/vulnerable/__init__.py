"""An app that has each kind of hole once, and beside each a route that looks alike and is safe."""

from flask import Flask

from tests.apps.vulnerable import base, holes, holes_of_input, twins, writes


def create_app() -> Flask:
    app = Flask("vulnerable")
    app.secret_key = "only-for-tests-and-long-enough"
    base.prepare(app)
    for part in (base, holes, holes_of_input, twins, writes):
        app.register_blueprint(part.blueprint)
    return app
