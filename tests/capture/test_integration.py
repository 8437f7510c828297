"""The integrations: environment, import before and after Flask, explicit, several at once; one trace for each request."""

import json
import subprocess
import sys
import textwrap

import pytest

from tests.support.recorder import Recorder
from tests.support.serving import ROOT, clean_environ, instrumented

pytestmark = pytest.mark.core
APP = """
    import json, sys
    from flask import Flask
    def ask(app, path="/hi"):
        with app.test_client() as client:
            response = client.get(path)
            print(response.status_code, response.data.decode())
            response.close()
    def make(name="app"):
        app = Flask(name)
        app.add_url_rule("/hi", "hi", lambda: "hello")
        return app
"""


@pytest.fixture()
def recorder():
    with Recorder() as recorder:
        yield recorder


def run(code, environ, before=""):
    """Runs `before`, the app's helpers and `code` in a Python of its own; gives what it wrote and how it ended."""
    script = textwrap.dedent(before) + textwrap.dedent(APP) + textwrap.dedent(code)
    return subprocess.run([sys.executable, "-c", script], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=60, cwd=environ["HOME"])


def with_project(tmp_path, **more):
    return clean_environ(tmp_path, PYTHONPATH=str(ROOT), **more)


def paths(recorder, n):
    return [trace["request"]["url"]["path"] for trace in recorder.wait_for(n)]


def test_the_environment_alone_instruments(tmp_path, recorder):
    done = run("ask(make())", instrumented(clean_environ(tmp_path), recorder.environ()))
    assert (done.stdout, done.stderr, done.returncode) == ("200 hello\n", "", 0)
    assert paths(recorder, 1) == ["/hi"]


@pytest.mark.parametrize("before,code", [
    ("import metlo_auto.auto", "ask(make())"),
    ("import flask, metlo_auto.auto", "ask(make())"),
    ("import flask.app, metlo_auto.auto", "ask(make())"),
    ("", "import metlo_auto.auto; ask(make())"),
    ("import metlo_auto.auto", "import metlo_auto.auto, metlo_auto.auto as a; a.arm(); ask(make())"),
    ("import metlo_auto.auto", "class Mine(Flask): pass\nFlask = Mine\nask(make())"),
    ("import metlo_auto.auto", "from metlo_auto import MetloFlask; app = make(); MetloFlask(app); MetloFlask(app); ask(app)"),
])
def test_an_import_instruments_before_and_after_flask_once(tmp_path, recorder, before, code):
    done = run(code, with_project(tmp_path, **recorder.environ()), before)
    assert (done.stdout, done.stderr, done.returncode) == ("200 hello\n", "", 0)
    assert paths(recorder, 1) == ["/hi"]


def test_the_explicit_way_takes_arguments_over_the_environment(tmp_path, recorder):
    environ = with_project(tmp_path, METLO_HOST="http://127.0.0.1:1", METLO_API_KEY="x", METLO_ENVIRONMENT="e",
                           METLO_SHUTDOWN_TIMEOUT="15")
    done = run("from metlo_auto import MetloFlask\napp = make()\n"
               "MetloFlask(app, %r, %r, environment='staging', workers=2)\nask(app)" % (recorder.host, recorder.key), environ)
    assert (done.stdout, done.stderr) == ("200 hello\n", "")
    assert recorder.wait_for(1)[0]["meta"]["environment"] == "staging"


@pytest.mark.parametrize("arguments,error", [
    ("'collector.example', 'k'", "ConfigurationError: MetloFlask: metlo_host must be a URL"),
    ("'', 'k'", "ConfigurationError: MetloFlask: metlo_host"),
    ("None, 'k'", "ConfigurationError: MetloFlask: metlo_host is missing"),
    ("'http://127.0.0.1', ''", "ConfigurationError: MetloFlask: metlo_api_key"),
    ("'http://127.0.0.1', 7", "ConfigurationError: MetloFlask: metlo_api_key must be a text"),
    ("'http://127.0.0.1', 'k', workers='many'", "ConfigurationError: MetloFlask: workers must be"),
    ("'http://127.0.0.1', 'k', worker=3", "TypeError: MetloFlask: unknown option 'worker'"),
])
def test_a_bad_argument_raises_an_error_that_names_it(tmp_path, arguments, error):
    done = run("from metlo_auto import MetloFlask\nMetloFlask(make(), %s)" % arguments, with_project(tmp_path, METLO_ENV_FILE="off"))
    assert done.returncode == 1 and error in done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("collector,said", [
    ({}, "METLO_HOST and METLO_API_KEY"),
    ({"METLO_HOST": "http://127.0.0.1:1"}, "METLO_API_KEY is not set"),
    ({"METLO_HOST": "collector.example", "METLO_API_KEY": "k"}, "METLO_HOST (environment) is 'collector.example'"),
])
def test_without_usable_settings_one_line_is_said_and_the_app_runs(tmp_path, collector, said):
    done = run("ask(make())", instrumented(clean_environ(tmp_path, METLO_ENV_FILE="off"), collector))
    assert (done.stdout, done.returncode) == ("200 hello\n", 0)
    assert said in done.stderr and done.stderr.count("\n") == 1


def test_strict_refuses_to_run_uninstrumented(tmp_path):
    done = run("ask(make())", instrumented(clean_environ(tmp_path, METLO_ENV_FILE="off", METLO_STRICT="1"), {}))
    assert done.returncode == 78 and done.stdout == "" and "METLO_HOST" in done.stderr


def test_a_disabled_app_loads_no_module_of_the_agent(tmp_path):
    code = "ask(make())\nprint(json.dumps([m for m in sys.modules if m.startswith(('metlo_auto', 'wrapt'))]))"
    for environ in (instrumented(clean_environ(tmp_path), {"METLO_DISABLED": "On"}),
                    dict(with_project(tmp_path), METLO_DISABLED="1")):
        assert run(code, environ).stdout == "200 hello\n[]\n"


def test_a_dotenv_file_alone_is_enough_and_stays_out_of_the_environment(tmp_path, recorder):
    (tmp_path / ".env").write_text("METLO_HOST=%s\nMETLO_API_KEY=%s\nMETLO_SHUTDOWN_TIMEOUT=15\nOTHER=1\n" % (
        recorder.host, recorder.key))
    done = run("import os; ask(make()); print('OTHER' in os.environ, 'METLO_HOST' in os.environ)",
               instrumented(clean_environ(tmp_path), {}))
    assert done.stdout == "200 hello\nFalse False\n" and done.stderr == ""
    assert paths(recorder, 1) == ["/hi"]


def test_several_apps_report_each_request_once(tmp_path, recorder):
    code = """
        from werkzeug.middleware.dispatcher import DispatcherMiddleware
        outer, inner = make("outer"), make("inner")
        outer.wsgi_app = DispatcherMiddleware(outer.wsgi_app, {"/in": inner})
        @outer.route("/nest/<path:rest>")
        def nest(rest):
            from flask import request
            return inner
        ask(outer); ask(outer, "/in/hi"); ask(outer, "/nest/x")
    """
    done = run(code, instrumented(clean_environ(tmp_path), recorder.environ()))
    assert done.returncode == 0, done.stderr
    traces = recorder.wait_for(3)
    assert sorted((t["request"]["url"]["path"], t["request"]["url"]["endpointPath"]) for t in traces) == [
        ("/hi", "/hi"), ("/in/hi", "/in/hi"), ("/nest/x", "/nest/{rest}")]


def test_the_counters_add_up(tmp_path, recorder):
    code = """
        import time, metlo_auto
        app = make()
        for n in range(20): ask(app)
        end = time.time() + 10
        while metlo_auto.stats()["sent"] < 20 and time.time() < end: time.sleep(0.05)
        print(json.dumps(metlo_auto.stats()))
    """
    done = run(code, instrumented(clean_environ(tmp_path), recorder.environ()))
    stats = json.loads(done.stdout.splitlines()[-1])
    assert stats["captured"] == 20 == stats["sent"] + stats["spooled"] + stats["queued"] + sum(stats["dropped"].values())


def test_the_counters_are_there_before_any_app(tmp_path):
    done = run("import metlo_auto; print(json.dumps(metlo_auto.stats()))", with_project(tmp_path))
    stats = json.loads(done.stdout)
    assert stats["captured"] == stats["sent"] == stats["queued"] == 0 and stats["dropped"] == {}


def test_the_explicit_way_says_what_is_wrong_with_the_environment(tmp_path, recorder):
    environ = with_project(tmp_path, **recorder.environ(METLO_WORKERS="many"))
    done = run("from metlo_auto import MetloFlask\napp = make()\nMetloFlask(app)\nask(app)", environ)
    assert done.stdout == "200 hello\n" and done.stderr.count("\n") == 1 and "METLO_WORKERS" in done.stderr
    recorder.wait_for(1)


def test_a_sampled_app_keeps_the_first_of_a_route_and_all_server_errors(tmp_path, recorder):
    code = """
        app = make()
        app.add_url_rule("/crash", "crash", lambda: 1 / 0)
        for n in range(5): ask(app); ask(app, "/crash")
    """
    run(code, instrumented(clean_environ(tmp_path), recorder.environ(METLO_SAMPLE_RATE="0")))
    assert sorted(paths(recorder, 6)) == ["/crash"] * 5 + ["/hi"]


def test_ignored_paths_are_not_reported(tmp_path, recorder):
    run("app = make()\nask(app); ask(app, '/static/a.css'); ask(app, '/other')",
        instrumented(clean_environ(tmp_path), recorder.environ(METLO_IGNORE_PATHS="/hi,/static/*")))
    assert paths(recorder, 1) == ["/other"]


@pytest.mark.parametrize("native", ["off", "auto"])
def test_the_arguments_of_a_route_are_masked_where_the_rule_has_them_and_a_default_has_no_place(tmp_path, recorder, native):
    code = """
        app = make()
        app.add_url_rule("/users/<int:id>/confirm", "confirm", lambda id, token: "%d %s" % (id, token), defaults={"token": None})
        app.add_url_rule("/v1/sessions/<int:session>", "session", lambda session: str(session))
        ask(app, "/users/5/confirm")
        ask(app, "/v1/sessions/1")
    """
    environ = instrumented(clean_environ(tmp_path), recorder.environ(METLO_NATIVE=native))
    assert run(code, environ).stdout == "200 5 None\n200 1\n"
    assert sorted(paths(recorder, 2)) == ["/users/5/confirm", "/v1/sessions/redacted"]
