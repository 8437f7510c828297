"""Commands under which our sitecustomize would not run get one warning that names the way out."""

import pathlib
from typing import List

import pytest

from metlo_auto.launcher.bundled_python import is_python
from metlo_auto.launcher.isolated_python import hidden_by, python_flags
from tests.support.installed import Installed

pytestmark = pytest.mark.core


@pytest.mark.parametrize("argv, flags", [
    (["python", "app.py"], ""), (["python", "-I", "app.py"], "I"), (["python", "-Es", "app.py"], "E"),
    (["python3.11", "-sBSE", "x"], "ES"), (["/usr/bin/python3", "-W", "error", "-I", "-m", "flask"], "I"),
    (["python", "-Werror", "-X", "dev", "-E", "-c", "x"], "E"), (["python", "-m", "flask", "-I"], ""),
    (["python", "-c", "x", "-S"], ""), (["python", "app.py", "-E"], ""), (["python", "-WI", "app.py"], ""),
    (["python", "-X", "-S", "app.py"], ""), (["python", "-mflask", "-E"], ""), (["python", "-ucE"], ""),
    (["python", "--", "-I"], ""), (["python", "-", "-I"], ""), (["gunicorn", "-E", "app:app"], ""),
    (["python", "--check-hash-based-pycs", "always", "-I", "x"], "I"), (["pypy3", "-S"], "S"), ([], ""),
])
def test_options_of_python_that_hide_it(argv: List[str], flags: str) -> None:
    assert python_flags(argv) == set(flags)


@pytest.mark.parametrize("name, it_is", [
    ("python", True), ("python3", True), ("/a/b/python3.13t", True), ("pypy3.9", True), ("python.exe", True),
    ("pythonw.exe", True), ("python-config", False), ("pythonista", False), ("ipython", False), ("uwsgi", False),
])
def test_what_is_called_like_an_interpreter(name: str, it_is: bool) -> None:
    assert is_python(name) is it_is


@pytest.mark.parametrize("argv, right", [
    (["opentelemetry-instrument", "gunicorn", "app:app"], "opentelemetry-instrument metlo-run gunicorn app:app"),
    (["/venv/bin/elasticapm-run", "flask", "run"], "elasticapm-run metlo-run flask run"),
    (["env", "A=1", "opentelemetry-instrument", "flask", "run"], "env A=1 opentelemetry-instrument metlo-run flask run"),
])
def test_launchers_that_hide_it_and_the_right_order(argv: List[str], right: str) -> None:
    sentence = hidden_by(argv, "/bin/true")
    assert sentence is not None and sentence.endswith(right)


@pytest.mark.parametrize("first_line, hidden", [
    ("#!/usr/bin/python3 -I", True), ("#!/usr/bin/python3 -sE", True), ("#!/usr/bin/env -S python3 -E", True),
    ("#!/usr/bin/python3", False), ("#!/usr/bin/python3 -s", False), ("#!/bin/sh -E", False), ("", False), ("#!", False),
])
def test_scripts_whose_first_line_hides_it(tmp_path: pathlib.Path, first_line: str, hidden: bool) -> None:
    (tmp_path / "tool").write_text(first_line + "\n")
    assert bool(hidden_by(["tool"], str(tmp_path / "tool"))) is hidden


@pytest.mark.parametrize("flag", ["-I", "-E", "-S"])
def test_the_app_runs_with_one_warning_and_not_at_all_with_strict(metlo: Installed, flag: str) -> None:
    done = metlo.run("python", flag, "-c", "print('ran')")
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert done.stderr.count("\n") == 1 and flag in done.stderr and done.stderr.startswith("metlo-run: ")
    for environ, argv in ((metlo.environ(), ["--strict"]), (metlo.environ(METLO_STRICT="yes"), [])):
        refused = metlo.run(*(argv + ["python", flag, "-c", "print('ran')"]), environ=environ)
        assert (refused.returncode, refused.stdout) == (78, "")
        assert flag in refused.stderr
