"""The extra `speed` asks for nothing that has no wheel: it installs on every interpreter, with or without Rust."""

import re

import pytest

from tests.packaging.conftest import ROOT

packaging = pytest.importorskip("packaging.requirements")
LINES = re.search(r"^speed = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.S | re.M).group(1)
REQUIREMENTS = [packaging.Requirement(line) for line in re.findall(r'^  "(.*)",$', LINES, re.M)]


def asked(version, implementation="cpython", machine="x86_64"):
    environment = {"python_version": version, "implementation_name": implementation, "platform_machine": machine}
    return [requirement.name for requirement in REQUIREMENTS if requirement.marker.evaluate(environment)]


@pytest.mark.parametrize(("version", "names"), [
    ("3.6", []), ("3.7", ["orjson"]), ("3.8", ["orjson"]), ("3.9", ["orjson"]), ("3.10", ["orjson"]), ("3.12", ["orjson"]),
    ("3.13", []), ("3.14", []), ("3.15", []),  # of these there are free-threaded builds, which no marker tells
])
def test_of_cpython_those_versions_get_it_whose_builds_all_have_wheels(version, names):
    assert asked(version) == names


def test_nobody_else_gets_what_would_have_to_be_compiled():
    assert asked("3.11", "pypy") == [] and asked("3.11", machine="riscv64") == []


def test_it_does_not_name_what_is_on_no_index():
    assert {requirement.name for requirement in REQUIREMENTS} == {"orjson"}
