"""A canary put under a secret name never leaves, whatever surrounds it."""

import json
import re
from urllib.parse import quote, quote_plus, urlencode

import pytest

pytest.importorskip("hypothesis")

from hypothesis import assume, example, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from metlo_auto.capture.exchange import Body  # noqa: E402
from metlo_auto.redact import Redactor, schema  # noqa: E402
from metlo_auto.trace.bodies import text_of  # noqa: E402

from .canaries import CANARY, documents, documents_with_secrets, holding, plain_names, spelled  # noqa: E402

REDACTOR = Redactor("an API key")
KINDS = ["json", "form", "multipart", "ndjson", "xml", "graphql", "text", ""]

dumped = st.builds(
    json.dumps, documents_with_secrets(), indent=st.sampled_from([None, 1, "\t"]), ensure_ascii=st.booleans()
)


def left(text, kind, content_type=""):
    """What is left with METLO_REDACT=credentials; with `schema`, which takes the values out of that, no more is."""
    masked = REDACTOR.body(text, kind, content_type)
    assert CANARY in masked or CANARY not in schema.body(masked, kind)
    return masked


@given(dumped)
def test_no_secret_leaves_in_json(text):
    assert CANARY not in left(text, "json")


@given(dumped, st.sampled_from(KINDS))
def test_no_secret_leaves_in_json_of_another_name(text, kind):
    assert CANARY not in left(text, kind)


@given(dumped, st.data())
def test_no_secret_leaves_in_cut_json(text, data):
    cut = text.encode("utf-8", "replace")[: data.draw(st.integers(0, len(text)))]
    body = text_of(Body(cut, len(text) + 1, "cut"), "application/json", "", 65536)
    assert CANARY not in left(body.text, body.kind)
    assert CANARY not in left(cut.decode("utf-8", "replace"), "json")


@given(dumped, st.sampled_from(['"', "\\", "{", "}", "[", "]", ",", ":", "x", "'", "\n", "\x00"]), st.data())
def test_no_secret_leaves_in_json_broken_before_or_after_it(text, junk, data):
    before, secret = _parted(text)
    at = data.draw(st.integers(0, len(before)))
    broken = before[:at] + junk + before[at + data.draw(st.integers(0, 1)):] + secret
    assert CANARY not in left(broken, "json")
    assert CANARY not in left(text + junk, "json")


def _parted(text):
    """What stands before the secret name that is over the canary, and the rest."""
    at = -1
    while True:
        at = text.index('"', at + 1)
        if REDACTOR.is_secret(text[at + 1 : text.index('"', at + 1)]):
            return text[:at], text[at:]


@given(st.lists(st.one_of(dumped.map(lambda text: text.replace("\n", " ")), documents.map(json.dumps)), max_size=4), st.data())
def test_no_secret_leaves_in_lines_of_json(lines, data):
    text = "\n".join(lines)
    assert CANARY not in left(text, "ndjson")
    cut = text[: data.draw(st.integers(0, len(text)))]
    assert CANARY not in left(cut, "ndjson")


@given(documents_with_secrets(), st.integers(1, 3))
def test_no_secret_leaves_in_json_within_json(document, depth):
    text = json.dumps(document)
    for _ in range(depth):
        text = json.dumps({"payload": text, "n": 1})
    assert CANARY not in left(text, "json")
    assert CANARY not in left(text[:-1], "json")


pairs = st.lists(st.tuples(plain_names, st.text(max_size=8)), max_size=3)


@given(pairs, spelled(), holding(), pairs)
def test_no_secret_leaves_in_a_query_or_form(before, name, secret, after):
    text = urlencode(before + [(name, secret)] + after)
    assert CANARY not in REDACTOR.query(text)
    assert CANARY not in left(text, "form")
    assert CANARY not in left(text, "text")
    assert CANARY not in left(text, "json")


@given(pairs, spelled(), holding(), st.sampled_from(["user[%s]", "user.%s", "%s[]", "a[0][%s]", "%s[x]", "%s.value"]))
def test_no_secret_leaves_under_a_name_with_brackets_or_dots(before, name, secret, pattern):
    text = urlencode(before + [(pattern % name, secret)])
    assert CANARY not in REDACTOR.query(text)
    assert CANARY not in left(text, "form")
    assert CANARY not in left(json.dumps({pattern % name: secret}), "json")


@given(spelled(), holding(), st.lists(st.booleans(), min_size=30, max_size=30))
def test_no_secret_leaves_under_a_percent_encoded_name(name, secret, which):
    encoded = "".join("%%%02x" % ord(char) if up else char for char, up in zip(name, which))
    text = "a=1&" + encoded + "=" + quote_plus(secret)
    assert CANARY not in REDACTOR.query(text)
    assert CANARY not in left(text, "form")
    assert CANARY not in left(text, "text")


@given(spelled(), holding(), st.lists(st.booleans(), min_size=30, max_size=30))
def test_no_secret_leaves_under_an_escaped_key(name, secret, which):
    escaped = "".join("\\u%04x" % ord(char) if up else char for char, up in zip(name, which))
    text = '{"' + escaped + '": ' + json.dumps(secret) + "}"
    assert CANARY not in left(text, "json")
    assert CANARY not in left(text[:-1], "json")


OWN = Redactor("an API key", fields=["gr\u00f6\u00dfe", "\u043f\u0430\u0440\u043e\u043b\u044c", "2fa", "tax number"])


@given(spelled(["gr\u00f6\u00dfe", "\u043f\u0430\u0440\u043e\u043b\u044c", "2fa", "tax number"]), holding(), st.booleans())
def test_no_secret_leaves_under_a_name_of_ones_own(name, secret, ascii_only):
    text = json.dumps({"f": 1, name: secret}, ensure_ascii=ascii_only)
    assert CANARY not in OWN.body(text, "json")
    assert " " in name or CANARY not in OWN.body(text[:-1], "json")  # where nothing parses, a name is one word
    assert CANARY not in OWN.body(json.dumps({"payload": text}), "json")
    assert CANARY not in OWN.body(urlencode({name: secret}), "form")
    assert CANARY not in OWN.query("a=1&" + urlencode({"user[%s]" % name: secret}))


@given(documents_with_secrets(), plain_names)
def test_no_secret_leaves_in_json_within_a_form(document, name):
    text = urlencode({name: json.dumps(document)})
    assert CANARY not in left(text, "form")
    assert CANARY not in REDACTOR.query(text)


url_texts = st.text(alphabet="abc019-._~/+%:@!$*() \u00e9", max_size=8)


@given(spelled(), holding(url_texts), st.sampled_from(["?", "?a=b&", "#", "/x?c=d#e=f&"]), st.booleans())
def test_no_secret_leaves_in_a_url(name, secret, lead, fragment):
    url = "https://shop.example/path" + lead + name + "=" + quote(secret)
    for header in ("Referer", "Location", "content-location", "X-Original-URL"):
        assert CANARY not in REDACTOR.header(header, url)
    assert CANARY not in REDACTOR.header("Link", "<" + url + '>; rel="next"')
    assert CANARY not in REDACTOR.header("Refresh", "0; url=" + url)
    assert CANARY not in left(json.dumps({"next": url}), "json")
    assert CANARY not in left(urlencode({"next": url}), "form")
    assert CANARY not in REDACTOR.query(urlencode({"next": url}))
    assert CANARY not in REDACTOR.query(urlencode({"next": "/a?" + urlencode({"next": url})}))


@given(spelled(), st.one_of(holding(), holding(st.text(alphabet=" =;,:\"'&\\<>{}"))))
def test_no_secret_leaves_in_a_header_cookie_or_argument(name, secret):
    assert CANARY not in REDACTOR.header(name, secret)
    assert CANARY not in REDACTOR.argument(name, secret)
    for header in ("Authorization", "proxy-authorization", "X-Api-Key", "x_auth_token", "X-CSRF-Token"):
        assert CANARY not in REDACTOR.header(header, secret)


@given(st.lists(st.tuples(plain_names, holding(st.text(alphabet="abc =\"\u00e9", max_size=5))), min_size=1, max_size=4))
def test_no_cookie_value_leaves(cookies):
    assert CANARY not in REDACTOR.header("Cookie", "; ".join(name + "=" + value for name, value in cookies))
    for name, value in cookies:
        assert CANARY not in REDACTOR.header("Set-Cookie", name + "=" + value + "; Path=/; HttpOnly")


@given(st.sampled_from(["Bearer", "basic", "Digest", "Token", "Unheard-Of", ""]), holding())
def test_no_credential_leaves_after_any_scheme(scheme, secret):
    assert CANARY not in REDACTOR.header("Authorization", scheme + " " + secret)


def multipart(fields, boundary="frontier"):
    parts = ['--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary, name, value) for name, value in fields]
    return "".join(parts) + "--%s--\r\n" % boundary


@given(pairs, spelled(), holding(), pairs, st.sampled_from(["multipart/form-data; boundary=frontier", "", "multipart/form-data; boundary=other"]))
def test_no_secret_leaves_in_a_multipart_field(before, name, secret, after, content_type):
    text = multipart(before + [(name, secret)] + after)
    assert CANARY not in left(text, "multipart", content_type)


@given(pairs, spelled(), holding(), st.integers(0, 60))
def test_no_secret_leaves_in_cut_multipart(before, name, secret, cut):
    text = multipart(before + [(name, secret)])
    body = text_of(Body(text.encode("utf-8", "replace")[: len(text) - cut], 10**6, "cut"), "multipart/form-data; boundary=frontier", "", 65536)
    assert CANARY not in left(body.text, body.kind, "multipart/form-data; boundary=frontier")
    lost = text[8:]  # its first delimiter
    assert CANARY not in left(lost, "multipart")


@example("pwd", "&" + CANARY + "=", ": ")
@example("pwd", "a&" + CANARY + "=b", " = ")
@example("pwd", "{}" + CANARY, ": ")
@example("pwd", "[1], " + CANARY, ":")
@example("pwd", '"a", ' + CANARY, " => ")
@example("pwd", "'' " + CANARY, "=")
@given(spelled(), holding(st.text(alphabet=st.characters(blacklist_characters="\r\n\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e"), max_size=8)), st.sampled_from([": ", ":", "=", " = ", " : ", "\t=\t", " => "]))
def test_no_secret_leaves_on_a_line_of_text(name, secret, sign):
    assume(sign != "=" or not re.search(r"[&,;\s][^\s&,;=]+=", secret))  # the next pair of a query, or of a log
    text = "hello\nuser" + sign + "bob\n" + name + sign + secret + "\nlast line\n"
    for kind in ("text", "", "json"):
        assert CANARY not in left(text, kind)
    if not set("\"'`[{").intersection(secret):  # one that is never closed may go on over the next line
        assert left(text, "text").endswith("\nlast line\n")


@pytest.mark.parametrize("begin", ['""', "''", '"a"', "``", "{}", "[1]", "{a: b}", '{"a": [1]}', "{}[]", "true", "1", "x"])
@pytest.mark.parametrize("after", ["", " ", ", ", ",", "; ", "&", "}", "]", ")", "<", ">", "\\n", "\t", "|", '"', ":"])
@pytest.mark.parametrize("sign", [": ", ":", " = ", " => "])
def test_a_secret_is_not_over_where_a_quote_or_a_bracket_closes(begin, after, sign):
    for kind in ("text", "", "json"):
        assert CANARY not in left("hello\npwd" + sign + begin + after + CANARY + "\nlast line\n", kind)


@pytest.mark.parametrize("begin", ["pin='", "requirepass '", "'password': '", "pwd = `"])
@pytest.mark.parametrize("name, after", [('"token": "', " "), ('"TO-KEN": "', "<"), ("token: ", "; "), ("otp=", ", ")])
def test_a_quote_that_ends_in_the_value_of_another_name_ends_nothing(begin, name, after):
    for kind in ("json", "text", ""):
        assert CANARY not in left('{"a": "' + begin + '", ' + name + "x" + begin[-1] + after + CANARY + ' y", "z": "', kind)


quoted_text = st.text(alphabet="abc ,;:=&{}()\u00e9", max_size=8)


@given(spelled(), holding(quoted_text), st.sampled_from(["'", '"']), st.sampled_from([": ", "=", " => "]))
def test_no_quoted_secret_leaves_in_text(name, secret, quote_mark, sign):
    pair = name + sign + quote_mark + secret + quote_mark
    for text in (pair, "{" + pair + ", user: 'bob'}", "{" + quote_mark + name + quote_mark + sign + quote_mark + secret + quote_mark + "}"):
        for kind in ("text", "json", "graphql", "xml"):
            assert CANARY not in left(text, kind)


xml_names = spelled()


@given(xml_names, holding(st.text(alphabet="abc \n&;=:'\"\u00e9", max_size=8)), st.sampled_from(["", "s:", "soap-env:"]), st.booleans())
def test_no_secret_leaves_in_an_xml_element_or_attribute(name, secret, prefix, cut):
    element = "<a><b>x</b><%s%s kind='y'>%s</%s%s></a>" % (prefix, name, secret, prefix, name)
    cdata = "<a><%s%s><![CDATA[<%s>]]></%s%s></a>" % (prefix, name, secret, prefix, name)
    nested = "<a><%s><value>%s</value></%s></a>" % (name, secret, name)
    attribute = "<a %s=\"%s\" b='c'/>" % (name, secret.replace('"', ""))
    for text in (element, cdata, nested, attribute):
        for kind in ("xml", "text", ""):
            assert CANARY not in left(text[: text.index(CANARY) + 20] if cut else text, kind)


@given(spelled(), holding(st.text(alphabet="abc .,>'\u00e9", max_size=8)))
def test_no_value_of_a_secret_form_field_leaves_in_html(name, secret):
    for tag in ('<input type="hidden" name="%s" value="%s">', '<meta name="%s" content="%s">'):
        assert CANARY not in left("<html>" + tag % (name, secret) + "</html>", "xml")
    assert CANARY not in left('<html><input value="%s" name="%s"></html>' % (secret, name), "xml")


@given(spelled(), holding())
def test_no_secret_leaves_in_graphql(name, secret):
    name = name.replace("-", "_")
    query = 'mutation { login(user: "bob", %s: %s) { id } }' % (name, json.dumps(secret))
    block = 'mutation { login(user: "bob", %s: """%s""") { id } }' % (name, secret.replace('"', "'").replace("\\", "/"))
    default = 'mutation M($%s: String = %s) { login(%s: $%s) { id } }' % (name, json.dumps(secret), name, name)
    for text in (query, block, default):
        assert CANARY not in left(text, "graphql")
        assert CANARY not in left(json.dumps({"query": text}), "json")
    variables = json.dumps({"query": "mutation M { x }", "variables": {"input": {name: secret}}})
    assert CANARY not in left(variables, "json")


@given(st.text(), st.sampled_from(KINDS), st.text(max_size=20))
def test_nothing_raises(text, kind, name):
    REDACTOR.body(text, kind, text)
    REDACTOR.header(name, text)
    REDACTOR.header("Referer", text)
    REDACTOR.query(text)
    REDACTOR.argument(name, text)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(
    ["password", "token", '"', "\\", "\\\"", ":", "=", "{", "}", "[", "]", "<", ">", "</", "'", "&", "%22", "%", "\n", " ", "x", "1",
     "name=", "--b", "\r\n\r\n", "\\u0070", "\ud800", "(", "$", ",", '"""', "<!"]), max_size=25), st.sampled_from(KINDS))
def test_nothing_raises_on_scraps_of_every_format(scraps, kind):
    text = "".join(scraps)
    masked = REDACTOR.body(text, kind, "multipart/form-data; boundary=b")
    REDACTOR.query(text)
    REDACTOR.header("Referer", text)
    assert isinstance(masked, str)
