"""Routes that look like the holes and are safe; each docstring says what could be taken for a hole."""

import os
import random
import time
from urllib.parse import quote

from flask import Blueprint, Response, abort, g, jsonify, redirect, request
from markupsafe import escape

from tests.apps.vulnerable.base import PEOPLE, caller, rows, signed_in
from tests.apps.vulnerable.holes import PLANS, TICKETS

blueprint = Blueprint("twins", __name__, url_prefix="/safe")
SHARED = {"id": 51, "title": "Plan of the garden", "members": ["alice", "bob"]}
SEEN: "dict[str, list[float]]" = {}


@blueprint.errorhandler(401)
def refused(_error):
    return jsonify(error="sign in first"), 401


@blueprint.get("/invoices/<int:invoice_id>")
@signed_in
def invoice(invoice_id):
    """A refusal with status 200."""
    found = rows("select * from invoice where id = ? and owner = ?", invoice_id, g.person["name"])
    return jsonify(found[0]) if found else jsonify(id=invoice_id, success=False, message="You may not see this invoice.")


@blueprint.get("/ranked")
def ranked():
    """The names of columns, from a list; others find nothing."""
    wanted = request.args.get("by", "id").split(",")
    is_known = set(wanted) <= {"id", "name", "price"}
    return jsonify(items=rows("select id, name from product order by " + ",".join(wanted)) if is_known else [])


@blueprint.get("/receipts/<int:invoice_id>")
@signed_in
def receipt(invoice_id):
    """404 in the place of 403."""
    found = rows("select * from invoice where id = ? and owner = ?", invoice_id, g.person["name"])
    return jsonify(found[0]) if found else abort(404)


@blueprint.get("/tickets/<int:number>")
@signed_in
def ticket(number):
    """A page about something else in the place of another's."""
    holder, seat = TICKETS.get(number) or abort(404)
    told = f"<p>{seat}</p>" if holder == g.person["name"] else "<p>This ticket is not one of yours.</p>"
    return f"<!doctype html><title>Ticket</title><h1>Ticket {number}</h1>{told}"


@blueprint.get("/documents/<int:number>")
@signed_in
def document(number):
    """An object that both share."""
    return jsonify(SHARED) if number == 51 and g.person["name"] in SHARED["members"] else abort(403)


@blueprint.get("/currencies")
def currencies():
    """A list of words for everybody, which people ask for signed in."""
    return jsonify(["AED", "CHF", "EUR", "SEK", "USD"])


@blueprint.get("/articles/<int:number>")
def article(number):
    """An object for everybody, which alice happens to read signed in."""
    return jsonify(id=number, title="How to make tea", author="alice", likes=1234) if number < 9 else abort(404)


@blueprint.get("/statement")
@signed_in
def statement():
    """An id in the query that must be the caller's own."""
    own = g.person["id"] + 7000
    return jsonify(account=own, holder=g.person["email"]) if request.args.get("account") == str(own) else abort(403)


@blueprint.get("/plan")
@signed_in
def plan():
    """A workspace in a header that has to be the caller's own."""
    member, text = PLANS.get(request.headers.get("X-Workspace", "")) or abort(404)
    return jsonify(plan=text, made_by=member) if member == g.person["name"] else abort(403)


@blueprint.get("/desk")
@signed_in
def desk():
    """A header that each caller has another value of, and that changes nothing."""
    return jsonify(desk=g.person["email"], opened_from=request.headers.get("X-Workspace"), rooms=["Red", "Blue"])


@blueprint.get("/vault")
def vault():
    """Without credentials a login page with status 200."""
    person = caller()
    if person is None:
        return "<html><title>Sign in</title><form><input name=user><input type=password name=password></form></html>"
    return jsonify(holder=person["email"], vault=f"V-{person['id']}8842")


@blueprint.get("/dashboard")
def dashboard():
    """Without credentials a redirect to the login."""
    person = caller()
    return jsonify(name=person["name"], balance=person["id"] * 1234.5) if person else redirect("/sign-in")


@blueprint.get("/admin/audit")
@signed_in
def audit():
    """For the admin alone."""
    if g.person["role"] != "admin":
        return jsonify(error="forbidden"), 403
    return jsonify(events=[{"who": "alice", "what": "login"}, {"who": "bob", "what": "login"}])


@blueprint.get("/admin/report")
@signed_in
def report():
    """Made for the admin, but everybody gets a report of his own."""
    return jsonify(name=g.person["name"], spent=g.person["id"] * 99.5)


@blueprint.get("/products")
def products():
    """A query with bound values."""
    return jsonify(items=rows("select id, name, price from product where name like ?", f"%{request.args.get('q', '')}%"))


@blueprint.get("/offers")
def offers():
    """A cookie as a bound value."""
    return jsonify(items=rows("select id, name from product where name = ?", request.cookies.get("favourite", "")))


@blueprint.get("/page")
def page():
    """Numbers that are checked."""
    number = request.args.get("number", "1")
    if not number.isdigit():
        return jsonify(error="number wants a number"), 400
    return jsonify(items=rows("select id, name from product limit 2 offset ?", (int(number) - 1) * 2), page=int(number))


@blueprint.get("/random")
def random_content():
    """Other content with each call, of another size too."""
    return jsonify(tips=[random.choice("abcdefgh") * random.randint(1, 30) for _ in range(random.randint(1, 9))])


@blueprint.get("/slow")
def slow():
    """Slow whatever it is asked."""
    time.sleep(random.uniform(0.2, 1.2))
    return jsonify(report="quarter", lines=rows("select count(*) as n from product"))


@blueprint.get("/find")
def find():
    """The query stands in the page, escaped."""
    return f"<html><body><h1>Results for {escape(request.args.get('q', ''))}</h1><p>None.</p></body></html>"


@blueprint.get("/echo")
def echo():
    """The query comes back as JSON."""
    return jsonify(asked=request.args.get("q", ""), url=request.url)


@blueprint.get("/script")
def script():
    """The query stands in a page as text of a comment that was encoded."""
    return f"<html><body><a href=\"/safe/find?q={quote(request.args.get('q', ''))}\">again</a></body></html>"


@blueprint.get("/leave")
def leave():
    """Goes to paths of its own only."""
    target = request.args.get("next", "/")
    return redirect(target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/")


@blueprint.get("/goto")
def goto():
    """Another site stands in the query of the place that it goes to."""
    return redirect("/sign-in?next=" + quote(request.args.get("next", ""), safe=""))


@blueprint.get("/preview")
def preview():
    """Says what it was given and fetches nothing."""
    return jsonify(will_fetch=request.args.get("url", ""), queued=True)


@blueprint.get("/terms")
def terms():
    """The name of a file, without its folders."""
    name = os.path.basename(request.args.get("file", ""))
    return Response("The terms of the shop.\n", content_type="text/plain") if name == "terms.txt" else abort(404)


@blueprint.get("/greet")
def greet():
    """A name that a template is given."""
    return jsonify(greeting="Hello " + request.args.get("name", ""))


@blueprint.get("/limited")
def limited():
    """Refuses whoever asks too often."""
    now = time.time()
    SEEN["limited"] = [at for at in SEEN.get("limited", []) if at > now - 5] + [now]
    if len(SEEN["limited"]) > 6:
        return jsonify(error="too many requests"), 429
    return jsonify(coupon=request.args.get("code", ""), valid=False)


@blueprint.get("/profile")
@signed_in
def profile():
    """Only origins that it knows may read it."""
    answer = jsonify(name=g.person["name"], email=g.person["email"])
    answer.headers.update({"Cache-Control": "no-store", "Vary": "Origin"})
    if request.headers.get("Origin") == "https://www.acme.test":
        answer.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        answer.headers["Access-Control-Allow-Credentials"] = "true"
    return answer


@blueprint.get("/members")
@signed_in
def members():
    """Names that sound like secrets, and are none."""
    listed = [{"name": name, "password_set": True, "api_key": "********", "next_token": "b2Zmc2V0OjI"} for name in PEOPLE]
    return jsonify(members=listed, next_page_token="b2Zmc2V0OjQw")


@blueprint.get("/internal/dump")
@signed_in
def dump():
    """Nobody calls it, and it asks who is calling."""
    return jsonify(people=list(PEOPLE.values()))


@blueprint.get("/health")
def health():
    """Nobody calls it, everybody may."""
    return jsonify(status="ok", version="1.4.2")


@blueprint.get("/convert")
def convert():
    """Refuses what is no number."""
    try:
        return jsonify(euro=round(float(request.args.get("amount", "1")) * 0.9, 2))
    except ValueError as error:
        return jsonify(error=str(error)), 400
