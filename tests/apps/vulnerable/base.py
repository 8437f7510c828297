"""People, their tokens (JWTs) and session cookies, a database, and login: what holes and twins have in common."""

import base64
import hashlib
import hmac
import json
import sqlite3
import time
from functools import wraps

from flask import Blueprint, abort, current_app, g, jsonify, redirect, request, session

blueprint = Blueprint("base", __name__)
EXPIRES = 4_102_444_800  # the same token each time, as in an app whose tokens last
SIGNING = b"signing-key-of-the-vulnerable-app"
PEOPLE = {
    "alice": {"id": 1, "name": "alice", "role": "user", "email": "alice@acme.test", "phone": "+1 212 555 4240"},
    "bob": {"id": 2, "name": "bob", "role": "user", "email": "bob@acme.test", "phone": "+1 212 555 4241"},
    "root": {"id": 9, "name": "root", "role": "admin", "email": "root@acme.test", "phone": "+1 212 555 4249"},
}
SCHEMA = """
    create table product (id integer primary key, name text, category integer, price real);
    insert into product values (1,'teapot',1,12.5),(2,'kettle',1,30),(3,'whisk',2,4),(4,'mug',2,7),(5,'ladle',2,9);
    create table invoice (id integer primary key, owner text, total real, iban text, memo text);
    insert into invoice values (11,'alice',120.5,'DE89370400440532013000','garden chairs'),
        (12,'bob',88.25,'SE4550000000058398257466','copper wire'),(13,'alice',17.1,'DE89370400440532013000','lamp oil'),
        (14,'bob',61.4,'SE4550000000058398257466','tent pegs');
"""


def prepare(app):
    database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    database.executescript(SCHEMA)
    app.config["DATABASE"] = database
    app.config["PROFILES"] = {name: {**person, "credit": 0} for name, person in PEOPLE.items()}


def rows(sql, *values):
    found = current_app.config["DATABASE"].execute(sql, values)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row)) for row in found.fetchall()]


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def make_token(name, **claims):
    head = _encoded(b'{"alg":"HS256","typ":"JWT"}')
    body = _encoded(json.dumps({"sub": name, "exp": EXPIRES, **claims}).encode())
    mark = hmac.new(SIGNING, (head + "." + body).encode(), hashlib.sha256).digest()
    return ".".join((head, body, _encoded(mark)))


def read_token(token, trusts_none=False):
    """The person that a token stands for, None where it is not valid."""
    try:
        head, body, mark = token.split(".")
        claims = json.loads(_decoded(body))
        algorithm = json.loads(_decoded(head))["alg"]
        wanted = hmac.new(SIGNING, (head + "." + body).encode(), hashlib.sha256).digest()
        is_signed = algorithm == "HS256" and hmac.compare_digest(wanted, _decoded(mark))
        is_trusted = is_signed or trusts_none and algorithm.lower() == "none"
        return PEOPLE.get(claims["sub"]) if is_trusted and claims["exp"] > time.time() else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def caller():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    found = read_token(token) if scheme == "Bearer" else None
    return found or PEOPLE.get(session.get("user", ""))


def signed_in(view):
    @wraps(view)
    def checked(**values):
        g.person = caller()
        if g.person is None:
            abort(401)
        return view(**values)

    return checked


@blueprint.errorhandler(401)
def refused(_error):
    return jsonify(error="sign in first"), 401


@blueprint.post("/login")
def login():
    """The hole `rate`: as many wrong passwords as one likes. The hole `headers`: a cookie that scripts can read."""
    sent = request.get_json()
    if sent.get("user") not in PEOPLE or sent.get("password") != "pw-" + sent["user"]:
        return jsonify(error="wrong user or password"), 401
    session["user"] = sent["user"]
    answer = jsonify(user=sent["user"])
    answer.set_cookie("session_hint", "s-" + hashlib.sha256(sent["user"].encode()).hexdigest()[:24])
    return answer


@blueprint.get("/sign-in")
def sign_in():
    return "<html><title>Sign in</title><form><input name=user><input type=password name=password></form></html>"


@blueprint.get("/account")
def account():
    """A twin of `auth`: a redirect to the login."""
    person = caller()
    return jsonify(person) if person else redirect("/sign-in?next=/account")


@blueprint.get("/api/me")
@signed_in
def me():
    return jsonify(g.person)
