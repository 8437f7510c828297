"""An app whose every request can be told apart: /hit/<name>; it runs itself when it is the main program."""

import os
import sys

from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/hit/<name>")
def hit(name):
    return jsonify(name=name, pid=os.getpid())


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]))
