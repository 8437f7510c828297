"""Middleware of the app between Flask and the agent, as where MetloFlask comes last: it may use all that WSGI offers."""

import os
import subprocess
import sys

import pytest

from tests.support.recorder import Recorder
from tests.support.serving import ROOT, clean_environ

pytestmark = pytest.mark.core
BOOTSTRAP = str(ROOT / "metlo_auto" / "bootstrap")
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
            yield piece.upper()
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

AROUND = """
import sys
from flask import Flask, abort
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.test import EnvironBuilder

app = Flask("app")
app.config.update((name, True) for name in sys.argv[2:])
app.add_url_rule("/refused", "refused", lambda: abort(403))
app.add_url_rule("/broken", "broken", lambda: {}["a bug"])

def answering(environ, start_response):
    try:
        return app(environ, start_response)
    except HTTPException as error:
        return error.get_response(environ)(environ, start_response)
    except Exception:
        return InternalServerError()(environ, start_response)

def letting_through(environ, start_response):
    try:
        return app(environ, start_response)
    except Exception:
        return InternalServerError()(environ, start_response)

def ask(path):
    statuses = []
    environ = EnvironBuilder(path).get_environ()
    answer = globals()[sys.argv[1]](environ, lambda status, headers, exc_info=None: statuses.append(status))
    getattr(answer, "close", lambda: None)()
    return int(statuses[0][:3])

for path in "/refused", "/broken", "/missing":
    print(path, ask(path))
"""


def run(environ, *arguments, **options):
    script = options.get("script", SCRIPT)
    done = subprocess.run([sys.executable, "-c", script] + list(arguments), env=environ, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True, timeout=60, cwd=environ["HOME"])
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("kind,body", [("by_keyword", "hello"), ("by_write", "written;hello"), ("as_generator", "HELLO")])
def test_what_middleware_does_passes_and_is_reported_as_the_client_got_it(tmp_path, kind, body):
    with Recorder() as recorder:
        environ = clean_environ(tmp_path, PYTHONPATH=str(ROOT), **recorder.environ())
        assert run(environ, kind, "attached") == run(environ, kind)
        trace, = recorder.wait_for(1)
    assert trace["response"]["body"] == body
    assert trace["request"]["url"]["path"] == "/hi/1"


@pytest.mark.parametrize("layer,settings,statuses", [
    ("answering", ["PROPAGATE_EXCEPTIONS", "TRAP_HTTP_EXCEPTIONS"], [403, 500, 404]),
    ("letting_through", ["TESTING", "TRAP_HTTP_EXCEPTIONS"], [500, 500, 500]),
    ("letting_through", ["PROPAGATE_EXCEPTIONS"], [403, 500, 404]),
])
def test_an_exception_that_leaves_the_app_is_reported_with_the_status_that_the_client_gets(tmp_path, layer, settings, statuses):
    with Recorder() as recorder:
        environ = clean_environ(tmp_path, PYTHONPATH=os.pathsep.join([BOOTSTRAP, str(ROOT)]), **recorder.environ())
        said = run(environ, layer, *settings, script=AROUND)
        traces = {it["request"]["url"]["path"]: it for it in recorder.wait_for(3)}
    assert [int(line.split()[1]) for line in said.splitlines()] == statuses
    assert [traces[path]["response"]["status"] for path in ("/refused", "/broken", "/missing")] == statuses
    assert traces["/broken"]["meta"]["exception"] == "KeyError"
    left = "TRAP_HTTP_EXCEPTIONS" in settings
    assert traces["/missing"]["meta"].get("exception") == ("NotFound" if left else None)
