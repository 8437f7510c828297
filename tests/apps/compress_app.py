"""Flask-Compress: answers that its after_request hook compresses."""

from flask import Flask, Response, jsonify
from flask_compress import Compress

app = Flask(__name__)
app.config.update(COMPRESS_MIN_SIZE=100, COMPRESS_ALGORITHM=["gzip", "deflate", "br"], COMPRESS_STREAMS=True)
Compress(app)


@app.route("/items")
def items():
    return jsonify(items=[{"n": n, "name": "item"} for n in range(200)])


@app.route("/stream")
def stream():
    return Response(("line %d\n" % n for n in range(200)), mimetype="text/plain")


@app.route("/small")
def small():
    return "small"
