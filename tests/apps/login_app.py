"""Flask-Login: a page for users only, a form that lets them in, a cookie that remembers."""

from flask import Flask, jsonify, redirect, request
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user

app = Flask(__name__)
app.secret_key = "not secret"
manager = LoginManager(app)
manager.login_view = "login"


class User(UserMixin):
    def __init__(self, id):
        self.id = id


@manager.user_loader
def load(id):
    return User(id)


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "GET":
        return "who are you?"
    if request.form["password"] != "hunter2-canary":
        return jsonify(error="no"), 403
    login_user(User(request.form["user"]), remember=True)
    return redirect("/me")


@app.route("/me")
@login_required
def me():
    return jsonify(user=current_user.id)


@app.route("/logout", methods=["POST"])
@login_required
def logout():
    logout_user()
    return jsonify(ok=True)
