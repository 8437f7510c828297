"""An app that every Flask from 0.10 to the newest can run: `python old_and_new.py PORT`."""

import io
import sys

from flask import Blueprint, Flask, Response, abort, jsonify, make_response, request, send_file, session
from flask.views import MethodView

app = Flask(__name__)
app.secret_key = "for the tests"
area = Blueprint("area", __name__)


@app.route("/users/<int:user_id>")
def user(user_id):
    return jsonify(id=user_id, fields=request.args.getlist("field"))


@app.route("/json", methods=["POST"])
def json_back():
    return jsonify(got=request.get_json())


@app.route("/form", methods=["POST"])
def form_back():
    return jsonify(names=sorted(request.form), first=request.form.get("a"))


@app.route("/upload", methods=["POST"])
def upload():
    return jsonify(size=len(request.files["file"].read()), note=request.form["note"])


@app.route("/raw", methods=["PUT"])
def raw():
    return Response(request.stream.read(), mimetype="application/octet-stream")


@app.route("/stream")
def stream():
    return Response(("line {}\n".format(n) for n in range(5)), mimetype="text/plain")  # noqa: UP032


@app.route("/file")
def file():
    return send_file(io.BytesIO(b"\x89PNG" + bytes(range(256))), mimetype="image/png")


@app.route("/login", methods=["POST"])
def login():
    session["user"] = "me"
    return make_response("", 204)


@app.route("/refused")
def refused():
    abort(403)


@app.route("/broken")
def broken():
    raise KeyError("a bug")


@app.route("/handled")
def handled():
    raise ValueError("the app knows what to do")


@app.errorhandler(ValueError)
def what_to_do(error):
    return jsonify(error=str(error)), 422


@app.after_request
def sign(response):
    response.headers["X-Signed"] = "by the app"
    return response


@area.route("/<path:rest>")
def anywhere(rest):
    return rest


class Things(MethodView):
    def get(self, name):
        return jsonify(name=name)

    def delete(self, name):
        return "", 204


app.register_blueprint(area, url_prefix="/area")
app.add_url_rule("/things/<name>", view_func=Things.as_view("things"))

if __name__ == "__main__":
    app.run(port=int(sys.argv[1]), threaded=True)
