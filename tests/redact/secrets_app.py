"""An app that is given secrets in every place, and gives some out."""

from flask import Flask, jsonify, redirect, request, session

app = Flask(__name__)
app.secret_key = "not a secret"


@app.route("/login", methods=["POST"])
def login():
    session["user"] = "ann"
    answer = jsonify(access_token=request.args["token"], user={"email": "ann@shop.example"}, length=len(request.get_data()))
    answer.set_cookie("remember", request.args["token"])
    answer.headers["X-Auth-Token"] = request.args["token"]
    return answer


@app.route("/reset/<token>")
def reset(token):
    return redirect("/done?token=" + token)


@app.route("/broken", methods=["POST"])
def broken():
    raise RuntimeError("cannot log in with " + request.form["password"])


@app.route("/stream")
def stream():
    return app.response_class((line for line in ['{"token": "', request.args["token"], '"}\n{"a": 1}\n']), content_type="application/x-ndjson")
