"""Holes of authorization and of what answers hold; each docstring names the kind."""

import time

from flask import Blueprint, Response, abort, g, jsonify, request

from tests.apps.vulnerable.base import PEOPLE, caller, read_token, rows, signed_in

blueprint = Blueprint("holes", __name__)
NOTES = {31: ("alice", "call the plumber"), 32: ("bob", "sell the boat"), 33: ("alice", "visit aunt May")}


@blueprint.get("/api/export")
def export():
    """auth: nobody asks who is calling."""
    return jsonify(orders=rows("select id, owner, total, iban from invoice"))


@blueprint.get("/api/passport")
def passport():
    """auth: a token with `alg: none` is as good as a signed one."""
    token = request.headers.get("Authorization", "").partition(" ")[2]
    person = read_token(token, trusts_none=True)
    return jsonify(passport=f"P-{person['id']}77310", holder=person["name"]) if person else abort(401)


@blueprint.get("/api/invoices")
@signed_in
def invoices():
    return jsonify(items=rows("select id, total from invoice where owner = ?", g.person["name"]))


@blueprint.get("/api/invoices/<int:invoice_id>")
@signed_in
def invoice(invoice_id):
    """bola: everybody's invoice for everybody."""
    found = rows("select * from invoice where id = ?", invoice_id)
    return jsonify(found[0]) if found else abort(404)


@blueprint.get("/api/statement")
@signed_in
def statement():
    """bola: the id stands in the query."""
    found = [person for person in PEOPLE.values() if str(person["id"] + 7000) == request.args.get("account")]
    return jsonify(account=found[0]["id"] + 7000, holder=found[0]["email"]) if found else abort(404)


@blueprint.get("/api/users/<name>/notes/<int:note_id>")
@signed_in
def note(name, note_id):
    """bola: the first id is checked, the second is not."""
    if name != g.person["name"] or note_id not in NOTES:
        abort(404)
    return jsonify(id=note_id, text=NOTES[note_id][1], author=NOTES[note_id][0])


PLANS = {"acme": ("alice", "paint the shed"), "north": ("bob", "rent a crane")}


@blueprint.get("/api/plan")
@signed_in
def plan():
    """bola: the workspace that a header names is not asked for its members."""
    member, text = PLANS.get(request.headers.get("X-Workspace", "")) or abort(404)
    return jsonify(plan=text, made_by=member)


TICKETS = {71: ("alice", "Row K, the aisle"), 72: ("bob", "Balcony, on the left"), 73: ("alice", "Box 4, with a view")}


@blueprint.get("/tickets/<int:number>")
@signed_in
def ticket(number):
    """bola: a page, read with a session's cookie that is another one after each login."""
    holder, seat = TICKETS.get(number) or abort(404)
    return f"<!doctype html><title>Ticket</title><h1>Ticket {number}</h1><p>{seat}</p><p>held by {holder}</p>"


@blueprint.get("/api/admin/people")
@signed_in
def people():
    """bfla: made for the admin, given to everybody who is signed in."""
    return jsonify(people=list(PEOPLE.values()))


@blueprint.get("/api/colleagues")
@signed_in
def colleagues():
    """exposure: the hashes of passwords."""
    hashed = "$2b$12$" + "abcdefghijklmnopqrstuuEJ1yx9Pq0wqzH5sD3tRk6cV8bN2mLqW"
    return jsonify([{"name": person["name"], "password_hash": hashed} for person in PEOPLE.values()])


@blueprint.get("/api/profile")
@signed_in
def profile():
    """headers: any origin may read it with the visitor's cookies."""
    answer = jsonify(name=g.person["name"], email=g.person["email"])
    if "Origin" in request.headers:
        answer.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        answer.headers["Access-Control-Allow-Credentials"] = "true"
    return answer


@blueprint.get("/api/card")
@signed_in
def card():
    """headers: a payment card that every proxy may keep."""
    answer = jsonify(holder=g.person["name"], card="4111111111111111")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@blueprint.get("/api/internal/dump")
def dump():
    """hidden: nobody calls it, and it asks nobody who is calling."""
    return jsonify(people=list(PEOPLE.values()), started=time.time())


@blueprint.route("/api/echo", methods=["GET", "TRACE"])
def echo():
    """methods: TRACE gives the headers back."""
    if request.method == "TRACE":
        return Response(str(request.headers), content_type="message/http")
    return jsonify(echo="ready")


@blueprint.route("/graphql", methods=["GET", "POST"])
@signed_in
def graphql():
    """graphql: the schema for everybody."""
    sent = request.get_json(silent=True) or {}
    query = request.args.get("query") or sent.get("query") or ""
    if "__schema" in query:
        types = [{"name": "Query", "fields": [{"name": "viewer"}]}, {"name": "User", "fields": [{"name": "email"}]}]
        return jsonify(data={"__schema": {"queryType": {"name": "Query"}, "types": types}})
    if "viewer" in query:
        return jsonify(data={"viewer": caller()["name"]})
    return jsonify(errors=[{"message": "Cannot query that field."}]), 400
