"""Flask-SocketIO: an event that is answered, and a plain view."""

from flask import Flask, jsonify
from flask_socketio import SocketIO, emit

app = Flask(__name__)
app.secret_key = "not secret"
socketio = SocketIO(app, async_mode="threading")


@socketio.on("question")
def question(data):
    emit("answer", {"echo": data})


@app.route("/plain/<int:id>")
def plain(id):
    return jsonify(id=id)
