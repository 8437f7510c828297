"""The tests that the shop's own developers would have written; they know nothing of metlo-auto."""

import hashlib
import hmac
import itertools
import json

import pytest
import shop

ANN = {"email": "ann.smith@gmail.com", "password": "correct horse", "phone": "+49 30 901820", "name": "Ann Smith",
       "birth_date": "1980-05-12", "iban": "DE89370400440532013000"}  # fmt: skip
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def app():
    return shop.create_app()


class Client:
    def __init__(self, app):
        self._client = app.test_client()
        self.headers = {}

    def __call__(self, method, path, **more):
        headers = {**self.headers, **more.pop("headers", {})}
        return self._client.open(path, method=method, base_url="https://shop.example", headers=headers, **more)


@pytest.fixture
def visitor(app):
    return Client(app)


@pytest.fixture
def person(app):
    client, who = Client(app), {**ANN, "email": f"person{next(NUMBERS)}@gmail.com"}
    assert client("POST", "/signup", json=who).status_code == 201
    token = client("POST", "/login", json=who).get_json()["access_token"]
    client.headers = {"Authorization": f"Bearer {token}"}
    client.email = who["email"]
    return client


def test_health(visitor):
    assert visitor("GET", "/healthz").get_json()["status"] == "ok"


def test_signing_up_twice(visitor):
    assert visitor("POST", "/signup", json=ANN).get_json()["email"] == ANN["email"]
    assert visitor("POST", "/signup", json=ANN).status_code == 409
    assert visitor("POST", "/signup", json={}).status_code == 422


def test_a_wrong_password(visitor):
    for _ in range(3):
        assert visitor("POST", "/login", json={**ANN, "password": "wrong"}).status_code == 401


def test_the_session_works_as_the_token_does(visitor):
    visitor("POST", "/signup", json={**ANN, "email": "ses@gmail.com"})
    visitor("POST", "/login", json={**ANN, "email": "ses@gmail.com"})
    assert visitor("GET", "/me").get_json()["email"] == "ses@gmail.com"
    assert visitor("POST", "/logout").status_code == 204
    assert visitor("GET", "/me").status_code == 401


def test_my_own_data(person, visitor):
    for _ in range(5):
        assert person("GET", "/me").get_json()["email"] == person.email
    assert person("PATCH", "/me", json={"phone": "+49 30 901821"}).get_json()["phone"] == "+49 30 901821"
    assert visitor("GET", "/me").status_code == 401


def test_products_page_by_page(visitor):
    path = "/products"
    for _ in range(3):
        found = visitor("GET", path).get_json()
        assert len(found["products"]) == 10
        path = found["next"]


@pytest.mark.parametrize("number", range(1, 20))
def test_a_product(visitor, number):
    assert visitor("GET", f"/products/{number}").get_json()["id"] == number


def test_no_product(visitor):
    assert visitor("GET", "/products/99").status_code == 404


@pytest.mark.parametrize("text", ["Book 1", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' OR 1=1 --", "a&b"])
def test_search(visitor, text):
    for path in ("/search", "/legacy-search"):
        page = visitor("GET", path, query_string={"q": text}).get_data(as_text=True)
        assert "<script>" not in page and "<img" not in page


def test_what_everybody_may_know(visitor):
    for path in ("/contact", "/stores", "/.well-known/jwks.json"):
        for _ in range(3):
            assert visitor("GET", path).status_code == 200


def test_orders(person, visitor):
    made = [person("POST", "/orders", json={"lines": [{"product": n, "n": 1}]}).get_json() for n in range(12)]
    assert len(person("GET", "/orders").get_json()) == 12
    first = made[0]["number"]
    assert person("GET", f"/orders/{first}").get_json()["total"] == 19.9
    assert visitor("GET", f"/orders/{first}").status_code == 401
    assert visitor("GET", made[0]["receipt"]).status_code == 200
    assert visitor("DELETE", f"/orders/{first}").status_code == 401
    assert person("DELETE", f"/orders/{first}").status_code == 204
    assert person("GET", "/export.csv").get_data(as_text=True).startswith("number")


def test_orders_of_others(person, app):
    number = person("POST", "/orders", json={"lines": []}).get_json()["number"]
    other = Client(app)
    who = {**ANN, "email": "other@gmail.com"}
    other("POST", "/signup", json=who)
    other.headers = {"Authorization": "Bearer " + other("POST", "/login", json=who).get_json()["access_token"]}
    assert other("GET", f"/orders/{number}").status_code == 404
    assert other("DELETE", f"/orders/{number}").status_code == 404


def test_a_webhook(visitor):
    body = json.dumps({"id": "evt_1", "amount": 1990, "card": {"last4": "4242", "brand": "visa"}}).encode()
    signature = hmac.new(b"hook", body, hashlib.sha256).hexdigest()
    headers = {"X-Signature": signature, "Content-Type": "application/json"}
    assert visitor("POST", "/webhooks/payments", data=body, headers=headers).get_json() == {"received": True}
    assert visitor("POST", "/webhooks/payments", data=body).status_code == 401


def test_mails(visitor):
    assert visitor("POST", "/newsletter", data={"email": "bob@gmail.com"}).get_json()["status"] == "pending"
    assert visitor("POST", "/password-reset", json={"email": "bob@gmail.com"}).status_code == 202
    assert visitor("GET", "/confirm/3f1d0c5be4a94b7c8d8e9f00a1b2c3d4").status_code == 302
    assert visitor("GET", "/unsubscribe?u=8f14e45fceea167a").status_code == 200


def test_cors(visitor):
    headers = visitor("GET", "/products", headers={"Origin": shop.ORIGIN}).headers
    assert headers["Access-Control-Allow-Origin"] == shop.ORIGIN
    assert "Access-Control-Allow-Origin" not in visitor("GET", "/products", headers={"Origin": "https://evil.example"}).headers
