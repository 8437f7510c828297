"""Apps that were made before metlo_auto.auto is imported, names of services, and the environment of the process."""

import io
import os

import flask
import pytest

from metlo_auto.capture.existing_apps import existing_apps
from metlo_auto.capture.headers import of_request
from metlo_auto.capture.service_name import service_name
from tests.capture.test_integration import run
from tests.delivery.test_declarations import Ours, told
from tests.support.recorder import Recorder
from tests.support.serving import ROOT, clean_environ, instrumented

pytestmark = pytest.mark.core


@pytest.mark.parametrize("between", ["", "import gc; gc.freeze() if hasattr(gc, 'freeze') else None", "del app.__dict__['x']"])
def test_an_app_that_exists_is_attached(tmp_path, between):
    with Recorder() as recorder:
        code = "app = make('shop')\napp.x = 1\nask(app)\n%s\nimport metlo_auto.auto\nask(app)" % between
        done = run(code, clean_environ(tmp_path, PYTHONPATH=str(ROOT), **recorder.environ()))
        assert (done.stdout, done.stderr) == ("200 hello\n200 hello\n", "")
        assert [trace["meta"]["service"] for trace in recorder.wait_for(1)] == ["shop"]


def test_strict_holds_for_an_app_that_exists(tmp_path):
    environ = clean_environ(tmp_path, PYTHONPATH=str(ROOT), METLO_STRICT="1", METLO_ENV_FILE="off")
    done = run("app = make('shop')\nimport metlo_auto.auto\nask(app)", environ)
    assert (done.returncode, done.stdout) == (78, "") and "METLO_HOST" in done.stderr


def test_a_proxy_of_an_app_is_not_asked_what_it_is():
    class Sub(flask.Flask):
        pass

    app = Sub("shop")
    proxies = [flask.current_app]  # raises outside a request, whatever it is asked
    found = existing_apps(flask.Flask)
    assert [one for one in found if one is app] == [app] and proxies


@pytest.mark.parametrize("name, folder, service", [
    ("shop", "/srv/x", "shop"), ("shop.web", "/srv/x/shop", "shop.web"), ("app", "/srv/shop", "shop"),
    ("__main__", "/srv/shop", "shop"), ("app", "/srv/shop/app", "shop"), ("wsgi", "/srv/shop/src/app", "shop"),
    ("app.main", "/srv/shop/app", "shop"), ("main", "/app", "main"), ("application", "/", "application"),
])
def test_an_app_is_called_by_its_import_name_or_its_projects_folder(name, folder, service):
    assert service_name(flask.Flask(name, root_path=folder)) == service


def test_two_apps_of_a_process_are_two_services_and_a_setting_makes_them_one(tmp_path):
    for more, services in (({}, ["one", "two"]), ({"METLO_SERVICE": "both"}, ["both", "both"])):
        with Recorder() as recorder:
            run("ask(make('one')); ask(make('two'))", instrumented(clean_environ(tmp_path), recorder.environ(**more)))
            assert sorted(trace["meta"]["service"] for trace in recorder.wait_for(2)) == services


def test_a_process_that_ends_at_once_has_told_the_routes_of_apps_that_are_gone(tmp_path):
    with Ours() as recorder:
        code = "def test():\n    ask(make('shop'))\ntest()\nimport gc; gc.collect()"
        done = run(code, instrumented(clean_environ(tmp_path), recorder.environ()))
        assert (done.stdout, done.stderr) == ("200 hello\n", "")
        [[declared]] = told(recorder)
    assert declared["app"] == declared["service"] == "shop" and declared["routes"][0]["rule"] == "/hi"


def environ(**more):
    return dict({"REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(), "HTTP_HOST": "a", "HTTP_PROXY": "http://u:secret@p"}, **more)


def test_what_stands_in_the_environment_of_the_process_is_no_header(monkeypatch):
    monkeypatch.delenv("GATEWAY_INTERFACE", raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://u:secret@p")
    monkeypatch.setenv("HTTP_TOKEN_IN_ENVIRON", "1")
    assert of_request(environ(HTTP_TOKEN_IN_ENVIRON="1", first=1))[1:3] == (("Host",), ("a",))
    assert of_request(environ(HTTP_PROXY="http://of.the.client", second=1))[1:3] == (("Host", "Proxy"), ("a", "http://of.the.client"))


@pytest.mark.parametrize("more, process", [({"wsgi.run_once": True}, {}), ({}, {"GATEWAY_INTERFACE": "CGI/1.1"})])
def test_under_cgi_it_is_one(monkeypatch, more, process):
    monkeypatch.setenv("HTTP_PROXY", "http://u:secret@p")
    for name, value in process.items():
        monkeypatch.setenv(name, value)
    assert "Proxy" in of_request(environ(third=len(more), **more))[1]
    assert os.environ["HTTP_PROXY"] == "http://u:secret@p"


@pytest.mark.parametrize("own, again, expected", [
    ("3", "3", ["3"]), ("3", "003", ["3", "003"]), ("", "", []), (3, "3", ["3"]), ("3", None, ["3"]),
])
def test_a_header_that_a_server_gives_under_both_of_its_keys_is_one(own, again, expected):
    asked = environ(CONTENT_LENGTH=own, **({} if again is None else {"HTTP_CONTENT_LENGTH": again}))
    _, names, values, _ = of_request(asked)
    assert [value for name, value in zip(names, values) if name == "Content-Length"] == expected
