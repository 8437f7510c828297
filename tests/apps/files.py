"""Files, and how often their server gave one away unread: to the kernel, or as it stands to waitress's own loop."""

import collections
import io
import os
import sys

from flask import Flask, jsonify, request, send_file, send_from_directory

app = Flask(__name__)
FOLDER = os.environ["TEST_FOLDER"]
NAME = "file.bin"
counts = collections.Counter()


def counted(module, name, what):
    original = getattr(module, name)

    def counting(*args, **kwargs):
        counts[what] += 1
        return original(*args, **kwargs)

    setattr(module, name, counting)


counted(os, "sendfile", "sendfile")
if "waitress" in sys.modules:
    from waitress.buffers import ReadOnlyFileBasedBuffer

    counted(ReadOnlyFileBasedBuffer, "prepare", "buffer")


@app.route("/counts")
def so_far():
    return jsonify(counts)


@app.route("/file")
def file():
    return send_file(os.path.join(FOLDER, NAME), conditional=True)


@app.route("/static-file/<path:name>")
def static_file(name):
    return send_from_directory(FOLDER, name)


@app.route("/memory")
def memory():
    return send_file(io.BytesIO(b"0123456789"), mimetype="application/octet-stream")


@app.after_request
def touched(response):
    if "read" in request.args:  # a hook that looks at the file has to get what it would have got
        response.direct_passthrough = False
        response.headers["X-Size"] = str(len(response.get_data()))
    return response
