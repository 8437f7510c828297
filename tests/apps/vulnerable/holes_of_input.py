"""Holes in what the app makes of its input; each docstring names the kind."""

import os
import sqlite3
import subprocess
import tempfile
import time
import traceback
import urllib.request

from flask import Blueprint, Response, jsonify, redirect, render_template_string, request

from tests.apps.vulnerable.base import PEOPLE, rows

blueprint = Blueprint("holes_of_input", __name__)
FOLDER = tempfile.mkdtemp(prefix="vulnerable-")
with open(os.path.join(FOLDER, "terms.txt"), "w", encoding="utf-8") as stream:
    stream.write("The terms of the shop.\n")


@blueprint.get("/api/products")
def products():
    """sqli: a text within quotes; errors are raised."""
    found = rows("select id, name, price from product where name like '%" + request.args.get("q", "") + "%'")
    return jsonify(items=found)


@blueprint.get("/api/category/<number>")
def category(number):
    """sqli: a number without quotes in the path; errors look like nothing found."""
    try:
        found = rows("select id, name from product where category = " + number)
    except sqlite3.Error:
        found = []
    return jsonify(items=found)


@blueprint.get("/api/sorted")
def sorted_products():
    """sqli: the name of a column."""
    return jsonify(items=rows("select id, name from product order by " + request.args.get("by", "id")))


@blueprint.get("/api/ranked")
def ranked_products():
    """sqli: the name of a column; errors look like nothing found."""
    try:
        found = rows("select id, name from product order by " + request.args.get("by", "id"))
    except sqlite3.Error:
        found = []
    return jsonify(items=found)


@blueprint.get("/api/offers")
def offers():
    """sqli: a cookie; errors look like nothing found."""
    try:
        found = rows("select id, name from product where name = '" + request.cookies.get("favourite", "") + "'")
    except sqlite3.Error:
        found = []
    return jsonify(items=found)


@blueprint.get("/api/visit")
def visit():
    """sqli: nothing of it shows in the answer but the time that it takes."""
    try:
        rows("select 1 from product where name = '" + request.args.get("ref", "") + "'")
    except sqlite3.Error:
        pass
    return jsonify(counted=True)


@blueprint.get("/api/people")
def people():
    """nosqli: an operator in the place of a value."""
    found = list(PEOPLE.values())
    for key, value in request.args.items():
        name, _, operator = key.partition("[")
        if operator == "$ne]":
            found = [person for person in found if str(person.get(name)) != value]
        elif operator == "$gt]":
            found = [person for person in found if str(person.get(name)) > value]
        else:
            found = [person for person in found if str(person.get(name)) == value]
    return jsonify([{"name": person["name"]} for person in found])


@blueprint.get("/api/resolve")
def resolve():
    """cmdi: a shell sees the name."""
    done = subprocess.run(f"echo checking {request.args.get('host', '')}", shell=True, capture_output=True, text=True)
    return jsonify(output=done.stdout)


@blueprint.get("/api/terms")
def terms():
    """path: the name of a file is joined to a folder and to nothing else."""
    try:
        with open(os.path.join(FOLDER, request.args.get("file", "")), encoding="utf-8") as file:
            return Response(file.read(), content_type="text/plain")
    except OSError:
        return jsonify(error="no such file"), 404


@blueprint.get("/greet")
def greet():
    """ssti: the name is a part of the template."""
    return render_template_string("<p>Hello " + request.args.get("name", "").replace("<", "") + "</p>")


@blueprint.get("/api/language")
def language():
    """crlf: what follows a line break becomes a header of its own."""
    first, *others = request.args.get("to", "en").split("\r\n")
    answer = jsonify(language="set")
    answer.headers["Content-Language"] = first
    for line in others:
        name, colon, value = line.partition(":")
        if colon:
            answer.headers[name.strip()] = value.strip()
    return answer


@blueprint.get("/leave")
def leave():
    """redirect: to wherever one likes."""
    return redirect(request.args.get("next", "/"))


@blueprint.get("/api/preview")
def preview():
    """ssrf: fetches what it is told to."""
    try:
        with urllib.request.urlopen(request.args.get("url", ""), timeout=2) as answer:
            return jsonify(size=len(answer.read(10_000)))
    except (OSError, ValueError):
        return jsonify(error="cannot fetch"), 400


@blueprint.get("/find")
def find():
    """xss: the query stands in the page as it came."""
    return f"<html><body><h1>Results for {request.args.get('q', '')}</h1><p>None.</p></body></html>"


@blueprint.get("/api/convert")
def convert():
    """errors: the traceback is the answer."""
    try:
        return jsonify(euro=round(float(request.args.get("amount", "1")) * 0.9, 2))
    except ValueError:
        return Response(traceback.format_exc(), status=500, content_type="text/plain")


@blueprint.get("/api/age")
def age():
    """errors: an exception that nobody expected."""
    return jsonify(age=int(time.strftime("%Y")) - int(request.args.get("born", "2000")))
