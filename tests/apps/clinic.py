"""A clinic's app with eleven holes and nine routes that only look like holes; unlike `vulnerable` in all that it can be.

Ids are UUIDs, references and slugs, callers have a key in a header of the app's own, refusals are German or empty.
"""

import hashlib
import io
import os
import pathlib
import tempfile
import time
import uuid
from functools import wraps

import requests as web
from flask import Blueprint, Flask, Response, g, jsonify, make_response, redirect, request
from jinja2 import Environment
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

blueprint = Blueprint("clinic", __name__)
ENGINE = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
KEYS = {name: hashlib.sha256(b"clinic" + name.encode()).hexdigest() for name in ("mia", "paul", "dora")}
PEOPLE = {"mia": "patient", "paul": "patient", "dora": "physician"}
LETTERS = pathlib.Path(tempfile.mkdtemp(prefix="clinic-"))
(LETTERS / "welcome.html").write_text("<p>Welcome to the clinic.</p>")


def _id(text_):
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, text_))


VISITS = {
    _id(f"{who}-{n}"): {"visit": _id(f"{who}-{n}"), "patient": who, "reason": reason, "fee": 40.5 + n}
    for n, (who, reason) in enumerate([("mia", "knee"), ("paul", "cough"), ("mia", "fever"), ("paul", "back pain")])
}
with ENGINE.begin() as connection:
    connection.execute(text("create table drug (code text, label text, stock integer)"))
    for code, label, stock in (("A10", "Aspirin", 10), ("B20", "Biotin", 0), ("C30", "Codeine", 5)):
        connection.execute(text("insert into drug values (:a, :b, :c)"), {"a": code, "b": label, "c": stock})


def create_app():
    app = Flask("clinic")
    app.register_blueprint(blueprint)
    return app


def who():
    key = request.headers.get("X-Clinic-Key", "")
    return next((name for name, value in KEYS.items() if value == key), None)


def known(view):
    @wraps(view)
    def checked(**values):
        g.name = who()
        return view(**values) if g.name else ("", 401)

    return checked


@blueprint.get("/v2/whoami")
@known
def whoami():
    return jsonify({"data": {"login": g.name, "occupation": PEOPLE[g.name]}})


@blueprint.get("/v2/visits")
@known
def visits():
    mine = [visit for visit in VISITS.values() if visit["patient"] == g.name]
    return jsonify({"data": {"entries": mine, "count": len(mine)}})


@blueprint.get("/v2/visits/<uuid:visit>/summary")
@known
def summary(visit):
    """bola"""
    found = VISITS.get(str(visit))
    return jsonify({"data": found}) if found else (jsonify({"fehler": "unbekannt"}), 404)


@blueprint.get("/v2/visits/<uuid:visit>/bill")
@known
def bill(visit):
    """Twin of bola: 200 that refuses."""
    found = VISITS.get(str(visit))
    if not found or found["patient"] != g.name:
        return jsonify({"data": None, "meldung": "Kein Zugriff", "visit": str(visit)})
    return jsonify({"data": {"visit": str(visit), "amount": found["fee"], "iban": "DE89370400440532013000"}})


@blueprint.get("/v2/brochures/<slug>")
@known
def brochure(slug):
    """Twin of bola: the same for whoever has a key."""
    return jsonify({"title": slug.replace("-", " "), "pages": 14, "issn": "2049-3630"}) if slug in ("back-pain", "flu") else ("", 404)


@blueprint.get("/v2/ward-plan")
@known
def ward_plan():
    """bfla: for physicians."""
    return jsonify({"ward": "B2", "beds": [{"bed": 11, "patient": "Mia Graf"}, {"bed": 12, "patient": "Paul Roth"}]})


@blueprint.get("/v2/duty-roster")
@known
def duty_roster():
    """Twin of bfla."""
    if PEOPLE[g.name] != "physician":
        return jsonify({"meldung": "Nur fuer Aerzte"}), 403
    return jsonify({"roster": [{"day": "Mon", "physician": "Dora Lind"}, {"day": "Tue", "physician": "Emil Voss"}]})


@blueprint.get("/v2/prescriptions")
def prescriptions():
    """auth: the key is not looked at."""
    return jsonify({"prescriptions": [{"patient": "Mia Graf", "drug": "Codeine", "ssn": "219-09-9999"}]})


@blueprint.get("/v2/lab-results")
def lab_results():
    """Twin of auth: without a key a page that asks for one."""
    name = who()
    if name is None:
        return make_response("<html><h1>Anmeldung</h1><form><input name=k type=password></form></html>", 200)
    return jsonify({"results": [{"test": "TSH", "value": 2.4 + len(name)}], "patient": name})


@blueprint.get("/v2/opening-hours")
def opening_hours():
    """Twin of auth: for everybody, and people with a key ask too."""
    return jsonify({"monday": "08:00-18:00", "tuesday": "08:00-16:00", "phone": "030 1234567"})


@blueprint.get("/v2/drugs")
def drugs():
    """sqli: a list that is empty where the statement is wrong."""
    try:
        with ENGINE.connect() as link:
            found = link.execute(text(f"select code, label from drug where (label = '{request.args.get('label', '')}')")).all()
    except SQLAlchemyError:
        return jsonify([])
    return jsonify([{"code": row[0], "label": row[1]} for row in found])


@blueprint.get("/v2/drugs/<code>")
def drug(code):
    """Twin of sqli."""
    with ENGINE.connect() as link:
        found = link.execute(text("select code, label, stock from drug where code = :c"), {"c": code}).first()
    return jsonify({"code": found[0], "label": found[1], "stock": found[2]}) if found else (jsonify({"fehler": "nicht gefunden"}), 404)


@blueprint.get("/letters/<path:name>")
def letter(name):
    """path"""
    try:
        return Response((LETTERS / name).read_bytes(), content_type="text/html")
    except OSError:
        return Response("nichts da", status=404, content_type="text/plain")


@blueprint.get("/letters-safe/<path:name>")
def safe_letter(name):
    """Twin of path."""
    target = (LETTERS / name).resolve()
    if LETTERS.resolve() not in target.parents or not target.is_file():
        return Response("nichts da", status=404, content_type="text/plain")
    return Response(target.read_bytes(), content_type="text/html")


@blueprint.get("/mail-preview")
def mail_preview():
    """ssti: an engine of its own, and plain text comes out."""
    body = "Dear patient, " + request.args.get("greeting", "")
    try:
        return Response(Environment().from_string(body).render(), content_type="text/plain")
    except Exception as error:  # noqa: BLE001 - as such apps do
        return Response(f"cannot render: {type(error).__name__}", status=400, content_type="text/plain")


@blueprint.get("/appointment")
def appointment():
    """xss: within an attribute; angle brackets are taken out."""
    day = request.args.get("day", "").replace("<", "").replace(">", "")
    return f'<html><body><form><input name="day" value="{day}"></form><p>Choose a day.</p></body></html>'


@blueprint.get("/appointment-safe")
def safe_appointment():
    """Twin of xss."""
    day = request.args.get("day", "").replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return f'<html><body><form><input name="day" value="{day}"></form><p>Choose a day.</p></body></html>'


@blueprint.get("/bye")
def bye():
    """redirect: what begins with a slash is taken for a path."""
    target = request.args.get("then", "/")
    return redirect(target if target.startswith("/") else "/")


@blueprint.get("/v2/insurer-logo")
def insurer_logo():
    """ssrf"""
    try:
        answer = web.get(request.args.get("logo", ""), timeout=2)
        return jsonify({"bytes": len(answer.content)})
    except (web.RequestException, ValueError):
        return jsonify({"bytes": 0})


@blueprint.get("/v2/staff-directory")
@known
def staff_directory():
    """exposure"""
    digest = hashlib.pbkdf2_hmac("sha256", b"pw", b"salt", 1000).hex()
    return jsonify({"staff": [{"login": "dora", "passwordDigest": "pbkdf2:sha256:1000$salt$" + digest}]})


@blueprint.get("/v2/backup-manifest")
def backup_manifest():
    """hidden"""
    return jsonify({"files": [{"name": "patients.sql.gz", "bytes": 1_204_551}], "bucket": "clinic-backups"})


@blueprint.get("/v2/queue")
def queue():
    """Twin: other content with each call, and slow at times."""
    time.sleep(int.from_bytes(os.urandom(1), "big") / 400)
    return jsonify({"waiting": int.from_bytes(os.urandom(1), "big"), "estimate": os.urandom(3).hex()})


@blueprint.get("/v2/qr")
def qr():
    """Twin: bytes that hold what was asked."""
    return Response(io.BytesIO(b"\x89QR" + request.args.get("text", "").encode()).read(), content_type="image/x-qr")


EVERYBODY = ("/v2/drugs?label=Aspirin", "/v2/drugs/A10", "/letters/welcome.html", "/letters-safe/welcome.html",
             "/mail-preview?greeting=hello", "/appointment?day=Monday", "/appointment-safe?day=Monday", "/bye?then=/v2/queue",
             "/v2/insurer-logo?logo=http://127.0.0.1:9/logo.png", "/v2/queue", "/v2/qr?text=abc", "/v2/opening-hours")  # fmt: skip
KNOWN = ("/v2/whoami", "/v2/visits", "/v2/prescriptions", "/v2/lab-results", "/v2/staff-directory", "/v2/opening-hours",
         "/v2/brochures/flu")  # fmt: skip


def drive(url: str) -> int:
    """What the clinic's people do; how many requests that were."""
    n = 0
    for _ in range(2):
        for path in EVERYBODY:
            web.get(url + path, allow_redirects=False, timeout=10)
        for name, key in KEYS.items():
            own = [f"/v2/visits/{visit}/{part}" for visit, item in VISITS.items() if item["patient"] == name for part in ("summary", "bill")]
            own += ["/v2/ward-plan", "/v2/duty-roster"] if name == "dora" else []
            for path in (*KNOWN, *own):
                web.get(url + path, headers={"X-Clinic-Key": key}, timeout=10)
                n += 1
    return n + 2 * len(EVERYBODY)


app = create_app()
