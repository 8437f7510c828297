"""What many ask at once, and the counters of the agent."""

from flask import Flask, jsonify, request

import metlo_auto

app = Flask(__name__)


@app.route("/thing/<name>", methods=["POST"])
def thing(name):
    assert request.args["n"] == name
    return jsonify(request.get_json())


@app.route("/stats")
def stats():
    return jsonify(metlo_auto.stats())
