"""A collector that is not ours makes endpoints of paths: it gets the route as the path, and the real path in meta."""

import json
import random
import sys
from collections import Counter

import pytest

from tests.delivery.serving import SERVERS, Server, environ
from tests.support.faulty_collector import Answer, FaultyCollector, real_path
from tests.support.metlo_sink import MetloSink

APP = """
from flask import Flask, abort, jsonify, request
app = Flask(__name__)

@app.route("/customers/<username>")
def customer(username):
    return jsonify(name=username, orders=3, rating=4.5, whole=2.0, tags=["a", None])

@app.route("/files/<path:rest>")
def file(rest):
    return rest

@app.route("/reset/<token>", methods=["GET", "POST"])
def reset(token):
    return "done"

@app.route("/late/<name>")
def late(name):
    if name == "stranger":
        abort(401)
    return jsonify(secret_of=name, n=1)

@app.route("/gone/<name>")
def gone(name):
    abort(404)

@app.route("/plain")
def plain():
    return "x"

@app.route("/hit/<name>")
def hit(name):
    return jsonify(name=name)
"""
WORDS = ["alice", "bob", "orders", "redacted", "profile", "settings", "users", "login", "x1", "42", "käse", "a b", "me"]


def targets(chance, times):
    """Paths of all kinds of routes, in an order by chance."""
    made = []
    for _ in range(times):
        word = chance.choice(WORDS).replace(" ", "%20").replace("ä", "%C3%A4")
        deep = "/".join(chance.choice(["docs", "img", "a1"]) for _ in range(chance.randrange(1, 5)))
        made.append(chance.choice(["/customers/" + word, "/files/" + deep, "/reset/" + word, "/plain", "/late/" + word]))
    return made


@pytest.fixture
def serving(tmp_path):
    (tmp_path / "counting.py").write_text(APP)

    def serve(collector, kind="waitress", **more):
        host = getattr(collector, "host", None) or collector.url
        env = environ(host, tmp_path, METLO_MAX_RATE="0", METLO_SHUTDOWN_TIMEOUT="15", **more)
        env["METLO_API_KEY"] = collector.key
        return Server(SERVERS[kind], env, tmp_path / "log", cwd=tmp_path)

    return serve


ROUTES = {"/customers/{username}", "/files/{rest}", "/reset/{token}", "/late/{name}", "/plain", "/hit/{name}"}


def test_no_value_of_a_parameter_makes_an_endpoint(serving):
    with MetloSink(size=100000) as collector:
        with serving(collector) as server:
            for target in targets(random.Random(7), 2000):
                server.get(target)
            server.end()
        collector.wait_until(lambda: len(collector.stored) >= len(server.answered))
        assert {template for _, template in collector.endpoints} == ROUTES
        for trace in collector.traces:
            url = trace["request"]["url"]
            assert url["path"] == url["endpointPath"]
        assert Counter(map(real_path, collector.traces + collector.announcements)) == Counter(
            map(as_captured, server.answered)
        )


def as_captured(target):
    """How the path of a target stands in a trace: decoded, its secrets masked."""
    from urllib.parse import unquote

    path = unquote(target)
    return "/reset/" + masked(path) if path.startswith("/reset/") else path


def masked(path):
    from metlo_auto.redact import Redactor

    return Redactor("test-key", (), (), True).argument("token", path[len("/reset/") :])


def test_an_announcement_has_types_and_no_values(serving):
    with MetloSink(size=100000) as collector:
        with serving(collector) as server:
            server.get("/customers/alice?q=1")
            server.end()
        announced = [it for it in collector.announcements if it["request"]["url"]["path"] == "/customers/{username}"]
        assert len(announced) == 1
        trace = announced[0]
        assert trace["request"]["body"] == trace["response"]["body"] == ""
        kept = {
            header["name"].lower(): header["value"]
            for side in ("request", "response")
            for header in trace[side]["headers"]
            if header["value"]
        }
        assert kept == {"content-type": "application/json"}
        assert {"host", "content-length"} <= {
            header["name"].lower() for side in ("request", "response") for header in trace[side]["headers"]
        }
        types = trace["processedTraceData"]["dataTypes"]
        assert types == {
            "resBody.name": ["string"], "resBody.orders": ["integer"], "resBody.rating": ["number"],
            "resBody.whole": ["integer"], "resBody.tags.[]": ["string"], "reqQuery.q": ["string"],
        }  # fmt: skip
        assert trace["meta"]["path"] == "/customers/alice"


def test_a_route_is_announced_again_by_its_first_response_that_is_no_error(serving):
    with MetloSink(size=100000) as collector:
        with serving(collector) as server:
            for name in ("stranger", "stranger", "alice", "bob"):
                ask(server, "/late/" + name)
            server.end()
        announced = [it for it in collector.announcements if it["request"]["url"]["path"] == "/late/{name}"]
        assert sorted(trace["response"]["status"] for trace in announced) == [200, 401]
        well = [trace for trace in announced if trace["response"]["status"] == 200][0]
        assert well["processedTraceData"]["dataTypes"] == {"resBody.secret_of": ["string"], "resBody.n": ["integer"]}
        assert len([trace for trace in collector.traces if trace["request"]["url"]["path"] == "/late/{name}"]) == 2


def ask(server, path):
    before = len(server.answered)
    server.get(path)
    return len(server.answered) > before


def test_what_is_no_endpoint_goes_by_its_real_path(serving):
    with MetloSink(size=100000) as collector:
        with serving(collector) as server:
            ask(server, "/gone/alice")
            ask(server, "/nowhere/alice")
            server.end()
        paths = {trace["request"]["url"]["path"]: trace for trace in collector.traces}
        assert {"/gone/alice", "/nowhere/alice"} <= set(paths)
        assert "path" not in paths["/gone/alice"]["meta"]


@pytest.mark.parametrize("late", [0.0, 0.3])
def test_a_collector_of_ours_gets_real_paths_by_v1_and_no_announcement(serving, late):
    import time

    def verified():
        time.sleep(late)
        return Answer(headers={"X-Metlo-Collector": "ours"})

    with FaultyCollector(v2=True) as collector:
        collector.verify = verified
        with serving(collector) as server:
            for target in targets(random.Random(8), 100):
                server.get(target)
            server.end()
        traces = [trace for post in collector.posts for trace in post.traces]
        assert {post.path for post in collector.posts} == {"/api/v1/log-request/batch"}
        assert Counter(trace["request"]["url"]["path"] for trace in traces) == Counter(map(as_captured, server.answered))
        assert all(trace["request"]["url"]["endpointPath"] in ROUTES for trace in traces)
        assert not any("path" in trace["meta"] or "processedTraceData" in trace for trace in traces)


SLOW_IMPORTS = """
import sys, time

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "requests":
            time.sleep(3)

sys.meta_path.insert(0, Slow())
"""


def test_imports_that_take_long_are_no_sign_of_another_collector(serving, tmp_path):
    (tmp_path / "counting.py").write_text(SLOW_IMPORTS + APP)
    with FaultyCollector(v2=True) as collector:
        collector.verify = lambda: Answer(headers={"X-Metlo-Collector": "ours"})
        with serving(collector) as server:
            server.get("/customers/alice")
            server.end()
        collector.wait_for_paths(server.answered, 1)
        assert {post.path for post in collector.posts} == {"/api/v1/log-request/batch"}


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info < (3, 9), reason="the embedded collector needs Python 3.9")
def test_the_embedded_collector_and_another_make_the_same_inventory(serving, tmp_path):
    pytest.importorskip("sqlalchemy", reason="the embedded collector needs it")
    from tests.collector.collector_support import Collector, until

    def ask_all(server):
        for target in targets(random.Random(9), 300):
            server.get(target)
        server.end()
        return Counter(server.answered)

    with MetloSink(size=100000) as sink:
        with serving(sink) as server:
            ask_all(server)
        theirs = {template: calls for (_, template), calls in sink.calls.items()}
    (tmp_path / "data").mkdir()
    collector = Collector(tmp_path / "data")
    try:
        with serving(collector) as server:
            ask_all(server)
        collector.settled(len(server.answered))
        endpoints = until(lambda: collector.get("/api/local/endpoints"))
        assert {endpoint["route"]: endpoint["calls"] for endpoint in endpoints} == theirs
        assert set(theirs) == ROUTES
        assert json.dumps(theirs)
    finally:
        collector.stop()
