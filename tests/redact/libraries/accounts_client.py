"""Asks `accounts_app` for all that it has, by requests, Authlib and scim2-client; prints the secrets that it knows, as JSON."""

import html
import json
import os
import re
import secrets
import sys
from urllib.parse import parse_qsl, urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session

HERE = sys.argv[1]
known = set()


def secret(kind=secrets.token_urlsafe):
    made = kind(15)
    known.add(made)
    return made


class Browser(requests.Session):
    """Keeps what it was given in hidden fields and cookies, as secrets."""

    def get(self, path, **more):
        return self._seen(requests.Session.get(self, HERE + path, **more))

    def post(self, path, data=None, **more):
        return self._seen(requests.Session.post(self, HERE + path, data=data, **more))

    def _seen(self, answer):
        self.hidden = {name: html.unescape(value) for name, value in re.findall(r'name="([\w\-]*csrf_token)" type="hidden" value="([^"]+)"', answer.text)}
        known.update(self.hidden.values())
        known.update(cookie.value for cookie in self.cookies if cookie.value and len(cookie.value) > 8)
        return answer


def accounts():
    browser, password, wrong, changed, reset = Browser(), secret(), secret(), secret(), secret()
    browser.get("/register")
    answer = browser.post("/register", {"email": "ann@shop.example", "password": password, "password_confirm": password, **browser.hidden})
    assert answer.status_code == 200, answer.text
    browser = Browser()
    browser.get("/login")
    assert "Login" in browser.post("/login", {"email": "ann@shop.example", "password": wrong, **browser.hidden}).text
    browser.post("/login", {"email": "ann@shop.example", "password": password, "remember": "y", **browser.hidden})
    assert browser.get("/account", headers={"Accept": "application/json"}).json() == {"ok": True}
    browser.get("/change")
    browser.post("/change", {"password": password, "new_password": changed, "new_password_confirm": changed, **browser.hidden})
    browser = Browser()
    browser.get("/reset")
    browser.post("/reset", {"email": "ann@shop.example", **browser.hidden})
    with open(os.environ["OUTBOX"]) as file:
        link = re.search(r"(/reset/([^\s\"]+))", file.read())
    known.add(link.group(2))
    browser.get(link.group(1))
    browser.post(link.group(1), {"password": reset, "password_confirm": reset, **browser.hidden}, headers={"Referer": HERE + link.group(1)})
    api = Browser()
    first = api.get("/login", headers={"Accept": "application/json"}).json()["response"]
    known.add(first["csrf_token"])
    answer = api.post("/login?include_auth_token", json={"email": "ann@shop.example", "password": reset, "csrf_token": first["csrf_token"]}, headers={"Accept": "application/json"}).json()
    assert answer["meta"]["code"] == 200, answer
    token = answer["response"]["user"]["authentication_token"]
    known.add(token)
    assert requests.get(HERE + "/account", headers={"Authentication-Token": token}).json() == {"ok": True}


def forms():
    browser = Browser()
    browser.get("/sign-in")
    fields = {"signin-username": "ann", "signin-password": secret(), "signin-members-0-password": secret(), "signin-members-1-password": secret()}
    assert fields["signin-members-0-password"] in browser.post("/sign-in", dict(fields, **browser.hidden)).text
    assert "signin-password" in browser.post("/sign-in", files={"x": b"a file"}, data=dict(fields, **browser.hidden)).text
    browser.post("/admin/password_change/", {"csrfmiddlewaretoken": secret(), "old_password": secret(), "new_password1": secret(), "new_password2": secret()})
    for path, body in [
        ("users/", {"username": "ann", "password": secret(), "re_password": secret()}), ("jwt/create/", {"username": "ann", "password": secret()}),
        ("jwt/refresh/", {"refresh": secret()}), ("jwt/verify/", {"token": secret()}), ("token/login/", {"username": "ann", "password": secret()}),
        ("users/set_password/", {"new_password": secret(), "re_new_password": secret(), "current_password": secret()}),
        ("users/reset_password_confirm/", {"uid": "MQ", "token": secret(), "new_password": secret(), "re_new_password": secret()}), ("login/", {"email": "ann@shop.example"}),
    ]:
        browser.post("/auth/" + path, json=body)


def oauth():
    browser = Browser()
    assert browser.get("/oauth/login").json()["user"]["name"] == "ann"
    mine = os.environ["CLIENT_SECRET"]
    known.add(mine)
    for way in ("client_secret_basic", "client_secret_post"):
        session = OAuth2Session("the-client", mine, redirect_uri=HERE + "/cb", scope="profile", token_endpoint_auth_method=way, code_challenge_method="S256")
        verifier = secret(lambda size: secrets.token_urlsafe(40))
        url, state = session.create_authorization_url(HERE + "/provider/authorize", code_verifier=verifier)
        back = requests.get(url, allow_redirects=False).headers["Location"]
        assert dict(parse_qsl(urlsplit(back).query))["state"] == state
        session.fetch_token(HERE + "/provider/token", authorization_response=back, code_verifier=verifier)
        session.fetch_token(HERE + "/provider/token", username="ann", password=secret(), grant_type="password")
        session.fetch_token(HERE + "/provider/token", grant_type="client_credentials")
        session.refresh_token(HERE + "/provider/token", refresh_token=secret())
        assert session.get(HERE + "/provider/me").json()["name"] == "ann"
        session.introspect_token(HERE + "/provider/introspect", token=secret())
        session.revoke_token(HERE + "/provider/revoke", token=secret())


def scim():
    import httpx2
    from scim2_client.engines.httpx2 import SyncSCIMClient
    from scim2_models import PatchOp, PatchOperation, User

    client = SyncSCIMClient(httpx2.Client(base_url=HERE + "/scim/v2", headers={"Authorization": "Bearer " + secret()}), resource_models=[User])
    client.register_naive_resource_types()
    user = User(user_name="ann", password=secret())
    assert client.create(user).id == "1"
    user.id, user.password = "1", secret()
    client.replace(user)
    operation = PatchOperation(op="replace", path="password", value=secret())
    client.modify(User, "1", PatchOp[User](operations=[operation]), raise_scim_errors=False)


accounts()
forms()
oauth()
scim()
with open(os.environ["ISSUED"]) as file:
    known.update(file.read().split())
print(json.dumps(sorted(known)))
