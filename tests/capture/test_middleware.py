"""Middleware of the app between Flask and the agent, as where MetloFlask comes last: it may use all that WSGI offers."""

import subprocess
import sys

import pytest

from tests.support.recorder import Recorder
from tests.support.serving import ROOT, clean_environ

pytestmark = pytest.mark.core
SCRIPT = """
import sys
from flask import Flask
from metlo_auto import MetloFlask

def by_keyword(app):
    def inside(environ, start_response):
        def start(status, headers, exc_info=None):
            return start_response(status, headers + [("X-Inside", "1")], exc_info=exc_info)
        return app(environ, start)
    return inside

def by_write(app):
    def inside(environ, start_response):
        write = start_response("200 OK", [("Content-Type", "text/plain")])
        write(b"written;")
        return app(environ, lambda *args: write)
    return inside

def as_generator(app):
    def inside(environ, start_response):
        for piece in app(environ, start_response):
            yield piece + b"!"
    return inside

app = Flask("app")
app.add_url_rule("/hi/<int:id>", "hi", lambda id: "hello")
app.wsgi_app = globals()[sys.argv[1]](app.wsgi_app)
if sys.argv[2:]:
    MetloFlask(app)
with app.test_client() as client:
    answer = client.get("/hi/1")
    print(answer.status_code, answer.get_data().decode(), sorted(answer.headers))
    answer.close()
"""


def run(environ, *arguments):
    done = subprocess.run([sys.executable, "-c", SCRIPT] + list(arguments), env=environ, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True, timeout=60, cwd=environ["HOME"])
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("kind,body", [("by_keyword", "hello"), ("by_write", "written;hello"), ("as_generator", "hello!")])
def test_what_middleware_does_passes_and_is_reported_as_the_client_got_it(tmp_path, kind, body):
    with Recorder() as recorder:
        environ = clean_environ(tmp_path, PYTHONPATH=str(ROOT), **recorder.environ())
        assert run(environ, kind, "attached") == run(environ, kind)
        trace, = recorder.wait_for(1)
    assert trace["response"]["body"] == body
    assert trace["request"]["url"]["path"] == "/hi/1"
