"""A secret with any character in it leaves in no format that is written as its standard says."""

import json
from html import escape
from urllib.parse import quote, quote_plus

import pytest

from .corpus import S
from .exchanges import left, redactor

REDACTED, SCHEMA = redactor(), redactor("schema")
NAMES = ["password", "newPassword", "api_key", "client-secret"]
AROUND = [
    "%s", "p %s", "it's %s", 'say "%s"', "a;%s", "a, %s", "a&%s", "a=%s", "a #%s", "a<%s>", "a\\%s", "a\n%s", "ä %s", "a: %s", "(%s)", "{%s}", "[%s]", "%%41%s", "$%s", "a@%s",
    "null %s", "true, %s", "123 %s", "a/%s", "a|%s", "a\t%s", "`%s`", "-%s", "*%s", "a?%s", "x => %s", "'%s'", '"%s', "a b c %s", "://u:%s@h", "<b>%s", "//%s", "--x %s",
]


def in_json(name, value):
    one = {"a": 1, name: value, "b": "x"}
    text = json.dumps(one)
    yield "json", text
    yield "json", json.dumps(one, ensure_ascii=False, indent=2)
    yield "json", json.dumps({"body": text})
    yield "json", json.dumps({"x": json.dumps({"y": text})})
    yield "json", json.dumps({"a": [{"b": {name: [value]}}]})
    yield "json", json.dumps({name: {"value": value}})
    yield "json", json.dumps(text)
    yield "json", text[:-12]
    yield "json", text[:-1] + ",}"
    yield "json", "// c\n" + json.dumps(one, indent=1)
    yield "json", text.replace('"a"', "a")
    yield "json", "{a: 1, %s: %s, b: 2}" % (name.replace("-", "_"), json.dumps(value))
    yield "ndjson", '{"z": 1}\n' + text + "\n"
    yield "text", "data: " + text + "\n\n"
    yield "text", "INFO got %r from x" % (one,)
    yield "text", "INFO got %s from x" % text
    yield "json", json.dumps([{"op": "replace", "path": "/" + name, "value": value}])
    yield "json", json.dumps({"name": name, "value": value})
    yield "json", json.dumps({"params": [[name, value]]})
    yield "json", json.dumps({"detail": [{"loc": ["body", name], "input": value}]})
    yield "json", json.dumps({"columns": ["a", name], "rows": [[1, value]]})
    yield "json", json.dumps({"query": "mutation($x: String) { login(%s: $x) { id } }" % name.replace("-", "_"), "variables": {"x": value}})


def in_pairs(name, value):
    pair = "a=1&%s=%s&b=2" % (name, quote_plus(value))
    document = quote_plus(json.dumps({"a": 1, name: value}))
    yield "form", pair
    yield "form", "a=1&user%%5B%s%%5D=%s" % (name, quote(value, safe=""))
    yield "query", pair
    yield "form", "data=" + document
    yield "query", "data=" + document
    yield "form", "q=" + quote_plus(pair)
    yield "json", json.dumps({"q": pair})
    yield "json", json.dumps({"u": "https://h/x?" + pair + "#f"})
    yield "header Referer", "https://h/x?%s=%s&b=1" % (name, quote(value))
    yield "header Cookie", "a=1; s=" + quote(value)
    yield "answer Set-Cookie", "s=%s; Path=/" % quote(value)
    yield "multipart", 'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name, value)
    yield "multipart", 'Content-Disposition: form-data; name="j"\r\n\r\n' + json.dumps({name: value})


def in_markup(name, value):
    text, document = escape(value), json.dumps({"a": 1, name: value})
    yield "xml", "<r><a>1</a><%s>%s</%s></r>" % (name, text, name)
    yield "xml", '<r a="1" %s="%s"/>' % (name, text)
    yield "xml", "<%s><![CDATA[%s]]></%s>" % (name, value, name)
    yield "xml", '<p name="%s"><value>%s</value></p>' % (name, text)
    yield "xml", '<property name="%s" value="%s"/>' % (name, text)
    yield "xml", "<key>%s</key><string>%s</string>" % (name, text)
    yield "xml", "<n:%s xmlns:n='x'>%s</n:%s>" % (name, text, name)
    yield "html", '<input type="text" name="%s" value="%s">' % (name, text)
    yield "html", '<input value="%s" name="%s"/>' % (text, name)
    yield "html", '<textarea name="%s">%s</textarea>' % (name, text)
    yield "html", "<script>var c = %s;</script>" % document
    yield "html", "<div data-c='%s'></div>" % escape(document)
    yield "html", "<pre>%s</pre>" % escape(document)
    yield "html", '<div data-%s="%s">' % (name.replace("_", "-"), text)


def in_settings(name, value):
    plain, upper, quoted = name.replace("-", "_"), name.upper().replace("-", "_"), json.dumps(value)
    yield "yaml", "a: 1\n%s: %s\nb: 2\n" % (name, quoted)
    yield "yaml", "a: 1\n%s: |\n  %s\nb: 2\n" % (name, value.replace("\n", "\n  "))
    yield "application/toml", "a = 1\n%s = %s\n" % (name, quoted)
    yield "graphql", 'mutation { login(user: "a", %s: %s) { id } }' % (plain, quoted)
    yield "json", json.dumps({"query": 'mutation { login(user: "a", %s: %s) { id } }' % (plain, quoted)})
    yield "text", "$c = ['a' => 1, '%s' => '%s'];\n" % (name, value.replace("\\", "\\\\").replace("'", "\\'"))
    yield "text", "c = {:a => 1, :%s => %s}\n" % (plain, quoted)
    yield "application/javascript", "const c = { a: 1, %s: %s, b: 2 };" % (plain, quoted)
    yield "text/csv", 'a,%s,b\n1,"%s",2\n' % (name, value.replace('"', '""'))
    if "\n" in value or "\t" in value:
        return
    yield "yaml", "a:\n  - %s: '%s'\n    b: 2\n" % (name, value.replace("'", "''"))
    yield "text", "[s]\na = 1\n%s = %s\nb = 2\n" % (name, value)
    yield "text", "%s: %s\r\nHost: x\r\n" % (name, value)
    yield "text", "%s=%s\nB=2\n" % (upper, value)
    yield "text", '%s="%s"\nB=2\n' % (upper, value.replace("\\", "\\\\").replace('"', '\\"'))
    yield "text", "export %s='%s'\n" % (upper, value.replace("'", "'\\''"))
    yield "json", json.dumps({"c": "a: 1\n%s: %s\nb: 2" % (name, value)})
    yield "json", json.dumps({"env": "A=1\n%s=%s\n" % (name, value)})
    yield "header X-Api-Key", value


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("name", NAMES)
def test_no_spelling_lets_it_out(name, around):
    value = around % S
    cases = [case for format in (in_json, in_pairs, in_markup, in_settings) for case in format(name, value)]
    assert [case for case in cases if S[:8] in left(REDACTED, *case)] == []
    assert [case for case in cases if S[:8] in left(SCHEMA, *case)] == []
