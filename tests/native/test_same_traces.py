"""The compiled way queues byte for byte what the pure way queues, or leaves an exchange to it."""

import json
import random

import pytest

metlo_auto_native = pytest.importorskip("metlo_auto_native", reason="the compiled way is not installed: pip install ./native")
from metlo_auto.agent import Agent  # noqa: E402
from metlo_auto.config.settings import load  # noqa: E402
from metlo_auto.delivery import Exits, Locks, OwnThreads  # noqa: E402
from metlo_auto.redact import Redactor, headers  # noqa: E402
from metlo_auto.trace.bodies.truncation import closed_json  # noqa: E402
from tests.native.both_ways import Exchange, Way, exchange, seeded  # noqa: E402

EXCHANGES = 600
MODES = [{}, {"redact": "none"}, {"redact_headers": ("X-Mine",), "redact_fields": ("description",)}, {"redact_fields": ("größe",)},
         {"max_body": 0}, {"max_body": 60}, {"ours": True}]


@pytest.mark.parametrize("settings", MODES, ids=lambda settings: " ".join(settings) or "default")
def test_generated_exchanges_give_the_same_traces_both_ways(settings):
    pure, compiled = Way("off", **settings), Way("auto", **settings)
    for seed in range(EXCHANGES):
        made = exchange(seeded(seed))
        assert compiled.report(made) == pure.report(made), (seed, made)
        assert compiled.received == pure.received
    assert compiled.queue.dropped == pure.queue.dropped
    counts = compiled.agent.stats()
    assert counts["native"] > EXCHANGES / (7 if settings != {"max_body": 0} else 60), counts
    assert counts["native"] + sum(counts["native_declined"].values()) == EXCHANGES


@pytest.mark.parametrize("text", [
    "password=a", "PASSWORD: a", '{"new_password_confirm": 1}', "contraseña=a", "CONTRASEÑA: a", "пароль=a", "ПАРОЛЬ: a", "\\u043f\\u0430\\u0440\\u043e\\u043b\\u044c=",
    "密码=a", "a=%70assword=1", "https://u:p@host/", "http:\\/\\/u:p@host", "-----BEGIN RSA PRIVATE KEY-----", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "OPENAI_API_KEY=a",
    "a: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijk", "machine h login l password p",
])
def test_the_compiled_search_finds_what_the_rules_look_for(text):
    search = Way("auto").agent._native._search
    assert Redactor("k").mentions(text) and search.finds(text.encode())


def test_the_compiled_search_passes_what_the_bench_sends():
    search = Way("auto").agent._native._search
    sent = {"a": "ada@example.com", "street": "12 St James's Square", "newsletter": False, "title": "Difference engine", "hashed": "co"}
    assert not search.finds(json.dumps(sent).encode()) and not search.finds(b"text/html; charset=utf-8")


@pytest.mark.parametrize("name", ["session", "token", "theme"])
def test_a_usual_cookie_is_marked_without_asking_python(name, monkeypatch):
    pure, compiled = Way("off"), Way("auto")
    environ = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/", "SERVER_NAME": "srv", "SERVER_PORT": "80", "HTTP_HOST": "a.example",
        "HTTP_COOKIE": "%s=eyJjYXJ0IjpbMSwyXX0.Zx" % name,
    }
    made = Exchange(environ, b"", [], "200 OK", [("Content-Type", "text/plain")], [b"well"], ("/", "index", {}))
    compiled.report(made)
    expected = [pure.report(made) for _ in range(2)][1]
    asked = []
    monkeypatch.setattr(headers, "cookie", lambda value, mask: asked.append(value) or value)
    assert compiled.report(made) == expected and b"redacted-" in expected[0][0]
    assert not asked and compiled.agent.stats()["native"] == 1


@pytest.mark.parametrize("native", ["off", "auto"])
def test_a_full_queue_drops_and_counts(native):
    loaded = load({"METLO_ENV_FILE": "off"}, None, {
        "host": "http://127.0.0.1:9", "api_key": "k", "spool_dir": "off", "native": native, "queue_size": 65536,
        "shutdown_timeout": 0.1}).settings
    agent = Agent(loaded, Exits(), Locks(), OwnThreads())
    way = Way(native, agent)
    channel = agent.delivery.channel()
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "srv", "SERVER_PORT": "80", "HTTP_HOST": "a.example"}
    made = Exchange(environ, b"", [], "200 OK", [("Content-Type", "text/plain")], [b"x" * 2000], ("/", "index", {}))
    for _ in range(100):
        way.exchange = made
        made.serve(way.wsgi_app)
    size = channel.queue.total_bytes
    agent.delivery.end()
    counts = agent.stats()
    assert counts["captured"] == 100 and counts["dropped"]["queue_full"] >= 65 and size <= 65536
    assert counts["captured"] == counts["sent"] + counts["spooled"] + counts["queued"] + sum(counts["dropped"].values())
    assert counts["native"] == (99 if native == "auto" else 0)


@pytest.mark.parametrize("body, content_type", [
    (b'{"key": "abcdefghijklmnopqrstuvwxyz0123456789"}', "application/json"), (b'{"key" : "abcdefghijklmnop0123456789"}', "application/json"),
    (b"id,password,name\n1,correct horse,Ada\n", "text/csv"), (b"id;session\n1;abc\n", "text/csv; charset=utf-8"),
    (b"id\tapi key\n1\tabc123abc123\n", "text/tab-separated-values"), (b"id,name\n1,Ada\n", "text/csv"),
], ids=lambda value: value.decode()[:20] if isinstance(value, bytes) else "")
def test_bodies_whose_secrets_no_name_gives_away_are_the_same_both_ways(body, content_type):
    traces = []
    for way in (Way("off"), Way("auto")):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "srv", "SERVER_PORT": "80", "HTTP_HOST": "a.example"}
        made = Exchange(environ, b"", [], "200 OK", [("Content-Type", content_type)], [body], ("/", "index", {}))
        traces.append([way.report(made) for _ in range(2)])
    assert traces[0] == traces[1] and way.agent.stats()["native"] == 1
    assert (b"redacted" in traces[0][1][0][0]) == (b"Ada\n" not in body or b"password" in body)


_PIECES = ['"', "\\", "{", "}", "[", "]", ",", ":", " ", "\n", "1", "-2.5e3", "true", "nul", "a", "\u00e9", "\u2003", "\x1c", "\x85",
           '"k": 1', "{}", '["x", 2]', '"abc",', '"a":', "\\u00e", "\\ud83d", '{"a":[', "}]"]
_USUAL = ['"k": 1, ', '{"a": 2}, ', '"x", ', "[1, 2], ", "3, ", "é"]


def test_json_that_was_cut_is_closed_the_same_both_ways():
    chosen = random.Random(7)
    for _ in range(30000):
        text = chosen.choice(["", "{", "[", '{"a":[', '{"b": "'])
        text += "".join(chosen.choice(_PIECES if chosen.random() < 0.5 else _USUAL) for _ in range(chosen.randrange(25)))
        assert metlo_auto_native.closed_json(text) == closed_json(text), text


@pytest.mark.parametrize("body", [
    json.dumps([{"id": n, "name": "Ada \u00e9 %d" % n, "tags": ["a", 'b"'], "more": None} for n in range(90)], ensure_ascii=False).encode(),
    json.dumps([{"id": n, "password": "correct horse %d" % n} for n in range(90)]).encode(),
    b"[" + b"1, " * 3000, b'{"a": "' + "\u20ac".encode() * 3000, b"no JSON " * 600,
], ids=["rows", "passwords", "numbers", "one string", "none"])
@pytest.mark.parametrize("more", range(4))
def test_json_that_is_too_long_goes_the_compiled_way(body, more):
    traces = []
    for way in (Way("off"), Way("auto")):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "srv", "SERVER_PORT": "80", "HTTP_HOST": "a.example"}
        made = Exchange(environ, b"", [], "200 OK", [("Content-Type", "application/json")], [b" " * more, body], ("/", "index", {}))
        traces.append([way.report(made) for _ in range(2)])
    assert traces[0] == traces[1] and way.agent.stats()["native"] == 1
    assert b'"omitted":"cut"' in traces[0][1][0][0] and b"correct horse" not in traces[0][1][0][0]
    if body[:1] in (b"[", b"{"):
        trace = json.loads(traces[0][1][0][0].decode().replace(",,", ","))  # what differs from trace to trace is left out
        json.loads(trace["response"]["body"])


@pytest.mark.parametrize("content_type, body", [
    ("application/x-www-form-urlencoded", b"api+key=AbCdEfGh12345678&x=1"), ("application/json", b'{"aPI keY": "AbCdEfGh12345678"}'),
    ("application/json", b'{"my": {"api_ -key": 1, "private  key": 2, "api key": "AbCdEfGh12345678"}}'), ("text/plain", b"your login\tcode is 483920"),
    ("application/json", json.dumps({"x": '{"pass\\u0077ord": "AbCdEfGh12345678"}'}).encode()),
    ("text/html", b'<div class="col-md-6">AbCdEfGh12345678</div>'), ("text/plain", b"a1 LOGIN ann AbCdEfGh12345678"),
], ids=["in a form", "in odd cases", "among others", "behind a tab", "JSON within JSON", "no key of a class", "a login"])
def test_phrases_and_escapes_are_found_the_same_both_ways(content_type, body):
    traces = []
    for way in (Way("off"), Way("auto")):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "srv", "SERVER_PORT": "80", "HTTP_HOST": "a.example"}
        made = Exchange(environ, b"", [], "200 OK", [("Content-Type", content_type)], [body], ("/", "index", {}))
        traces.append([way.report(made) for _ in range(2)])
    assert traces[0] == traces[1] and way.agent.stats()["native"] == 1
    assert (b"AbCdEfGh12345678" in traces[0][1][0][0]) == (b"col-md" in body)
