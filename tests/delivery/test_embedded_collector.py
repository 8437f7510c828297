"""Against the embedded collector, which implements v2: exactly the endpoints of the app, every call counted once."""

import sys

import pytest

from tests.delivery.serving import SERVERS, Server, environ

pytest.importorskip("sqlalchemy", reason="the embedded collector needs it")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.version_info < (3, 9), reason="the embedded collector needs Python 3.9"),
]

APP = """
from flask import Flask
app = Flask(__name__)
for rule in ("/hit/<name>", "/users/<name>/orders/<int:order>", "/", "/plain"):
    app.add_url_rule(rule, rule, lambda **arguments: "x")
"""


@pytest.mark.parametrize("kind", ["gunicorn sync -w 2", "gunicorn gthread",
                                  pytest.param("waitress", marks=pytest.mark.core)])
def test_exactly_the_routes_of_the_app_become_endpoints(kind, tmp_path):
    from tests.collector.collector_support import Collector, until

    (tmp_path / "counting.py").write_text(APP)
    (tmp_path / "data").mkdir()
    collector = Collector(tmp_path / "data")
    try:
        env = environ(collector.url, tmp_path, METLO_SHUTDOWN_TIMEOUT="20")
        env["METLO_API_KEY"] = collector.key
        with Server(SERVERS[kind], env, tmp_path / "log", cwd=tmp_path) as server:
            server.hit(30)
            for number in range(30):
                server.get("/users/alice%d/orders/%d" % (number, number))
                server.get("/plain")
            server.end()
        asked = len(server.answered)
        status = collector.settled(asked)
        assert status["accepted_traces"] == asked
        endpoints = until(lambda: collector.get("/api/local/endpoints"))
        calls = {endpoint["route"]: endpoint["calls"] for endpoint in endpoints}
        assert calls == {"/hit/{name}": asked - 60, "/users/{name}/orders/{order}": 30, "/plain": 30}
    finally:
        collector.stop()
