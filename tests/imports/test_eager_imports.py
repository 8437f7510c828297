"""Where Python makes all imports lazy (PEP 810), those of the agent and of what uploads for it stay eager."""

import subprocess
import sys

import pytest

from metlo_auto.imports import eager_imports
from metlo_auto.imports.eager_imports import EagerImports
from tests.delivery.serving import ROOT, environ

pytestmark = pytest.mark.core


@pytest.mark.parametrize("importing", ["metlo_auto", "metlo_auto.delivery.sender", "requests.adapters", "urllib3", "http.client"])
def test_imports_of_ours_are_eager(importing):
    assert EagerImports(None)(importing, "json", None) is False


@pytest.mark.parametrize("importing", ["app", "requests_oauthlib", "httpx", "__main__"])
def test_those_of_the_app_are_as_it_wants_them(importing):
    asked = []

    def of_the_app(*arguments):
        asked.append(arguments)
        return False

    assert EagerImports(None)(importing, "json", ("loads",)) is True
    assert EagerImports(of_the_app)(importing, "json", ("loads",)) is False
    assert asked == [(importing, "json", ("loads",))]


@pytest.mark.parametrize(("mode", "installed"), [("all", True), ("normal", False)])
def test_the_filter_is_put_once_where_imports_are_lazy_by_default(monkeypatch, mode, installed):
    filters = []
    monkeypatch.setattr(sys, "get_lazy_imports", lambda: mode, raising=False)
    monkeypatch.setattr(sys, "get_lazy_imports_filter", lambda: filters[-1] if filters else None, raising=False)
    monkeypatch.setattr(sys, "set_lazy_imports_filter", filters.append, raising=False)
    eager_imports.install()
    eager_imports.install()
    assert len(filters) == installed


@pytest.mark.skipif(sys.version_info < (3, 15), reason="lazy imports came with 3.15")
def test_an_app_that_is_attached_by_hand_has_the_filter_too(tmp_path):
    code = """
import sys, flask
from metlo_auto import MetloFlask
MetloFlask(flask.Flask("app"), "http://127.0.0.1:1", "k", spool_dir="off")
print(sys.get_lazy_imports_filter()("requests", "json", None))
"""
    env = dict(environ("-", tmp_path), PYTHON_LAZY_IMPORTS="all", PYTHONPATH=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    assert done.stdout == "False\n", done.stderr


def test_older_pythons_have_no_such_thing(monkeypatch):
    for name in ("get_lazy_imports", "get_lazy_imports_filter", "set_lazy_imports_filter"):
        monkeypatch.delattr(sys, name, raising=False)
    eager_imports.install()
