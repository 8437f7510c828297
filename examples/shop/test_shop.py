"""The shop's tests. `metlo-run --local --ci pytest` runs them, and then checks what they showed."""

import threading

import pytest
import traffic
from shop import create_app
from werkzeug.serving import make_server


@pytest.fixture
def app(tmp_path):
    return create_app({"DATABASE": str(tmp_path / "shop.sqlite3"), "TESTING": True})


def test_strangers_are_asked_to_log_in(app):
    answer = app.test_client().get("/me")
    assert answer.status_code == 401 and answer.get_json()["error"] == "Unauthorized"


def test_customers_get_what_they_want(app):
    app.testing = False  # an error is an answer, as it is for customers
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        assert traffic.send(f"http://127.0.0.1:{server.server_port}") > 40
    finally:
        server.shutdown()
        thread.join()
