"""What attaching does to an app's life and class: nothing that can be seen."""

import pytest

from tests.capture.test_integration import run
from tests.support.recorder import Recorder
from tests.support.serving import clean_environ, instrumented

pytestmark = pytest.mark.core


def seen(tmp_path, code, traces):
    with Recorder() as recorder:
        done = run(code, instrumented(clean_environ(tmp_path), recorder.environ()))
        assert done.returncode == 0, done.stderr
        recorder.wait_for(traces)
        assert len(recorder.traces) == traces
        return done.stdout, recorder.traces


def test_an_app_goes_with_its_last_reference_as_it_does_natively(tmp_path):
    code = """
        import gc, weakref
        gc.collect(); gc.disable()
        app = Flask("short", static_folder=None)
        weak = weakref.ref(app)
        del app
        print(weak() is None)
    """
    natively = run(code, clean_environ(tmp_path)).stdout
    assert natively in ("True\n", "False\n")
    assert run(code, instrumented(clean_environ(tmp_path), {"METLO_HOST": "http://127.0.0.1:1", "METLO_API_KEY": "k",
                                                            "METLO_ENV_FILE": "off"})).stdout == natively


@pytest.mark.parametrize("body", [
    "return super().wsgi_app(environ, start_response)",
    "return Flask.wsgi_app(self, environ, start_response)",
])
def test_a_subclass_with_a_wsgi_app_of_its_own_is_reported_once(tmp_path, body):
    code = """
        class Mine(Flask):
            def wsgi_app(self, environ, start_response):
                %s
        app = Mine("mine")
        app.add_url_rule("/hi", "hi", lambda: "hello")
        ask(app); ask(make())
    """ % body
    assert seen(tmp_path, code, 2)[0] == "200 hello\n200 hello\n"


def test_an_app_that_was_wrapped_before_it_was_attached_is_reported(tmp_path):
    code = """
        from metlo_auto import MetloFlask
        app = make()
        inner = app.wsgi_app
        def middleware(environ, start_response):
            environ["PATH_INFO"] = "/hi"
            return inner(environ, start_response)
        app.wsgi_app = middleware
        MetloFlask(app)
        ask(app, "/other")
    """
    environ = dict(clean_environ(tmp_path), PYTHONPATH=__file__.rsplit("/", 3)[0])
    with Recorder() as recorder:
        done = run(code, dict(environ, **recorder.environ()))
        assert (done.stdout, done.stderr) == ("200 hello\n", "")
        [trace] = recorder.wait_for(1)
    assert trace["request"]["url"]["endpointPath"] == "/hi"


def test_the_method_takes_its_arguments_by_name_as_before(tmp_path):
    code = """
        from werkzeug.test import EnvironBuilder
        app = make()
        said = []
        chunks = app.wsgi_app(environ=EnvironBuilder("/hi").get_environ(), start_response=lambda s, h, e=None: said.append(s))
        print(said, b"".join(chunks)); chunks.close()
    """
    assert seen(tmp_path, code, 1)[0] == "['200 OK'] b'hello'\n"


@pytest.mark.parametrize("path", ["/hi", "/nowhere"])
def test_an_answer_that_is_never_closed_says_nothing_when_the_interpreter_ends(tmp_path, path):
    with Recorder() as recorder:
        done = run("answer = make().test_client().get('%s')" % path, instrumented(clean_environ(tmp_path), recorder.environ()))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nor_does_one_that_is_a_list(tmp_path):
    code = """
        import flask
        class Plain(flask.Response):
            def __call__(self, environ, start_response):
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [b"hello"]
        app = make()
        app.add_url_rule("/list", "list", lambda: Plain())
        answer = app(app.test_request_context("/list").request.environ, lambda *sent: None)
        print(isinstance(answer, list))
    """
    with Recorder() as recorder:
        done = run(code, instrumented(clean_environ(tmp_path), recorder.environ()))
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
