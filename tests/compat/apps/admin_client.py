"""What somebody does in Flask-Admin: create, refuse, edit, look, search, delete. Prints what came back."""

import sys

import requests

url, session = sys.argv[1] + "/admin", requests.Session()


def show(answer):
    print([it.status_code for it in [*answer.history, answer]], answer.headers["Content-Type"], answer.text)


show(session.get(url + "/"))
show(session.post(url + "/book/new/", data={"title": "Änglar & demoner"}))
show(session.post(url + "/book/new/", data={"title": ""}))
show(session.post(url + "/book/edit/?id=1", data={"title": "Second edition"}))
show(session.get(url + "/book/?sort=0&desc=1&page_size=20"))
show(session.get(url + "/book/edit/?id=99"))
show(session.get(url + "/static/admin/css/bootstrap3/admin.css"))
show(session.post(url + "/book/delete/", data={"id": "1"}))
