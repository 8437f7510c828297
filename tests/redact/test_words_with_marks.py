"""Words for a password in every language of the table, as JSON, cut JSON, forms, text and XML have them."""

import json

import pytest

from metlo_auto.redact import Redactor, tables

S = "hunter2xyz"
FORMS = [
    ("json", lambda name: json.dumps({name: S})), ("json", lambda name: json.dumps({"my_" + name: S})),
    ("json", lambda name: json.dumps({"a": {name: S}})[:-1]),
    ("json", lambda name: json.dumps({"a": {name: S}}, ensure_ascii=False)[:-1]),
    ("json", lambda name: json.dumps({"inner": json.dumps({name: S})})),
    ("text", lambda name: name + "=" + S), ("text", lambda name: name + ": " + S),
    ("text", lambda name: "'%s': '%s'" % (name, S)), ("text", lambda name: json.dumps({name: S})),
    ("form", lambda name: name + "=" + S + "&a=1"), ("xml", lambda name: "<%s>%s</%s>" % (name, S, name)),
]


@pytest.mark.core
@pytest.mark.parametrize("kind, write", FORMS)
def test_a_word_for_a_password_is_found_whatever_its_language(kind, write):
    redactor, readable = Redactor("key"), []
    for name in tables.PASSWORDS:
        text = write(name)
        if not redactor.mentions(text) or S in redactor.body(text, kind):
            readable.append(text)
    assert readable == []
    assert len(tables.PASSWORDS) > 40
