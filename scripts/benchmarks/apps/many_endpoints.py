"""A shop's office for security tests: 100 endpoints that read one to fifty rows of SQLite each, without a hole."""

import os
import sqlite3
import threading
from functools import wraps

from flask import Blueprint, Flask, abort, g, jsonify, render_template_string, request

TOKENS = {"token-of-alice-4711": "alice", "token-of-bob-4712": "bob", "token-of-root-4713": "root"}
NOUNS = (
    "orders", "invoices", "tickets", "parcels", "returns", "quotes", "contracts", "payments", "refunds", "reviews",
    "notes", "tasks", "visits", "messages", "reports", "budgets", "leases", "samples", "claims", "permits", "audits",
    "offers", "baskets", "vouchers", "letters",
)  # fmt: skip
STATES = ("new", "paid", "sent")
PAGES = NOUNS[:15]
PAGE = """<!doctype html><html><head><title>{{ noun }}</title></head><body><h1>{{ noun }}</h1>
<form><input name="q" value="{{ q }}"></form><table>
{% for row in rows %}<tr><td>{{ row.id }}</td><td>{{ row.title }}</td><td>{{ row.amount }}</td></tr>{% endfor %}
</table><p>Page {{ number }}</p></body></html>"""
FILE = os.environ["BENCH_DATABASE"]
_local = threading.local()


def rows(sql, *values):
    if not hasattr(_local, "connection"):
        _local.connection = sqlite3.connect(FILE)
        _local.connection.row_factory = sqlite3.Row
    return [dict(row) for row in _local.connection.execute(sql, values)]


def fill():
    with sqlite3.connect(FILE) as connection:
        connection.execute("create table person (token text primary key, name text)")
        connection.executemany("insert into person values (?, ?)", TOKENS.items())
        owners = list(TOKENS.values())
        for noun in NOUNS:
            columns = "id integer primary key, owner text, title text, amount real, state text, due text"
            connection.execute(f"create table {noun} ({columns})")
            connection.execute(f"create index {noun}_owner on {noun} (owner)")
            first = first_id(noun)
            made = [
                (first + n, owners[n % 3], f"{noun} {first + n}", 19.5 + n, STATES[n % 3], f"2026-{1 + n % 12:02}-11")
                for n in range(150)
            ]
            connection.executemany(f"insert into {noun} values (?, ?, ?, ?, ?, ?)", made)


def first_id(noun):
    return 1000 + 1000 * NOUNS.index(noun)


def paths(name):
    """What `name` asks for in the traffic that tests are made from."""
    own = list(TOKENS.values()).index(name)
    for noun in NOUNS:
        at = first_id(noun) + own
        yield from (f"/api/{noun}", f"/api/{noun}/{at}", f"/api/{noun}/{at + 3}", f"/api/{noun}/search?q={noun}")
        if noun in PAGES:
            yield f"/pages/{noun}?number=1"
        elif name == "root":
            yield f"/api/admin/{noun}"


def known(view):
    @wraps(view)
    def checked(**values):
        token = request.headers.get("Authorization", "").replace("Bearer ", "")
        found = rows("select name from person where token = ?", token)
        if not found:
            return jsonify(error="who are you?"), 401
        g.name = found[0]["name"]
        return view(**values)

    return checked


def number(name, default, most):
    try:
        return max(1, min(most, int(request.args.get(name, default))))
    except ValueError:
        abort(400)


def of(noun):
    views = Blueprint(noun, __name__)

    @views.get(f"/api/{noun}")
    @known
    def listed():
        size = number("size", 20, 50)
        return jsonify(items=rows(f"select * from {noun} where owner = ? order by id limit ?", g.name, size))

    @views.get(f"/api/{noun}/<int:id>")
    @known
    def one(id):
        found = rows(f"select * from {noun} where id = ? and owner = ?", id, g.name)
        return jsonify(found[0]) if found else (jsonify(error="there is none"), 404)

    @views.get(f"/api/{noun}/search")
    @known
    def search():
        q = request.args.get("q", "")
        found = f"select id, title, state from {noun} where owner = ? and title like ? limit 50"
        return jsonify(items=rows(found, g.name, f"%{q}%"))

    if noun in PAGES:

        @views.get(f"/pages/{noun}")
        @known
        def page():
            at = number("number", 1, 5)
            found = rows(f"select * from {noun} where owner = ? order by id limit 10 offset ?", g.name, 10 * at - 10)
            return render_template_string(PAGE, noun=noun, rows=found, number=at, q=request.args.get("q", ""))

    else:

        @views.get(f"/api/admin/{noun}")
        @known
        def overview():
            if g.name != "root":
                return jsonify(error="not yours"), 403
            counted = f"select owner, count(*) n, sum(amount) total from {noun} group by owner"
            return jsonify(owners=rows(counted))

    return views


def create_app():
    made = Flask(__name__)
    for noun in NOUNS:
        made.register_blueprint(of(noun))
    return made


if not os.path.exists(FILE):
    fill()
app = create_app()
