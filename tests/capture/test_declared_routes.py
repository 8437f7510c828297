"""Declared routes: rules, methods, endpoints, and where the views stand."""

import functools
import inspect

import flask
import pytest
from flask.views import MethodView

from metlo_auto.capture.declared_routes import declared_routes

pytestmark = pytest.mark.core


def decorated(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


def plain():
    return ""


@decorated
def wrapped():
    return ""


class Things(MethodView):
    def get(self):
        return ""

    def post(self):
        return ""


class Called:
    def __call__(self):
        return ""


def routes_of(**views):
    app = flask.Flask("shop", root_path=__file__.rsplit("/", 3)[0])
    for name, view in views.items():
        app.add_url_rule("/%s/<int:id>" % name, name, view)
    return {(route["endpoint"], tuple(route["methods"])): route for route in declared_routes(app)["routes"]}


def test_a_view_is_found_with_its_file_and_line():
    route = routes_of(plain=plain)["plain", ("GET",)]
    assert route["rule"] == "/plain/<int:id>"
    assert route["file"].endswith("tests/capture/test_declared_routes.py")
    assert route["line"] == inspect.getsourcelines(plain)[1]


def test_a_decorated_view_is_the_function_behind_the_decorator():
    assert routes_of(wrapped=wrapped)["wrapped", ("GET",)]["line"] == wrapped.__wrapped__.__code__.co_firstlineno


def test_a_view_class_has_a_line_for_each_method():
    found = routes_of(things=Things.as_view("things"))
    assert found["things", ("GET",)]["line"] == Things.get.__code__.co_firstlineno
    assert found["things", ("POST",)]["line"] == Things.post.__code__.co_firstlineno


@pytest.mark.parametrize("view,line", [
    (functools.partial(plain), plain.__code__.co_firstlineno), (Called(), Called.__call__.__code__.co_firstlineno)])
def test_other_callables_are_found_too(view, line):
    assert routes_of(view=view)["view", ("GET",)]["line"] == line


def test_what_flask_adds_by_itself_is_left_out():
    assert routes_of(plain=plain).keys() == {("plain", ("GET",))}
