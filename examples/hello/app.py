"""The smallest app worth looking at: `python app.py` or `flask run`; nothing in it knows of Metlo."""

import os

from flask import Flask, jsonify, request

app = Flask(__name__)


@app.route("/hello/<name>")
def hello(name):
    return jsonify(greeting=f"Hello, {name}!", loud=request.args.get("loud", "no"))


@app.route("/echo", methods=["POST"])
def echo():
    return jsonify(request.get_json())


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
