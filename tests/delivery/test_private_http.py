"""Copies of modules: their own classes, the errors of all, and no trace in `sys.modules`."""

import importlib
import importlib.util
import sys
import zipfile

import pytest

from metlo_auto.delivery.transport.private_http import Copies

pytestmark = pytest.mark.core

FILES = {
    "copied/__init__.py": "",
    "copied/below.py": "class Below(object):\n    def say(self):\n        raise Refused('so it is')\nclass Refused(Exception): pass\n",
    "copied/above.py": "from .below import Below, Refused\nfrom . import below\nimport copied.below\nclass Above(Below): pass\ndef late():\n    from copied.below import Below\n    return Below\n",
}


@pytest.fixture(params=["folder", "zip"])
def package(request, tmp_path, monkeypatch):
    """The name of a package on `sys.path`."""
    place = tmp_path / "place"
    if request.param == "zip":
        with zipfile.ZipFile(str(place), "w") as file:
            for name, text in FILES.items():
                file.writestr(name, text)
    else:
        for name, text in FILES.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)
    monkeypatch.syspath_prepend(str(place))
    yield "copied"
    for name in [name for name in sys.modules if name.partition(".")[0] == "copied"]:
        del sys.modules[name]


def test_a_copy_has_classes_of_its_own_also_those_that_it_imports(package):
    copies = Copies()
    below, above = copies.add("copied.below"), copies.add("copied.above")
    originals = importlib.import_module("copied.below"), importlib.import_module("copied.above")
    assert below.Below is not originals[0].Below
    assert above.Above.__mro__[1] is below.Below and above.late() is below.Below
    assert originals[1].Above.__mro__[1] is originals[0].Below, "the app's own are as they were"
    assert sys.modules["copied.below"] is originals[0]


def test_what_a_copy_raises_is_caught_by_its_only_name(package):
    below = Copies().add("copied.below")
    with pytest.raises(importlib.import_module("copied.below").Refused):
        below.Below().say()


def test_a_class_that_was_changed_before_is_whole_in_its_copy(package, monkeypatch):
    original = importlib.import_module("copied.below")
    importlib.import_module("copied.above")
    monkeypatch.setattr(original.Below, "say", lambda self: "patched")
    monkeypatch.setattr(original, "Below", None)
    copies = Copies()
    copies.add("copied.below")
    with pytest.raises(original.Refused):
        copies.add("copied.above").Above().say()


def test_what_comes_from_no_file_is_used_as_it_is(package, monkeypatch):
    original = importlib.import_module("copied.below")
    monkeypatch.setattr(importlib.import_module("copied"), "__path__", [])
    assert Copies().add("copied.below") is original


def test_code_whose_imports_are_calls_does_what_imports_do(package):
    """As copies are made on PyPy."""
    from importlib.machinery import PathFinder

    from metlo_auto.delivery.transport.pypy_imports import code_that_imports_by

    importlib.import_module(package)
    asked = []

    def by(name, globals=None, locals=None, fromlist=(), level=0):
        asked.append((name, tuple(fromlist), level))
        return __import__(name, globals, locals, fromlist, level)

    spec = PathFinder.find_spec("copied.above", importlib.import_module(package).__path__)
    module = importlib.util.module_from_spec(spec)
    exec(code_that_imports_by(by, module, spec), vars(module))
    assert module.Above.__mro__[1] is module.late() is importlib.import_module("copied.below").Below
    assert asked == [("below", ("Below", "Refused"), 1), ("", ("below",), 1), ("copied.below", ("Below",), 0)]
