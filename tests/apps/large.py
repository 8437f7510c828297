"""Large bodies both ways, compressed ones too, and how much memory the process needed for them."""

import ctypes
import gc
import hashlib
import os
import zlib

from flask import Flask, Response, jsonify, request

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = None
MEGABYTE = 1 << 20
_packer = zlib.compressobj(9, zlib.DEFLATED, 31)
BOMB = _packer.compress(bytes(10 * MEGABYTE)) + _packer.flush()
_packer = zlib.compressobj(9, zlib.DEFLATED, 31)
BOMB_IN_BOMB = b"".join([_packer.compress(BOMB) for _ in range(1000)]) + _packer.flush()


def status(name):
    """A number of /proc/self/status in bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))


@app.route("/rest")
def rest():
    """From here on the peak counts anew; gives what is in use now."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")
    return jsonify(pid=os.getpid(), used=status("VmRSS"))


@app.route("/peak")
def peak():
    return jsonify(pid=os.getpid(), used=status("VmHWM"))


def pieces(how):
    if how == "data":
        yield request.get_data(cache=False)
    elif how == "files":
        yield from iter(lambda: request.files["file"].read(65536), b"")
    else:  # a size of the pieces
        yield from iter(lambda: request.stream.read(int(how)), b"")


@app.route("/upload", methods=["POST"])
def upload():
    size, digest = 0, hashlib.md5()
    for piece in pieces(request.args["how"]):
        size += len(piece)
        digest.update(piece)
    return jsonify(size=size, digest=digest.hexdigest())


@app.route("/download")
def download():
    size = int(request.args["size"])
    if request.args["how"] == "whole":
        return Response(b"x" * size, mimetype="text/plain")
    piece = b"x" * 65536
    return Response((piece for _ in range(size // len(piece))), mimetype="text/plain")


@app.route("/bomb")
def bomb():
    """Ten megabytes of zeros, or ten gigabytes as a thousand gzip streams end to end, or those packed once more."""
    body, coding = {
        "small": (BOMB, "gzip"),
        "large": ((BOMB for _ in range(1000)), "gzip"),
        "packed": (BOMB_IN_BOMB, "gzip, gzip"),
    }[request.args["which"]]
    return Response(body, mimetype="application/json", headers={"Content-Encoding": coding})
