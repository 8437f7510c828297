"""Flask-Session: sessions on the server's side, in files."""

import os

from cachelib.file import FileSystemCache
from flask import Flask, jsonify, request, session
from flask_session import Session

app = Flask(__name__)
app.config.update(SESSION_TYPE="cachelib", SESSION_CACHELIB=FileSystemCache(os.path.join(os.environ["TEST_FOLDER"], "sessions")))
Session(app)


@app.route("/set", methods=["POST"])
def put():
    session["value"] = request.get_json()["value"]
    return jsonify(ok=True)


@app.route("/get")
def get():
    return jsonify(value=session.get("value"))
