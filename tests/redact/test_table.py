"""What becomes of each sort of value in each sort of place, case by case."""

import base64
import hashlib
import hmac
import json

import pytest

from metlo_auto.redact import Redactor

pytestmark = pytest.mark.core

KEY = "metlo-key-\u00fc"
REDACTOR = Redactor(KEY, headers=["X-Tenant", "x_partner_id"], fields=["iban", "Kontonummer", "Contrase\u00f1a", "2nd-factor"])
ALPHABET = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def mark(secret):
    """48 bits of HMAC-SHA256 under the API key, 4 bits a letter."""
    digest = hmac.new(KEY.encode(), secret.encode(), hashlib.sha256).digest()[:6]
    return "redacted-" + "".join("%02x" % byte for byte in bytearray(digest)).translate(ALPHABET)


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


TOKEN = "eyJhbGciOi.eyJzdWIi.c2ln"
T = mark(TOKEN)
R = "redacted"

HEADERS = [
    ("Authorization", "Bearer " + TOKEN, "Bearer " + T),
    ("authorization", "bearer " + TOKEN, "bearer " + T),
    ("AUTHORIZATION", "Token " + TOKEN, "Token " + T),
    ("Authorization", "ApiKey " + TOKEN, "ApiKey " + T),
    ("Authorization", TOKEN, T),
    ("Authorization", "Unheard " + TOKEN, mark("Unheard " + TOKEN)),
    ("Authorization", basic("alice:pw"), basic("alice:" + mark(basic("alice:pw")[6:]))),
    ("Authorization", basic("sk_live_key:"), basic(":" + mark(basic("sk_live_key:")[6:]))),
    ("Authorization", basic("sk_live_key:x"), basic(":" + mark(basic("sk_live_key:x")[6:]))),
    ("Authorization", "Basic not-base-64!", "Basic " + mark("not-base-64!")),
    ("Authorization", 'Digest username="a", response="b"', "Digest " + mark('username="a", response="b"')),
    ("Authorization", "AWS4-HMAC-SHA256 Credential=A/b, Signature=c", "AWS4-HMAC-SHA256 " + mark("Credential=A/b, Signature=c")),
    ("Authorization", "Bearer", "Bearer"),
    ("Authorization", "", ""),
    ("Proxy-Authorization", "Bearer " + TOKEN, "Bearer " + T),
    ("X-Authorization", "Bearer " + TOKEN, "Bearer " + T),
    ("X-Api-Key", TOKEN, T),
    ("x_api_key", TOKEN, T),
    ("XAPIKEY", TOKEN, T),
    ("Api-Key", TOKEN, T),
    ("X-Auth-Token", TOKEN, T),
    ("X-Access-Token", TOKEN, T),
    ("X-CSRF-Token", TOKEN, T),
    ("X-CSRFToken", TOKEN, T),
    ("X-XSRF-TOKEN", TOKEN, T),
    ("X-Session-Id", TOKEN, T),
    ("X-Amz-Security-Token", TOKEN, T),
    ("X-Goog-Api-Key", TOKEN, T),
    ("X-Vault-Token", TOKEN, T),
    ("X-GitHub-Token", TOKEN, T),
    ("Private-Token", TOKEN, T),
    ("X-Shopify-Access-Token", TOKEN, T),
    ("Ocp-Apim-Subscription-Key", TOKEN, T),
    ("X-Forwarded-Client-Cert", TOKEN, T),
    ("DPoP", TOKEN, T),
    ("X-Password", "hunter2", R),
    ("X-Client-Secret", "hunter2", R),
    ("X-OTP", "123456", R),
    ("X-Tenant", "acme", R),
    ("x-tenant", "acme", R),
    ("X-Partner-Id", "acme", R),
    ("IBAN", "DE00", R),
    ("Cookie", "a=" + TOKEN, "a=" + T),
    ("cookie", "a=" + TOKEN + "; b=c", "a=" + T + "; b=" + mark("c")),
    ("Cookie", 'a="' + TOKEN + '"', 'a="' + T + '"'),
    ("Cookie", "a=" + TOKEN + "=;b=", "a=" + mark(TOKEN + "=") + ";b="),
    ("Cookie", TOKEN, T),
    ("Cookie", "pin=1234; password=x", "pin=redacted; password=redacted"),
    ("Cookie", "", ""),
    ("Set-Cookie", "session=" + TOKEN + "; HttpOnly; Path=/; SameSite=Lax", "session=" + T + "; HttpOnly; Path=/; SameSite=Lax"),
    ("set-cookie", "s=" + TOKEN + "; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Max-Age=9; Secure; Domain=.x.y; Partitioned",
     "s=" + T + "; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Max-Age=9; Secure; Domain=.x.y; Partitioned"),
    ("Set-Cookie", "session=; Max-Age=0", "session=; Max-Age=0"),
    ("Set-Cookie", "a=b; other=" + TOKEN, "a=" + mark("b") + "; other=" + T),
    ("Referer", "https://x.y/a?token=" + TOKEN + "&page=2", "https://x.y/a?token=" + T + "&page=2"),
    ("Referer", "https://x.y/a?page=2#access_token=" + TOKEN, "https://x.y/a?page=2#access_token=" + T),
    ("Referer", "https://x.y/a?%74oken=" + TOKEN, "https://x.y/a?%74oken=" + T),
    ("Referer", "https://x.y/a?next=%2Fb%3Ftoken%3D" + TOKEN, "https://x.y/a?next=%2Fb%3Ftoken%3D" + T),
    ("Referer", "https://alice:pw@x.y/a", "https://alice:redacted@x.y/a"),
    ("Referer", "https://x.y/a?email=a@b.c", "https://x.y/a?email=a@b.c"),
    ("Location", "/reset?password=hunter2", "/reset?password=redacted"),
    ("Location", "/a;jsessionid=" + TOKEN, "/a;jsessionid=" + T),
    ("Location", "com.app:/cb#id_token=" + TOKEN + "&token_type=bearer", "com.app:/cb#id_token=" + T + "&token_type=bearer"),
    ("Content-Location", "/a?api_key=" + TOKEN, "/a?api_key=" + T),
    ("Link", "</a?token=" + TOKEN + '>; rel="next"', "</a?token=" + T + '>; rel="next"'),
    ("Refresh", "0; url=/a?token=" + TOKEN, "0; url=/a?token=" + T),
    ("X-Original-URI", "/a?sig=" + TOKEN, "/a?sig=" + T),
    ("HX-Redirect", "/a?sid=" + TOKEN, "/a?sid=" + T),
    ("User-Agent", "token=" + TOKEN, "token=" + T),
    ("Content-Type", "application/json", "application/json"),
    ("X-Request-Id", TOKEN, T),
    ("X-Request-Id", "f3b1c2", "f3b1c2"),
    ("WWW-Authenticate", 'Bearer realm="x"', 'Bearer realm="x"'),
    ("Host", "password.example", "password.example"),
]

QUERIES = [
    ("a=1&b=2", "a=1&b=2"),
    ("token=" + TOKEN, "token=" + T),
    ("TOKEN=" + TOKEN + "&a=1", "TOKEN=" + T + "&a=1"),
    ("to-k_en=" + TOKEN, "to-k_en=" + T),
    ("access_token=" + TOKEN, "access_token=" + T),
    ("token=" + TOKEN + "&token=" + TOKEN, "token=" + T + "&token=" + T),
    ("password=a+b%26c&x=%C3%BC", "password=redacted&x=%C3%BC"),
    ("%70assword=x", "%70assword=redacted"),
    ("%2570assword=x", "%2570assword=redacted"),
    ("pass%77ord=x", "pass%77ord=redacted"),
    ("user[password]=x", "user[password]=redacted"),
    ("user%5Bpassword%5D=x", "user%5Bpassword%5D=redacted"),
    ("users[0][password][]=x", "users[0][password][]=redacted"),
    ("user.password=x", "user.password=redacted"),
    ("password[a]=x", "password[a]=redacted"),
    ("password=", "password="),
    ("password", "password"),
    ("=x", "=x"),
    ("&&", "&&"),
    ("", ""),
    ("pin=1234", "pin=redacted"),
    ("otp=123456", "otp=redacted"),
    ("token=123456", "token=redacted"),
    ("cvv=1", "cvv=redacted"),
    ("iban=DE00", "iban=redacted"),
    ("contrase%C3%B1a=x", "contrase%C3%B1a=redacted"),
    ("next=https%3A%2F%2Fx%2F%3Ftoken%3D" + TOKEN, "next=https%3A%2F%2Fx%2F%3Ftoken%3D" + T),
    ("q=%7B%22password%22%3A%22x%22%7D", "q=%7B%22password%22%3A%22redacted%22%7D"),
    ("a=1;password=x", "a=1%3Bpassword%3Dredacted"),
    ("password_policy=1&password_length=2", "password_policy=1&password_length=2"),
    ("email=a%40b.c&name=password", "email=a%40b.c&name=password"),
    ("X-Amz-Signature=" + TOKEN, "X-Amz-Signature=" + T),
]

ARGUMENTS = [
    ("token", TOKEN, T),
    ("reset_token", TOKEN, T),
    ("api-key", TOKEN, T),
    ("password", "hunter2", R),
    ("pin", "1234", R),
    ("user_id", "42", "42"),
    ("path", "a/b/c", "a/b/c"),
    ("path", "a?token=" + TOKEN, "a?token=" + T),
    ("iban", "DE00", R),
]

JSON = [
    ('{"a": 1}', '{"a": 1}'),
    ('{"password": "hunter2"}', '{"password": "redacted"}'),
    ('{"Password":"hunter2"}', '{"Password":"redacted"}'),
    ('{"PASS_WORD" : "hunter2" }', '{"PASS_WORD" : "redacted" }'),
    ('{"p\\u0061ssword": "hunter2"}', '{"p\\u0061ssword": "redacted"}'),
    ('{"token": "%s"}' % TOKEN, '{"token": "%s"}' % T),
    ('{"token": "123456"}', '{"token": "redacted"}'),
    ('{"refreshToken": "%s"}' % TOKEN, '{"refreshToken": "%s"}' % T),
    ('{"authorization": "Bearer %s"}' % TOKEN, '{"authorization": "Bearer %s"}' % T),
    ('{"pin": 1234}', '{"pin": 0}'),
    ('{"otp": -12.5e+3, "x": -12.5e+3}', '{"otp": 0, "x": -12.5e+3}'),
    ('{"pin": null, "otp": true, "cvv": false}', '{"pin": null, "otp": true, "cvv": false}'),
    ('{"otp": NaN, "x": NaN}', '{"otp": 0, "x": NaN}'),
    ('{"password": ""}', '{"password": ""}'),
    ('{"password": "a\\"b\\\\"}', '{"password": "redacted"}'),
    ('{"password": "\\ud83d\\ude00"}', '{"password": "redacted"}'),
    ('{"passwords": ["a", 1, null, "b"]}', '{"passwords": ["redacted", 0, null, "redacted"]}'),
    ('{"secrets": {"user": "a", "list": [{"k": 5}], "on": true}}',
     '{"secrets": {"user": "redacted", "list": [{"k": 0}], "on": true}}'),
    ('{"credentials": {"user": "a", "secretAccessKey": "b", "list": [{"k": 5}], "on": true}}',
     '{"credentials": {"user": "a", "secretAccessKey": "redacted", "list": [{"k": 5}], "on": true}}'),
    ('{"session": {"id": "x9", "user": "ann", "n": 3}, "pin": 13, "auth": 2}',
     '{"session": {"id": "%s", "user": "ann", "n": 3}, "pin": 13, "auth": 2}' % mark("x9")),
    ('{"errors": {"password": ["This password is too short."]}, "properties": {"password": {"type": "string", "default": "x"}}}',
     '{"errors": {"password": ["This password is too short."]}, "properties": {"password": {"type": "string", "default": "redacted"}}}'),
    ('{"secret": {}, "token": []}', '{"secret": {}, "token": []}'),
    ('{"a": {"b": [{"c": {"password": "x"}}]}}', '{"a": {"b": [{"c": {"password": "redacted"}}]}}'),
    ('[{"password": "x"}, {"password": "y"}]', '[{"password": "redacted"}, {"password": "redacted"}]'),
    ('{"password": "x", "password": "y"}', '{"password": "redacted", "password": "redacted"}'),
    ('{\n  "password"\t:\r\n "x"\n}', '{\n  "password"\t:\r\n "redacted"\n}'),
    ('{"type": "password", "label": "token"}', '{"type": "password", "label": "token"}'),
    ('{"password_changed_at": "x"}', '{"password_changed_at": "x"}'),
    ('{"user.password": "x", "user[otp]": 1}', '{"user.password": "redacted", "user[otp]": 0}'),
    ('{"p": "{\\"password\\": \\"x\\"}"}', '{"p": "{\\"password\\": \\"redacted\\"}"}'),
    ('{"p": "[{\\"pin\\": 1234}]"}', '{"p": "[{\\"pin\\": 0}]"}'),
    ('{"u": "https://x/?token=%s&a=b"}' % TOKEN, '{"u": "https://x/?token=%s&a=b"}' % T),
    ('{"f": "a=1&password=x"}', '{"f": "a=1&password=redacted"}'),
    ('{"m": "Invalid password: too short"}', '{"m": "Invalid password: too short"}'),
    ('{"m": "The token has expired"}', '{"m": "The token has expired"}'),
    ('{"query": "mutation { login(password: \\"x\\", pin: 12) { id } }"}',
     '{"query": "mutation { login(password: \\"redacted\\", pin: 0) { id } }"}'),
    ('{"query": "mutation M($password: String!) { login(password: $password) { id } }", "variables": {"password": "x"}}',
     '{"query": "mutation M($password: String!) { login(password: $password) { id } }", "variables": {"password": "redacted"}}'),
    ('{"email": "a@b.c", "phone": "+1 555", "ssn": "1", "password": "x"}', '{"email": "a@b.c", "phone": "+1 555", "ssn": "1", "password": "redacted"}'),
    ('{"iban": "DE00", "KONTO-NUMMER": 5, "contrase\u00f1a": "x", "CONTRASE\\u00d1A": "y"}',
     '{"iban": "redacted", "KONTO-NUMMER": 0, "contrase\u00f1a": "redacted", "CONTRASE\\u00d1A": "redacted"}'),
    ('{"contrase\\u00f1a": "x"}', '{"contrase\\u00f1a": "redacted"}'),
    ('{"a": "Z\\u00fcrich \\ud83d\\ude00", "b": "contrase\\u00f1as"}', '{"a": "Z\\u00fcrich \\ud83d\\ude00", "b": "contrase\\u00f1as"}'),
    ('{"2nd_factor": "x", "2ndfactor": 3}', '{"2nd_factor": "redacted", "2ndfactor": 0}'),
    ('{"password1": "x", "password2": "x", "new_password": "y"}', '{"password1": "redacted", "password2": "redacted", "new_password": "redacted"}'),
    ('{"cvv2": "123", "security_answer": "Rex", "oneTimePassword": "9"}', '{"cvv2": "redacted", "security_answer": "redacted", "oneTimePassword": "redacted"}'),
    ('{"client_secret": "x", "private_key": "y"}', '{"client_secret": "redacted", "private_key": "redacted"}'),
    ('"password"', '"password"'),
    ('"a=1&password=x"', '"a=1&password=redacted"'),
]

BROKEN = [
    ('{"password": "hunt', '{"password": "redacted'),
    ('{"password": "hunter2", "a": [1', '{"password": "redacted", "a": [1'),
    ('{"password": 12', '{"password": 0'),
    ('{"tokens": ["a", "b', '{"tokens": ["%s", "%s' % (mark("a"), mark("b"))),
    ('{"a": 1,, "password": "x"}', '{"a": 1,, "password": "redacted"}'),
    ("{'password': 'x', 'a': 'b'}", "{'password': 'redacted', 'a': 'b'}"),
    ("{password: 'x', a: 'b'}", "{password: 'redacted', a: 'b'}"),
    ('{"password": hunter2, "a": 1}', '{"password": "redacted"'),
    ('{"password": "my "quoted" pass", "a": 1}', '{"password": "redacted"'),
    ('{"password": "my " other " pass", "a": 1}', '{"password": "redacted"'),
    ('{"password": "x" \n "a": 1}', '{"password": "redacted" \n "a": 1}'),
    ('{"a": "\\"password\\": \\"x\\"", }', '{"a": "\\"password\\": \\"redacted\\"", }'),
    ('{"password": "x"} trailing', '{"password": "redacted"} trailing'),
    ('{"p\\u0061ssword": "x"', '{"password": "redacted"'),
    ('{"contrase\\u00f1a": "x"', '{"contrase\u00f1a": "redacted"'),
    ('{"CONTRASE\u00d1A": "x"', '{"CONTRASE\u00d1A": "redacted"'),
    ('data: {"token": "%s"}\n\n' % TOKEN, 'data: {"token": "%s"}\n\n' % T),
    ('callback({"password": "x"})', 'callback({"password": "redacted"})'),
    ("password=x&a=b", "password=redacted&a=b"),
]

NDJSON = [
    ('{"a": 1}\n{"b": 2}\n', '{"a": 1}\n{"b": 2}\n'),
    ('{"a": 1}\n{"password": "x"}\n{"otp": 3}', '{"a": 1}\n{"password": "redacted"}\n{"otp": 0}'),
    ('{"password": "x"}\r\n{"a": 1}\r\n', '{"password": "redacted"}\r\n{"a": 1}\r\n'),
    ('{"password": "x"}\n{"password": "y', '{"password": "redacted"}\n{"password": "redacted'),
    ('{"password": [\n"x"\n]}', '{"password": [\n"redacted"\n]}'),
]

TEXT = [
    ("nothing to see", "nothing to see"),
    ("password=hunter2", "password=redacted"),
    ("password: hunter2\nuser: bob", "password: redacted\nuser: bob"),
    ("Password : hunter 2 and more\r\nuser: bob", "Password : redacted\r\nuser: bob"),
    ("user=bob&password=a b&x=1", "user=bob&password=redacted&x=1"),
    ('password="a b" user=bob', 'password="redacted" user=bob'),
    ('password="a b", user="bob"', 'password="redacted", user="bob"'),
    ('password: "a b" user=bob', 'password: "redacted"'),
    ('user=bob, password: "a b", ip=::1', 'user=bob, password: "redacted", ip=::1'),
    ("password: {a: 1} and more\nlast", "password: {redacted: 0}redacted\nlast"),
    ("at: 1, password: {a: 1}, b: 2", "at: 1, password: {redacted: 0}, b: 2"),
    ("export API_KEY='%s'\n" % TOKEN, "export API_KEY='%s'\n" % T),
    ("Authorization: Bearer %s\nX: y" % TOKEN, "Authorization: Bearer %s\nX: y" % T),
    ("DB_PASSWORD=x\nDB_HOST=y", "DB_PASSWORD=redacted\nDB_HOST=y"),
    ("my.password=x", "my.password=redacted"),
    ('config["password"] = "x";', 'config["password"] = "redacted";'),
    ("password => x\n", "password => redacted\n"),
    ("password := x\n", "password := redacted\n"),
    ("password:\n  - a\n  - b\nuser: x", "password:\n  redacted\nuser: x"),
    ("private_key: |\n  -----BEGIN\n  abc\nuser: x", "private_key: redacted\nuser: x"),
    ("- password: a\n  user: x\n", "- password: redacted\n  user: x\n"),
    ("{password:[a, b], user: x}", '{password:[redacted, redacted], user: x}'),
    ("your password is strong", "your password is strong"),
    ("passwordless: yes", "passwordless: yes"),
    ("%7B%22password%22%3A%22x%22%7D", "%7B%22password%22%3A%22redacted%22%7D"),
]

MARKUP = [
    ("<a><b>x</b></a>", "<a><b>x</b></a>"),
    ("<password>x</password>", "<password>redacted</password>"),
    ("<PassWord >\n x \n</PassWord >", "<PassWord >\n redacted \n</PassWord >"),
    ("<s:token>%s</s:token><b>c</b>" % TOKEN, "<s:token>%s</s:token><b>c</b>" % T),
    ("<wsse:Password Type='text'>x</wsse:Password>", "<wsse:Password Type='text'>redacted</wsse:Password>"),
    ("<a password='x' b='c'/>", "<a password='redacted' b='c'/>"),
    ('<a api_key="%s">c</a>' % TOKEN, '<a api_key="%s">c</a>' % T),
    ("<secret><a>x</a><b c='d'>y</b></secret>", "<secret><a>redacted</a><b c='redacted'>redacted</b></secret>"),
    ("<password><![CDATA[<x>]]></password>", "<password>redacted</password>"),
    ("<password value='x'/><b>c</b>", "<password value='redacted'/><b>c</b>"),
    ("<password>never closed", "<password>redacted"),
    ('<input name="csrf_token" type="hidden" value="%s">' % TOKEN, '<input name="csrf_token" type="hidden" value="%s">' % T),
    ('<input value="%s" name="csrf_token">' % TOKEN, '<input value="%s" name="csrf_token">' % T),
    ('<meta name="csrf-token" content="%s"/>' % TOKEN, '<meta name="csrf-token" content="%s"/>' % T),
    ('<string name="password">x</string>', '<string name="password">redacted</string>'),
    ('<a href="/x?token=%s&amp;b=c">d</a>' % TOKEN, '<a href="/x?token=%s&amp;b=c">d</a>' % T),
    ('<script>var csrf_token = "%s";</script>' % TOKEN, '<script>var csrf_token = "%s";</script>' % T),
    ('<input name="user[otp]" value="x" data-pin="1" otp="2">', '<input name="user[otp]" value="redacted" data-pin="1" otp="redacted">'),
    ('<input name="otp" id=a value=x><p>y</p>', '<input name="otp" id=a value=redacted><p>y</p>'),
    ('<input name="otp" value="cut he', '<input name="otp" value="redacted'),
    ("log: <password>x</password>", "log: <password>redacted</password>"),
    ("<label>Password</label>", "<label>Password</label>"),
    ('<input name="password" type="password">', '<input name="password" type="password">'),
]

GRAPHQL = [
    ('{ user(id: 1) { name } }', '{ user(id: 1) { name } }'),
    ('mutation { login(user: "a", password: "x") { token } }', 'mutation { login(user: "a", password: "redacted") { token } }'),
    ("mutation { login(pin: 1234) { id } }", "mutation { login(pin: 0) { id } }"),
    ("mutation M($password: String!) { login(password: $password) { id } }", "mutation M($password: String!) { login(password: $password) { id } }"),
    ('query Q($token: String = "x") { a(token: $token) }', 'query Q($token: String = "%s") { a(token: $token) }' % mark("x")),
    ('mutation { login(input: {password: "x", otp: 1}) { id } }', 'mutation { login(input: {password: "redacted", otp: 0}) { id } }'),
    ('{ a(password: """x\n"y" z""") }', '{ a(password: """redacted""") }'),
    ("{ a(tokens: [\"x\", \"y\"]) }", '{ a(tokens: ["%s", "%s"]) }' % (mark("x"), mark("y"))),
]

FORMS = [
    ("user=bob&password=hunter2&next=%2F", "user=bob&password=redacted&next=%2F"),
    ("csrf_token=%s&x=y" % TOKEN, "csrf_token=%s&x=y" % T),
    ("json=%7B%22otp%22%3A+12%7D", "json=%7B%22otp%22%3A+0%7D"),
    ('{"password": "a&b=c"}', '{"password": "redacted"}'),
    ("redirect=%2Fa%3Fapi_key%3D" + TOKEN, "redirect=%2Fa%3Fapi_key%3D" + T),
    ("comment=my+password+is+long", "comment=my+password+is+long"),
    ("a=1&a=2&a=", "a=1&a=2&a="),
]


def part(head, content):
    return "--b\r\n" + head + "\r\n\r\n" + content + "\r\n"


FIELD = 'Content-Disposition: form-data; name="%s"'
MULTIPARTS = [
    (part(FIELD % "a", "x") + "--b--\r\n", part(FIELD % "a", "x") + "--b--\r\n"),
    (part(FIELD % "password", "x") + part(FIELD % "a", "y") + "--b--\r\n", part(FIELD % "password", R) + part(FIELD % "a", "y") + "--b--\r\n"),
    (part(FIELD % "user[token]", TOKEN) + "--b--", part(FIELD % "user[token]", T) + "--b--"),
    (part("content-disposition: form-data; NAME=password", "x\r\ny") + "--b--", part("content-disposition: form-data; NAME=password", R) + "--b--"),
    (part("Content-Disposition: form-data; name*=utf-8''pass%77ord", "x") + "--b--", part("Content-Disposition: form-data; name*=utf-8''pass%77ord", R) + "--b--"),
    (part(FIELD % "j" + "\r\nContent-Type: application/json", '{"otp": 1}') + "--b--", part(FIELD % "j" + "\r\nContent-Type: application/json", '{"otp": 0}') + "--b--"),
    (part(FIELD % "password", "hunter2")[:-4], part(FIELD % "password", R)[:-2]),
    (part(FIELD % "password", "hunter2")[5:] + "--b--", part(FIELD % "password", R)[5:] + "--b--"),
]


@pytest.mark.parametrize("name, value, expected", HEADERS)
def test_header(name, value, expected):
    assert REDACTOR.header(name, value) == expected
    assert REDACTOR.header_mask(name) or REDACTOR.plain_header(value) == expected


@pytest.mark.parametrize("text, expected", QUERIES)
def test_query(text, expected):
    assert REDACTOR.query(text) == expected


@pytest.mark.parametrize("name, value, expected", ARGUMENTS)
def test_argument(name, value, expected):
    assert REDACTOR.argument(name, value) == expected


@pytest.mark.parametrize("text, expected", JSON)
def test_json(text, expected):
    assert REDACTOR.body(text, "json", "application/json") == expected
    json.loads(expected)


@pytest.mark.parametrize("text, expected", BROKEN)
def test_broken_json(text, expected):
    assert REDACTOR.body(text, "json") == expected


@pytest.mark.parametrize("text, expected", NDJSON)
def test_lines_of_json(text, expected):
    assert REDACTOR.body(text, "ndjson") == expected


@pytest.mark.parametrize("text, expected", TEXT)
def test_text(text, expected):
    assert REDACTOR.body(text, "text") == expected


@pytest.mark.parametrize("text, expected", MARKUP)
def test_xml_and_html(text, expected):
    assert REDACTOR.body(text, "xml") == expected


@pytest.mark.parametrize("text, expected", GRAPHQL)
def test_graphql(text, expected):
    assert REDACTOR.body(text, "graphql") == expected


@pytest.mark.parametrize("text, expected", FORMS)
def test_form(text, expected):
    assert REDACTOR.body(text, "form") == expected


@pytest.mark.parametrize("text, expected", MULTIPARTS)
def test_multipart(text, expected):
    assert REDACTOR.body(text, "multipart", "multipart/form-data; boundary=b") == expected


NAMES = [
    ("password", True), ("PASSWORD", True), ("Pass-Word", True), ("_password_", True), ("password_confirmation", True),
    ("user[password]", True), ("user.password", True), ("tokens[]", True), ("X-API-Key", True), ("xApiKey", True),
    ("", False), ("passwor", False), ("password_table", True), ("password_policy", False), ("user", False), ("email", False), ("key", False), ("code", False),
    ("author", False), ("tokenizer", False), ("pinned", False), ("spin", False), ("secretary", False), ("IBAN", True),
]


@pytest.mark.parametrize("name, secret", NAMES)
def test_names_match_whole_and_in_any_spelling(name, secret):
    assert REDACTOR.is_secret(name) is secret


def test_the_same_secret_has_the_same_mark_wherever_it_is():
    marks = {
        REDACTOR.header("Authorization", "Bearer " + TOKEN).split()[1],
        REDACTOR.header("Cookie", "s=" + TOKEN)[2:],
        REDACTOR.query("token=" + TOKEN)[6:],
        json.loads(REDACTOR.body(json.dumps({"access_token": TOKEN}), "json"))["access_token"],
        REDACTOR.argument("token", TOKEN),
    }
    assert marks == {T}


def test_another_key_gives_another_mark():
    assert Redactor("another").argument("token", TOKEN) != T


def test_a_mark_has_no_digits_and_no_dots():
    assert set(T[9:]) <= set("abcdefghijklmnop") and len(T) == 21


CASES = [(h, v) for h, v, _ in HEADERS]
TEXTS = [case[0] for table in (JSON, BROKEN, NDJSON, TEXT, MARKUP, GRAPHQL, FORMS, MULTIPARTS) for case in table]


def test_where_redaction_is_off_all_passes():
    off = Redactor(KEY, headers=["X-Tenant"], fields=["iban"], enabled=False)
    assert all(off.header(name, value) == value and not off.header_mask(name) for name, value in CASES)
    assert all(off.query(text) == text for text, _ in QUERIES)
    assert all(off.argument(name, value) == value and not off.is_secret(name) for name, value, _ in ARGUMENTS)
    assert all(off.body(text, kind) == text for text in TEXTS for kind in ("json", "text", "form", "xml"))


def test_what_is_masked_stays_masked():
    for text in TEXTS:
        for kind in ("json", "text", "form", "xml", "ndjson", "graphql"):
            once = REDACTOR.body(text, kind)
            assert REDACTOR.body(once, kind) == once


MESSAGES = [
    ("Your code is 483920.", "Your code is redacted."), ("YOUR CODE: 483 920", "YOUR CODE: redacted"), ("Your login code: <b>483920</b>", "Your login code: <b>redacted</b>"),
    ("Your verification code for Shop is 4839.", "Your verification code for Shop is redacted."), ("One-time passcode 4839-2011 ends soon", "One-time passcode redacted ends soon"),
    ("483920 is your Shop verification code", "redacted is your Shop verification code"), ("G-483920 is your code", "redacted is your code"), ("Enter access code 48392011", "Enter access code redacted"),
]
NO_CODES = [
    "Your promo code is 483920", "Error code 404123", "Your code is 20 % cheaper", "Your code is in 4 files", "The postal code is 10115", "483920 is your order number", "Login code of 2026a",
    "Your verification code has expired", "Your code is 1000$ now", "$483920 is your access code", "Two codes: 1234",
]


@pytest.mark.parametrize("text, expected", MESSAGES + [(text, text) for text in NO_CODES])
def test_one_time_codes_in_a_sentence(text, expected):
    assert REDACTOR.body(text, "text") == expected
    assert json.loads(REDACTOR.body(json.dumps({"body": text}), "json")) == {"body": expected}


PGPASS = [
    ("localhost:5432:shop:ann:hun ter\"2", "localhost:5432:shop:ann:redacted"), ("db.example:6432:shop:ann:hunter2", "db.example:6432:shop:ann:redacted"), ("/run/postgresql:5432:shop:ann:p\\:w", "/run/postgresql:5432:shop:ann:redacted"),
    ("a.py:5432:12:E501:too long", "a.py:5432:12:E501:too long"), ("db:8080:GET:ok:yes", "db:8080:GET:ok:yes"), ("db:5432 is up", "db:5432 is up"), ("db:5432:shop: is up", "db:5432:shop: is up"),
    ("*:*:*:ann:hunter2", "*:*:*:ann:redacted"), ("db.example:5432:*:ann:hunter2", "db.example:5432:*:ann:redacted"), ("a.py:12:3:E501:long", "a.py:12:3:E501:long")]
MAIL = [("a1 LOGIN ann hunter2", "a1 LOGIN ann redacted"), ('a1 LOGIN ann "hunter2"', 'a1 LOGIN ann "redacted"'), ('a1 LOGIN ann ",hunter2"', 'a1 LOGIN ann "redacted"'), ('["a1 LOGIN ann ", 1]', '["a1 LOGIN ann ", 1]'), ('{"k": "a1 LOGIN ann ","n":true}', '{"k": "a1 LOGIN ann ","n":true}'), ('{"k": "a1 LOGIN ann "}', '{"k": "a1 LOGIN ann "}'), ("12 LOGIN ann hunter2", "12 LOGIN ann hunter2"), ("AUTH PLAIN AGFubgBodW50ZXIy", "AUTH PLAIN redacted"), ("AUTH LOGIN required here", "AUTH LOGIN required here")]


@pytest.mark.parametrize("text, expected", PGPASS + MAIL)
def test_lines_of_protocols(text, expected):
    assert REDACTOR.body("x y\n" + text + "\nz\n", "text") == "x y\n" + expected + "\nz\n"


CALLS = [
    ({"method": "login", "args": ["ann", "hunter2"]}, {"method": "login", "args": ["ann", "redacted"]}),
    ({"method": "user.signIn", "params": ["ann", "hunter2", True]}, {"method": "user.signIn", "params": ["ann", "redacted", True]}),
    ({"cmd": "auth", "params": ["db", "ann", "hunter2"]}, {"cmd": "auth", "params": ["db", "redacted", "redacted"]}),
    (["AUTH", "ann", "hunter2"], ["AUTH", "ann", "redacted"]),
]
OTHER_CALLS = [
    {"method": "plugin", "args": ["ann", "hunter2"]}, {"method": "author", "params": ["ann", "hunter2"]}, {"method": "login", "args": ["ann"]}, {"method": "login", "params": [{"locale": "en"}, "x"]}, {"args": ["ann", "hunter2"]}, ["AUTHOR", "ann", "x"],
]


@pytest.mark.parametrize("document, expected", CALLS + [(document, document) for document in OTHER_CALLS])
def test_arguments_by_position_of_a_login(document, expected):
    assert json.loads(REDACTOR.body(json.dumps(document), "json")) == expected


XML_CALL = "<methodCall><methodName>%s</methodName><params><param><value><string>ann</string></value></param><param><value>%s</value></param></params></methodCall>"


@pytest.mark.parametrize("name, expected", [("login", "redacted"), ("auth.logon", "redacted"), ("getPosts", "hunter2"), ("plugin", "hunter2")])
def test_arguments_of_a_login_by_xml_rpc(name, expected):
    assert REDACTOR.body(XML_CALL % (name, "hunter2") * 2, "xml") == XML_CALL % (name, expected) * 2


CODE = [
    ("tokens = tokenizer.encode('a text of words')", True), ("tokens = await self.tokenizer(text, return_tensors='pt')['input_ids']", True), ("tokens=nltk.word_tokenize('a text')", True), ("tokens = tokenizer.encode('Zq8xCanary3Kf0w')", False),
    ("tokens = encode('realsecret')", False), ("token = tokenizer.encode('realsecret')", False), ("password = get('hunter2')", False), ("tokens = tokenizer.encode(password='hunter2')", False), ("tokens = tokenizer", False),
]


@pytest.mark.parametrize("line, stays", CODE)
def test_what_is_split_into_tokens_is_no_credential(line, stays):
    text = "import x\n" + line + "\nprint(1)\n"
    assert (REDACTOR.body(text, "text") == text) is stays
    for secret in ("realsecret", "hunter2", "Canary"):
        assert secret not in REDACTOR.body(text, "text")


@pytest.mark.parametrize("text", [
    '<IDAuthentication><Authentication><Value>"otp": ">hunter2"', '<IDAuthentication><Authentication><Value>otp="</x>hunter2"', '<methodName>login</methodName><value>a</value><value>"otp": "</x>hunter2</params>"',
])
def test_what_stands_in_the_place_of_a_login_does_not_hide_a_name(text):
    for kind in ("text", "xml", "json"):
        assert "hunter2" not in REDACTOR.body(text, kind)
