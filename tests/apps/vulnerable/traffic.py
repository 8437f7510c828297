"""What the people of the vulnerable app do with it: the traffic that tests are made from."""

import requests

from tests.apps.vulnerable.base import make_token

EVERYBODY = (
    "/api/products?q=tea", "/api/category/1", "/api/sorted?by=name", "/api/ranked?by=name", "/api/visit?ref=letter", "/api/people?name=alice",
    "/api/resolve?host=example.test", "/api/terms?file=terms.txt", "/greet?name=Ann", "/api/language?to=de",
    "/leave?next=/sign-in", "/api/preview?url=http://127.0.0.1:9/x", "/find?q=tea", "/api/convert?amount=3",
    "/api/age?born=1999", "/api/echo", "/sign-in", "/safe/products?q=tea", "/safe/page?number=1", "/safe/random",
    "/safe/slow?quarter=2", "/safe/find?q=tea", "/safe/echo?q=tea", "/safe/script?q=tea", "/safe/leave?next=/sign-in",
    "/safe/goto?next=/account", "/safe/preview?url=http://127.0.0.1:9/x", "/safe/terms?file=terms.txt",
    "/safe/greet?name=Ann", "/safe/limited?code=A1", "/safe/articles/3", "/safe/convert?amount=3", "/safe/ranked?by=name",
)  # fmt: skip
WITH_COOKIES = ("/api/offers", "/safe/offers")
SIGNED_IN = (
    "/api/export", "/api/passport", "/api/me", "/api/invoices", "/api/colleagues", "/api/profile", "/api/card",
    "/account", "/safe/vault", "/safe/dashboard", "/safe/documents/51", "/safe/profile", "/safe/members",
    "/safe/articles/3", "/safe/currencies", "/graphql?query={viewer}", "/api/settings", "/safe/settings",
)  # fmt: skip
WORKSPACES = {"alice": "acme", "bob": "north"}
IN_WORKSPACES = ("/api/plan", "/safe/plan", "/safe/desk")
OWN = {
    "alice": ("/api/invoices/11", "/api/invoices/13", "/api/statement?account=7001", "/api/users/alice/notes/31",
              "/safe/invoices/11", "/safe/receipts/11", "/safe/statement?account=7001"),
    "bob": ("/api/invoices/12", "/api/statement?account=7002", "/api/users/bob/notes/32", "/safe/invoices/12",
            "/safe/receipts/12", "/safe/statement?account=7002"),
    "root": ("/api/admin/people", "/safe/admin/audit", "/safe/admin/report", "/api/invoices/11", "/api/invoices/12"),
}  # fmt: skip


def drive(url: str, rounds: int = 2) -> int:
    """Everything `rounds` times: what an app is asked first may reach a collector in part only."""
    return sum(_round(url) for _ in range(rounds))


def _round(url: str) -> int:
    """Ask as everybody; how many requests that were."""
    n = 0
    with requests.Session() as web:
        web.trust_env = False
        for path in EVERYBODY:
            web.get(url + path, allow_redirects=False)
        for path in WITH_COOKIES:
            web.get(url + path, cookies={"favourite": "teapot"})
        for name, own in OWN.items():
            headers = {"Authorization": "Bearer " + make_token(name)}
            for path in SIGNED_IN + own:
                web.get(url + path, headers=headers, allow_redirects=False)
                n += 1
            for path in IN_WORKSPACES if name in WORKSPACES else ():
                web.get(url + path, headers={**headers, "X-Workspace": WORKSPACES[name]})
                n += 1
        n += _write(web, url)
    return n + len(EVERYBODY) + len(WITH_COOKIES)


def _write(web: requests.Session, url: str) -> int:
    headers = {"Authorization": "Bearer " + make_token("alice")}
    web.put(url + "/api/settings", json={"phone": "+1 212 555 4240"}, headers=headers)
    web.put(url + "/safe/settings", json={"phone": "+1 212 555 4240"}, headers=headers)
    for path in ("/api/import", "/safe/import"):
        web.post(url + path, data=b"<order><item>tea</item></order>", headers={**headers, "Content-Type": "text/xml"})
    for path in ("/login", "/safe/login"):
        web.post(url + path, json={"user": "alice", "password": "wrong"})
    return 6 + sum(_browse(url, name, numbers) for name, numbers in (("alice", (71, 73)), ("bob", (72,))))


def _browse(url: str, name: str, numbers: "tuple[int, ...]") -> int:
    with requests.Session() as browser:
        browser.post(url + "/login", json={"user": name, "password": "pw-" + name})
        browser.get(url + "/api/me")
        for number in numbers:
            browser.get(f"{url}/tickets/{number}")
            browser.get(f"{url}/safe/tickets/{number}")
    return 2 + 2 * len(numbers)
