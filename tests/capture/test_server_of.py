"""How a server is known that does not give its name in the environ."""

import sys
import types

import pytest

from metlo_auto.capture.servers import server_of

pytestmark = pytest.mark.core


class Worker:
    def start_response(self, status, headers, exc_info=None):
        pass


def of_module(name):
    """A function of a module of that name."""
    return types.FunctionType(Worker.start_response.__code__, {"__name__": name})


@pytest.mark.parametrize("imported", [False, True], ids=["", "fastwsgi imported"])
def test_the_owner_or_module_of_start_response_tells(imported, monkeypatch):
    if imported:
        monkeypatch.setitem(sys.modules, "_fastwsgi", types.ModuleType("_fastwsgi"))
    Worker.__module__ = "cheroot.wsgi"
    assert server_of({}, Worker().start_response) == "cheroot"
    assert server_of({}, of_module("waitress.task")) == "waitress"
    assert server_of({"SERVER_SOFTWARE": "Werkzeug/3.1.3"}, of_module("x")) == "werkzeug"
    assert server_of({"uwsgi.version": b"2"}, of_module("x")) == "uwsgi"
    assert server_of({"wsgi.input": Worker()}, print) == "cheroot"


def test_of_a_start_response_by_fastwsgi_nothing_is_asked(monkeypatch):
    class Unready(type):
        @property
        def __module__(cls):
            raise AssertionError("asked")

    start_response = Unready("StartResponse", (), {})()
    monkeypatch.setitem(sys.modules, "_fastwsgi", types.ModuleType("_fastwsgi"))
    assert server_of({}, start_response) == "fastwsgi"
