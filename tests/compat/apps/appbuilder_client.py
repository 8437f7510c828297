"""Flask-AppBuilder by its REST API and by its pages, as a browser sends their forms. Prints what came back."""

import re
import sys

import requests

url, api, pages = sys.argv[1], requests.Session(), requests.Session()
CHANGING = r"eyJ[\w.-]{40,}|(?<=value=\")[\w.-]{60,}|(?<=nonce=\")\w+"


def show(answer):
    statuses = [it.status_code for it in [*answer.history, answer]]
    print(statuses, answer.headers.get("Content-Type"), re.sub(CHANGING, "MASKED", answer.text))
    return answer


def form(path, **fields):
    """Fetch a page, and post its form with its token."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', show(pages.get(url + path)).text)
    return show(pages.post(url + path, data=dict(fields, csrf_token=token.group(1) if token else "")))


contacts = url + "/api/v1/contact/"
show(api.get(contacts))
login = {"username": "admin", "password": "a password", "provider": "db", "refresh": True}
show(api.post(url + "/api/v1/security/login", json=dict(login, password="wrong")))
token = show(api.post(url + "/api/v1/security/login", json=login)).json()["access_token"]
api.headers["Authorization"] = "Bearer " + token
for name in ("Ann", "Bänd", "Cleo"):
    show(api.post(contacts, json={"name": name, "town": "Łódź"}))
show(api.post(contacts, json={"name": "Ann"}))
show(api.post(contacts, json={"nom": "Ann"}))
show(api.get(contacts, params={"q": "(filters:!((col:name,opr:sw,value:B)),columns:!(name,town))"}))
show(api.get(contacts, params={"q": "(no rison"}))
show(api.get(contacts + "_info"))
show(api.put(contacts + "1", json={"town": "Oslo"}))
show(api.get(contacts + "1"))
show(api.delete(contacts + "2"))
show(api.get(contacts + "2"))
show(api.get(url + "/api/v1/_openapi"))

show(pages.get(url + "/contactview/list/"))
form("/login/", username="admin", password="a password")
form("/contactview/add", name="Dörte", town="Köln")
show(pages.post(url + "/contactview/add", data={"name": "without a token"}))
show(pages.get(url + "/contactview/list/?_oc_ContactView=name&_od_ContactView=desc&page_size_ContactView=2"))
form("/contactview/edit/1", name="Ann the second", town="Oslo")
show(pages.get(url + "/static/appbuilder/css/ab.css"))
show(pages.get(url + "/logout/"))
